"""Whether the winner is better than the start prompt, on rows that nothing was chosen on: one test, and a count of looks.

Test: McNemar's, one-sided, mid-p: X ~ Bin(b + c, ½), p = P(X ≥ c) - ½ P(X = c), where the winner alone is right in c rows and
the start prompt alone in b rows.

Every further look at the same rows is another chance of a lucky winner. Look k is tested at α / (k (k + 1)): ½, ⅙, 1/12, … of
α. The sum over any number of looks is at most α, so somebody who repairs again and again until something is "better" is wrong
with a probability of at most α, 5%, over all looks together.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from semtel_ops.evaluation.paired import mid_p, paired_change, rows_for_change

ALPHA: Final = 0.05
"""One-sided error rate over all looks at the same rows."""


class Verdict(StrEnum):
    """What the rows that confirm say of the winner."""

    BETTER = "better"
    """It is right more often than the start prompt."""
    NOT_SHOWN = "not_shown"
    """It may be better; these rows do not show it."""
    NO_WINNER = "no_winner"
    """No prompt was better than the start prompt on the select rows, so the rows that confirm were not looked at."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The one look at the rows that confirm.

    Attributes:
        look: number of the look at these rows, from 1.
        alpha: error rate that this look may use.
        n: number of rows.
        lost: rows where the start prompt alone is right.
        won: rows where the winner alone is right.
        change: share of right rows, winner minus start prompt, -1 to 1.
        low: lower end of its 95% interval.
        high: upper end.
        p_value: one-sided.
        verdict: whether the winner is shown to be better.
        rows_needed: rows that would show a change of this size with a probability of 80%; None if the winner is not ahead.
    """

    look: int
    alpha: float
    n: int
    lost: int
    won: int
    change: float
    low: float
    high: float
    p_value: float
    verdict: Verdict
    rows_needed: int | None


def alpha_of(look: int, alpha: float = ALPHA) -> float:
    """The error rate of a look, the first of which is number 1."""
    if look < 1:
        raise ValueError("looks are counted from 1")
    return alpha / (look * (look + 1))


def one_sided_p(lost: int, won: int) -> float:
    """Mid-p of at least `won` of `lost + won` rows where chance decides; ½ without such rows."""
    both = mid_p(lost, won) / 2
    return both if won > lost else 1 - both if won < lost else 0.5


def confirm(n: int, lost: int, won: int, look: int) -> Confirmation:
    """Judge the winner.

    Args:
        n: number of rows.
        lost, won, look: see `Confirmation`.
    """
    found = paired_change(n, lost, won)
    p_value, alpha = one_sided_p(lost, won), alpha_of(look)
    needed = rows_for_change((lost + won) / n, found.change) if won > lost else None
    verdict = Verdict.BETTER if won > lost and p_value <= alpha else Verdict.NOT_SHOWN
    return Confirmation(look, alpha, n, lost, won, found.change, found.low, found.high, p_value, verdict, needed)
