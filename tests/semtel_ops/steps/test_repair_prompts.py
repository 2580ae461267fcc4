from dataclasses import replace

import pytest

from semtel_ops.classifiers import load_classifier
from semtel_ops.repair import read_parts
from semtel_ops.steps.repair_prompts import PromptFolders


@pytest.fixture
def prompts(tmp_path, project_root):
    folder = project_root / "include" / "prompts"
    return PromptFolders(read_parts(folder / "topic.prompty"), folder, tmp_path / "tried")


def test_a_prompt_that_is_tried_gets_a_folder_with_the_shared_wording(prompts, project_root, tmp_path):
    parts = prompts.start_parts
    assert prompts.folder(parts) == project_root / "include" / "prompts"
    changed = parts.with_rule("Be strict.")
    folder = prompts.folder(changed)
    assert "Be strict." in load_classifier(folder / "topic.prompty").instruction
    assert {path.name for path in folder.iterdir()} >= {"_fence.jinja2", "_packed.prompty", "topic.prompty"}
    assert prompts.folder(changed) == folder


def test_only_prompts_that_ask_for_the_same_labels_in_the_same_form_are_valid(prompts):
    parts = prompts.start_parts
    assert prompts.valid(replace(parts, labels=parts.labels[::-1]))
    assert not prompts.valid(parts.with_definition("health", "h" * 1_001))
    assert not prompts.valid(parts.with_segment(0, "{{ broken"))


def test_prompts_that_say_the_same_are_one_question(prompts):
    parts = prompts.start_parts
    same = parts.with_definition("health", "Other.").with_definition("health", parts.definition("health"))
    assert prompts.question(same) == prompts.question(parts)
    assert prompts.question(parts.with_rule("Be strict.")) != prompts.question(parts)
