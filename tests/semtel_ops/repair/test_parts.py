import pytest

from semtel_ops.repair.parts import LabelPart, PromptParts, Segment, SegmentKind, fingerprint, next_version

PARTS = PromptParts(
    "mood",
    "one_of",
    "1.0.0",
    (LabelPart("good", "Good", "Happy."), LabelPart("bad", "Bad", "Sad.")),
    (Segment(SegmentKind.TASK, "Name the mood.", 0), Segment(SegmentKind.FIXED, "{{ labels }}", 1)),
)


def test_the_version_says_that_the_wording_has_changed():
    assert next_version("1.2.3") == "1.3.0"


def test_texts_that_may_change_are_definitions_and_free_paragraphs():
    assert PARTS.texts() == ("Happy.", "Sad.", "Name the mood.")
    assert PARTS.length == 6 + 4 + 14


def test_changes_make_new_prompts_and_leave_the_old_one():
    changed = PARTS.with_definition("bad", "Angry.")
    assert (changed.definition("bad"), PARTS.definition("bad")) == ("Angry.", "Sad.")
    assert fingerprint(changed) != fingerprint(PARTS)
    assert fingerprint(changed.with_definition("bad", "Sad.")) == fingerprint(PARTS)
    with pytest.raises(KeyError):
        PARTS.definition("ugly")


def test_a_rule_is_added_to_the_rules_or_after_the_labels():
    first = PARTS.with_rule("Be strict.")
    assert first.segments[2].text == "Rules:\n* Be strict."
    assert first.with_rule("Be brief.").segments[2].text == "Rules:\n* Be strict.\n* Be brief."
    assert first.with_segment(2, "").segments == PARTS.segments
