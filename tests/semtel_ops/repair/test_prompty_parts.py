"""A prompt file taken apart and written again: nothing moves that was not changed, and what was changed is a valid file."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.classifiers import load_classifier
from semtel_ops.errors import PromptFileError
from semtel_ops.prompts import prompt_ids
from semtel_ops.repair.parts import Segment, SegmentKind
from semtel_ops.repair.prompty_parts import read_parts

PROMPTS = Path(__file__).resolve().parents[3] / "include" / "prompts"

BY_HAND = """---
# a comment at the top
name: mood
displayName: Mood   # and one here
description: How it sounds.
metadata:
  version: 2.4.9
  source: By hand.
  kind: one_of
  labels:
    # the good one
    - {id: good, name: Good, definition: "Says \\"fine\\": happy.", aliases: [ok]}
    - id: bad
      definition: 'Not happy.'
      name: Bad

    # between them
    - id: mixed
      name: Mixed
      definition: |-
        Some of both.
model:
  options: {temperature: 0, maxOutputTokens: 40}
---

system:
Task: name the mood. It is one of three.


{# a comment

   over two paragraphs #}
{% for label in labels %}
- {{ label.id }}: {{ label.definition }}
{% endfor %}

Rules:
* The last turn decides.
user:
Great!
assistant:
{"label": "good"}
user:
Awful!
assistant:
{"label": "bad"}
user:
{{ conversation }}
Which mood?
"""


def written(tmp_path, text, name="mood"):
    path = tmp_path / f"{name}.prompty"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("name", prompt_ids(PROMPTS))
def test_a_shipped_prompt_is_written_as_it_was_read(name):
    source = read_parts(PROMPTS / f"{name}.prompty")
    assert source.write(source.parts).encode() == (PROMPTS / f"{name}.prompty").read_bytes()
    kinds = [segment.kind for segment in source.parts.segments]
    assert kinds[0] is SegmentKind.TASK
    assert {SegmentKind.RULES, SegmentKind.FIXED} <= set(kinds)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_any_style_of_writing_is_kept_byte_for_byte(tmp_path, newline, bom):
    text = bom + BY_HAND.replace("\n", newline)
    source = read_parts(written(tmp_path, text))
    assert source.write(source.parts) == text
    assert source.parts.examples == (0, 1)
    assert [segment.kind.value for segment in source.parts.segments] == ["task", "fixed", "fixed", "rules"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_change_touches_its_own_lines_and_the_version_alone(tmp_path, newline):
    text = BY_HAND.replace("\n", newline)
    source = read_parts(written(tmp_path, text))
    changed = source.write(source.parts.with_definition("mixed", "Both at once."))
    gone = set(text.split(newline)) - set(changed.split(newline))
    assert gone == {"  version: 2.4.9", "      definition: |-", "        Some of both."}
    assert '  version: "2.5.0"' in changed
    assert ("\r\n" in changed) == (newline == "\r\n")
    assert changed.count("\n") == changed.count(newline)


def test_every_part_can_change_at_once_and_the_file_stays_valid(tmp_path):
    source = read_parts(written(tmp_path, BY_HAND))
    parts = source.parts.with_definition("good", 'A "good" mood: \\o/ # not a comment.').with_rule("Sarcasm is bad.")
    parts = parts.with_definition("bad", "Angry, sad, " * 20 + "or worse.")
    parts = replace(parts, labels=parts.labels[::-1], examples=(1,), reasoning_effort=None)
    path = written(tmp_path, source.write(parts))
    again = read_parts(path).parts
    assert again == replace(
        parts,
        version="2.5.0",
        examples=(0,),
        segments=tuple(replace(segment, origin=at) for at, segment in enumerate(parts.segments)),
    )
    spec = load_classifier(path)
    assert [label.id for label in spec.labels] == ["mixed", "bad", "good"]
    assert spec.labels[2].aliases == ("ok",)
    assert [example.content for example in spec.examples] == ["Awful!", '{"label": "bad"}']
    assert "    # between them" in path.read_text()


@settings(max_examples=150)
@given(
    text=st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=300).filter(str.strip),
    label=st.sampled_from(["good", "bad", "mixed", "dull", "odd"]),
)
def test_any_definition_is_read_back_as_it_was_written(tmp_path_factory, text, label):
    more = "    - id: dull\n      name: Dull\n      definition: Says little. # a comment\n"
    more += "    - id: odd\n      name: Odd\n      definition:\n        Says\n        strange things.\n"
    folder = tmp_path_factory.mktemp("any")
    source = read_parts(written(folder, BY_HAND.replace("model:\n", f"{more}model:\n", 1)))
    parts = source.parts.with_definition(label, text)
    expected = parts.definition(label)
    assert expected == " ".join(text.split())
    assert read_parts(written(folder, source.write(parts))).parts.labels == parts.labels


def test_an_effort_is_added_and_changed_in_either_style_of_yaml(tmp_path):
    source = read_parts(written(tmp_path, BY_HAND))
    low = source.write(replace(source.parts, reasoning_effort="low"))
    assert "  options: {temperature: 0, maxOutputTokens: 40, reasoningEffort: low}" in low
    again = read_parts(written(tmp_path, low))
    assert again.parts.reasoning_effort == "low"
    assert "maxOutputTokens: 40, reasoningEffort: none}" in again.write(replace(again.parts, reasoning_effort="none"))
    block = read_parts(PROMPTS / "topic.prompty")
    text = block.write(replace(block.parts, reasoning_effort="low"))
    assert "    maxOutputTokens: 40\n    reasoningEffort: low\ntemplate:" in text
    (tmp_path / "topic.prompty").write_text(text)


def test_a_rule_gets_a_paragraph_of_its_own_where_there_are_none(tmp_path):
    source = read_parts(written(tmp_path, BY_HAND.replace("\nRules:\n* The last turn decides.\n", "\n")))
    path = written(tmp_path, source.write(source.parts.with_rule("Be strict.")))
    assert "{% endfor %}\n\nRules:\n* Be strict.\n\nuser:" in path.read_text()
    assert "Rules:\n* Be strict." in load_classifier(path).instruction


def test_paragraphs_can_be_left_out_and_added(tmp_path):
    source = read_parts(written(tmp_path, BY_HAND))
    task, *rest = source.parts.segments
    parts = replace(source.parts, segments=(task, Segment(SegmentKind.TEXT, "Read it twice."), *rest[:-1]))
    text = source.write(parts)
    assert "Task: name the mood. It is one of three.\n\nRead it twice.\n\n{# a comment\n\n   over" in text
    assert "Rules:" not in text
    assert load_classifier(written(tmp_path, text)).id == "mood"


def test_parts_of_another_prompt_or_changed_ids_and_templates_are_refused(tmp_path):
    source = read_parts(written(tmp_path, BY_HAND))
    fixed = next(at for at, segment in enumerate(source.parts.segments) if segment.kind is SegmentKind.FIXED)
    for wrong in (
        replace(source.parts, labels=source.parts.labels[:2]),
        source.parts.with_segment(fixed, "no list"),
        replace(source.parts, classifier="topic"),
        replace(source.parts, examples=(0, 1, 2)),
    ):
        with pytest.raises(ValueError, match=r"may not change|of this file|left out"):
            source.write(wrong)


def test_a_wrong_file_is_named_with_its_line(tmp_path):
    with pytest.raises(PromptFileError, match=r"mood\.prompty:\d+"):
        read_parts(written(tmp_path, BY_HAND.replace("kind: one_of", "kind: any")))
