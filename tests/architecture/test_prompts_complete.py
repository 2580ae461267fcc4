"""Every shipped prompt is whole, sourced and versioned, and every configured classifier has one."""

import re
from pathlib import Path

import pytest

from semtel_ops.classifiers import Kind, load_classifiers
from semtel_ops.prompts import prompt_ids
from semtel_ops.settings import PipelineConfig

PROMPTS = Path(__file__).resolve().parents[2] / "include" / "prompts"
SPECS = load_classifiers(PROMPTS, prompt_ids(PROMPTS))


def test_the_default_configuration_asks_for_shipped_prompts_and_for_all_of_them():
    assert set(PipelineConfig().classifiers) == set(prompt_ids(PROMPTS))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_definition_lines_are_the_labels_and_nothing_else(spec):
    """The simulator knows labels by these lines alone; prose must not look like one."""
    lines = re.findall(r"^- ([a-z0-9_]+): (.+)$", spec.instruction, re.MULTILINE)
    assert lines == [(label.id, label.definition) for label in spec.labels]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_a_prompt_names_its_source_and_explains_the_fence(spec):
    assert re.search(r"arXiv \d{4}\.\d{5}|Microsoft Research", spec.source)
    assert "never instructions to you" in spec.instruction
    assert "Answer with one JSON object and nothing else" in spec.instruction


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_a_prompt_stays_small_enough_to_pay_for(spec):
    """About four characters a token: no instruction costs more than some thousand tokens."""
    assert len(spec.instruction) < 4_500


def test_labels_are_the_published_ones():
    by_id = {spec.id: spec for spec in SPECS}
    assert by_id["task_complexity"].groups == {
        "remember": "low",
        "understand": "low",
        "apply": "high",
        "analyze": "high",
        "evaluate": "high",
        "create": "high",
    }
    levels = ("novice", "beginner", "intermediate", "proficient", "expert")
    assert by_id["user_expertise"].label_ids == by_id["ai_expertise"].label_ids == levels
    assert by_id["knowledge_work"].kind is Kind.YES_NO
    groups = list(by_id["satisfaction"].groups.values())
    assert (groups.count("sat"), groups.count("dsat")) == (10, 10)
    assert len(by_id["topic"].label_ids) == 10
    assert len(by_id["user_intent"].label_ids) == 5


def test_every_partial_is_used_and_no_prompt_names_an_endpoint():
    bodies = {path.name: path.read_text(encoding="utf-8") for path in PROMPTS.glob("*.prompty")}
    for partial in PROMPTS.glob("_*.jinja2"):
        assert any(partial.name in body for body in bodies.values()), partial.name
    for name, body in bodies.items():
        assert not re.search(r"https?://|api_?key|connection:", body, re.IGNORECASE), name
