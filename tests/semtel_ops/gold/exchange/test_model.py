import pytest

from semtel_ops.gold.exchange.model import number_in, one_or_several, text_in


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3.0), (0.5, 0.5), (True, None), (-1, None), ("3", None), (None, None), (10**400, None), (float("inf"), None)],
)
def test_a_time_is_a_number_from_0_that_can_be_one(value, number):
    assert number_in(value) == number


@pytest.mark.parametrize(("value", "text"), [("a", "a"), ("", None), (1, None), (None, None)])
def test_a_text_is_a_string_that_is_not_empty(value, text):
    assert text_in(value) == text


def test_a_choice_is_a_label_or_all_of_them(questions):
    assert one_or_several(questions["topic"], ["health"]) == ("health", None)
    assert one_or_several(questions["topic"], ["health", "money"]) == ("health", ("health", "money"))
    assert one_or_several(questions["topics"], ["health"]) == (None, ("health",))
    assert one_or_several(None, []) == (None, None)
