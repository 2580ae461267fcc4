"""The scored rubric: an integer for each item, a score, and the verdict that follows from it."""

from collections.abc import Iterable
from typing import Any

from semtel_ops.classifiers.labels import Label
from semtel_ops.classifiers.problems import Problem, UnreadableError

FOR = "sat"
AGAINST = "dsat"
MAX_IMPACT = 10
SATISFIED, NEUTRAL, DISSATISFIED = VERDICTS = ("satisfied", "neutral", "dissatisfied")

_NO = frozenset({"no", "n", "none", "false", "absent"})


def signs(items: Iterable[Label]) -> tuple[tuple[str, int], ...]:
    """(item id, sign of its impact): +1 for, -1 against."""
    return tuple((item.id, {FOR: 1, AGAINST: -1}.get(item.group or "", 0)) for item in items)


def verdict(score: float) -> str:
    """The label of a score, by its sign."""
    if score > 0:
        return SATISFIED
    return DISSATISFIED if score < 0 else NEUTRAL


def read_impact(value: Any) -> tuple[int, bool]:
    """An item's impact, 0 to 10, and whether it was written as requested.

    "7", 7.0, "7/10" and a plain no (0) are read too. A yes without impact and numbers outside 0 to 10 are not: numbers on
    another scale cannot be summed, and clipping them to 10 would invent an opinion.

    Raises:
        UnreadableError: the value is not an impact.
    """
    if type(value) is int:
        return _in_range(value), True
    if value is False:
        return 0, False
    if isinstance(value, float) and value.is_integer():
        return _in_range(int(value)), False
    if isinstance(value, str):
        return _read_text(value), False
    raise UnreadableError(Problem.ITEM_VALUE)


def _read_text(text: str) -> int:
    word = text[:20].strip().strip(".\"'").lower()
    if word in _NO:
        return 0
    number = word.removesuffix("/10").removesuffix(".0").strip()
    if number.isascii() and number.isdigit():
        return _in_range(int(number))
    raise UnreadableError(Problem.ITEM_VALUE)


def _in_range(impact: int) -> int:
    if 0 <= impact <= MAX_IMPACT:
        return impact
    raise UnreadableError(Problem.ITEM_VALUE)
