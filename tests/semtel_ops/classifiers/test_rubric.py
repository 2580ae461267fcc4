import math

import pytest

from semtel_ops.classifiers.problems import Problem, UnreadableError
from semtel_ops.classifiers.rubric import read_impact, verdict


@pytest.mark.parametrize(("score", "word"), [(1, "satisfied"), (0, "neutral"), (-1, "dissatisfied"), (200, "satisfied")])
def test_the_verdict_is_the_sign_of_the_score(score, word):
    assert verdict(score) == word


@pytest.mark.parametrize(
    ("value", "impact"),
    [(0, 0), (10, 10), (7.0, 7), ("7", 7), (" 7 ", 7), ("7/10", 7), ("10/10", 10), ("7.0", 7), ("No", 0), ("n", 0), (False, 0)],
)
def test_an_impact_is_read(value, impact):
    assert read_impact(value) == (impact, type(value) is int)


@pytest.mark.parametrize(
    "value",
    [11, -1, 10**30, 7.5, math.nan, math.inf, "yes", "Y", True, None, [], {}, "seven", "", "１", "²", "-3", "7 8", "9" * 5000],
)
def test_an_impact_is_not_invented(value):
    with pytest.raises(UnreadableError) as caught:
        read_impact(value)
    assert caught.value.problem is Problem.ITEM_VALUE
