import pytest

from semtel_ops.conversations.scrub import PiiType, RuleScrubber
from semtel_ops.evaluation.marked_text import parse_snippet
from semtel_ops.evaluation.scrub_quality import Replacement, measure, precision, recall, replacements
from semtel_ops.evaluation.scrub_table import tables


def outcomes(*lines: str):
    return measure(RuleScrubber(), [parse_snippet(line, language="en", where="en.txt:1") for line in lines])


def test_replacements_are_where_placeholders_come_from() -> None:
    assert replacements("a 12 b 345.", "a [PHONE] b [NAME].") == [
        Replacement(2, 4, PiiType.PHONE),
        Replacement(7, 10, PiiType.NAME),
    ]


def test_a_placeholder_that_was_there_before_is_no_replacement() -> None:
    assert replacements("[NAME] 12", "[NAME] [PHONE]") == [Replacement(7, 9, PiiType.PHONE)]


def test_another_text_is_an_error() -> None:
    with pytest.raises(ValueError, match="not the text with placeholders"):
        replacements("abc", "xyz [NAME]")


def test_recall_counts_values_of_which_nothing_is_left() -> None:
    found = outcomes("write to <<email|a@example.com>>", "this <<name|Zorblax>> is unknown")
    assert recall(found).share == 0.5
    assert recall(found, PiiType.EMAIL).share == 1
    assert recall(found, PiiType.PHONE).n == 0


def test_a_value_that_is_replaced_in_part_is_missed() -> None:
    (outcome,) = outcomes("<<email|a@example.com or b>>")
    assert outcome.missed
    assert outcome.right


def test_a_replacement_outside_marks_is_wrong() -> None:
    found = outcomes("write to a@example.com", "or to <<email|b@example.com>>")
    assert precision(found).share == 0.5
    assert [one.type for one in found[0].wrong] == [PiiType.EMAIL]


def test_the_tables_have_types_languages_and_kinds() -> None:
    table = tables(outcomes("write to <<email/plain|a@example.com>>", "nothing here"))
    assert "| `email` | 1.00 of 1 | 0.21–1.00 |" in table
    assert "| en | 1.00 of 1 |" in table
    assert "| `email/plain` | 1/1 | 1/1 |" in table
    assert "| 2 | 1/1 |" in table
