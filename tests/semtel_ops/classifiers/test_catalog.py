import pytest

from semtel_ops.classifiers import Kind, load_classifier, load_classifiers
from semtel_ops.errors import ConfigError, PromptFileError

WHOLE = """\
---
name: mood
displayName: Mood
description: How the user feels.
metadata:
  version: "1.0.0"
  source: ours
  kind: one_of
  labels:
    - id: glad
      name: Glad
      definition: Happy.
      aliases: [happy]
    - id: sad
      name: Sad
      definition: Unhappy.
model:
  options:
    maxOutputTokens: 20
---
system:
Name the mood.
{% for label in labels %}
- {{ label.id }}: {{ label.definition }}
{% endfor %}

user:
{{ conversation }}
Which mood?
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="mood"):
        path = tmp_path / f"{name}.prompty"
        path.write_text(text.replace("name: mood", f"name: {name}"), encoding="utf-8")
        return path

    return write


def test_a_prompt_file_is_a_classifier(write):
    spec = load_classifier(write(WHOLE))
    assert (spec.id, spec.name, spec.version, spec.kind) == ("mood", "Mood", "1.0.0", Kind.ONE_OF)
    assert spec.label_ids == ("glad", "sad")
    assert spec.labels[0].aliases == ("happy",)
    assert spec.instruction == "Name the mood.\n- glad: Happy.\n- sad: Unhappy."
    assert (spec.max_output_tokens, spec.temperature) == (20, 0)


def test_classifiers_come_in_the_order_asked_for_and_once(write, tmp_path):
    write(WHOLE, "mood"), write(WHOLE, "tone")
    assert [spec.id for spec in load_classifiers(tmp_path, ["tone", "mood", "tone"])] == ["tone", "mood"]


def test_an_unknown_id_is_told_the_nearest(write, tmp_path):
    write(WHOLE)
    with pytest.raises(ConfigError, match=r"classifiers: 'moods' has no prompt file .*did you mean mood\? known: mood"):
        load_classifiers(tmp_path, ["moods"])


# (what is replaced, by what, line of the error, part of its reason)
BROKEN = {
    "no kind": ("  kind: one_of\n", "", 5, "metadata.kind: is required"),
    "an unknown kind": ("kind: one_of", "kind: guess", 8, "Input should be 'one_of'"),
    "an unknown key": ("  kind:", "  colour: red\n  kind:", 8, "metadata.colour: is not a key"),
    "a version that is a number": ('"1.0.0"', "1.0", 6, "metadata.version"),
    "a version of two parts": ('"1.0.0"', '"1.0"', 6, "metadata.version"),
    "one label": ("    - id: sad\n      name: Sad\n      definition: Unhappy.\n", "", 9, "at least 2 items"),
    "an id in capitals": ("id: sad", "id: Sad", 14, "metadata.labels.1.id"),
    "an id that YAML reads as false": ("id: sad", "id: no", 14, "put it in quotes"),
    "a label without definition": ("      definition: Unhappy.\n", "", 14, "labels.1.definition: is required"),
    "a definition of blanks": ("definition: Unhappy.", 'definition: "  "', 16, "must not be empty"),
    "a definition of two lines": ("definition: Unhappy.", 'definition: "a\\nb"', 16, "labels.1.definition"),
    "a label defined twice": ("id: sad", "id: glad", 14, "glad is defined twice"),
    "an alias of two labels": (
        "definition: Unhappy.",
        "definition: Unhappy.\n      aliases: [HAPPY]",
        9,
        "matches both glad and sad",
    ),
    "yes and no under other names": ("kind: one_of", "kind: yes_no", 9, '"yes" and "no"'),
    "a rubric without groups": ("kind: one_of", "kind: rubric", 10, "sat or dsat"),
    "labels that are not rendered": (
        "- {{ label.id }}: {{ label.definition }}",
        "- {{ label.id }}",
        22,
        "must render `- glad: <definition>`",
    ),
    "labels rendered twice": ("Name the mood.", "- glad: Happy.", 22, "must render `- glad: <definition>`"),
    "an unknown variable": ("{{ label.id }}", "{{ label.ident }}", 24, "no attribute 'ident'"),
}


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.replace(" ", "-"))
def test_a_broken_classifier_is_refused_with_file_line_and_reason(write, case):
    old, new, line, reason = BROKEN[case]
    assert old in WHOLE
    path = write(WHOLE.replace(old, new, 1))
    with pytest.raises(PromptFileError) as caught:
        load_classifier(path)
    assert (caught.value.path, caught.value.line) == (str(path), line), str(caught.value)
    assert reason in caught.value.reason
