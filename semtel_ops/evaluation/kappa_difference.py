"""The difference of two labellers' kappas with the same golden labels.

Both kappas come from the same rows, so their errors are correlated, and the difference is known better than the two intervals
suggest.

Source: B. Efron and C. Stein, Ann. Statist. 9 (1981) 586-596, for the jackknife; with g groups its variance has g - 1 degrees
of freedom, so the interval takes Student's t: with the normal quantile it covers 94% where 95% are promised.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.agreement import Confusion, cohen_kappa, weighted_kappa
from semtel_ops.evaluation.distributions import normal_quantile, student_quantile

GROUPS = 40
"""Groups of rows that the jackknife omits in turn."""

_FEWEST_GROUPS = 10


@dataclass(frozen=True, slots=True)
class KappaDifference:
    """The second labeller's kappa minus the first's.

    Attributes:
        value: the difference; None where a kappa is not defined.
        low: lower end of the 95% interval; None where the value is, and for fewer than 10 rows.
        high: upper end.
        low_90: lower end of the 90% interval: the difference is above it with 95% confidence.
        n: rows with a golden label and a label of both.
        standard_error: of the value; None where `low` is.
    """

    value: float | None
    low: float | None
    high: float | None
    low_90: float | None
    n: int
    standard_error: float | None = None

    def is_not_worse(self, allowed: float = 0.03) -> bool:
        """Whether the second labeller is shown to be at most `allowed` worse. Not shown where nothing is known."""
        return self.low_90 is not None and self.low_90 > -allowed

    @property
    def is_worse(self) -> bool:
        """Whether the second labeller is shown to be worse: the 95% interval lies below 0."""
        return self.high is not None and self.high < 0

    def rows_for_not_worse(self, allowed: float = 0.03, power: float = 0.8) -> int | None:
        """Rows with which labellers of equal kappa pass `is_not_worse` with this power; None if the spread is not known.

        n·((z_0.95 + z_power)·se/allowed)²: the standard error falls with the root of the number of rows.
        """
        if allowed <= 0:
            raise ConfigError("allowed", allowed, "must be above 0; 0.03 is three hundredths of kappa")
        if self.standard_error is None:
            return None
        return math.ceil(self.n * ((normal_quantile(0.95) + normal_quantile(power)) * self.standard_error / allowed) ** 2)


def kappa_difference(
    gold: Sequence[str | None], a: Sequence[str | None], b: Sequence[str | None], *, order: Sequence[str] | None = None
) -> KappaDifference:
    """kappa(gold, b) - kappa(gold, a), from labels row by row, with a jackknife interval over 40 groups of rows.

    Rows without one of the three labels are left out. Row i is in group i modulo 40, so rows that belong together, as those
    of one user, should not follow each other.

    Args:
        gold: golden labels.
        a: labels of the first labeller.
        b: labels of the second labeller.
        order: the levels of a scale, lowest first: quadratic weights. None: plain kappa.
    """
    rows = [row for row in zip(gold, a, b, strict=True) if None not in row]
    n = len(rows)
    whole = _pairs(rows)
    value = _difference(whole, order)
    if value is None or n < _FEWEST_GROUPS:
        return KappaDifference(value, None, None, None, n)
    without = []
    for group in range(min(GROUPS, n)):
        first, second = _pairs(rows[group::GROUPS])
        without.append(_difference((whole[0] - first, whole[1] - second), order))
    known = [estimate for estimate in without if estimate is not None]
    if len(known) < _FEWEST_GROUPS:
        return KappaDifference(value, None, None, None, n)
    middle, g = sum(known) / len(known), len(known)
    error = math.sqrt((g - 1) / g * sum((estimate - middle) ** 2 for estimate in known))
    half = student_quantile(0.975, g - 1) * error
    return KappaDifference(value, value - half, value + half, value - student_quantile(0.95, g - 1) * error, n, error)


_Pairs = tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]


def _pairs(rows: Sequence[tuple[str | None, str | None, str | None]]) -> _Pairs:
    """Counts of (golden label, first labeller's) and of (golden label, second labeller's)."""
    first: Counter[tuple[str, str]] = Counter()
    second: Counter[tuple[str, str]] = Counter()
    for gold, a, b in rows:
        assert gold is not None and a is not None and b is not None  # noqa: PT018 - left out before
        first[gold, a] += 1
        second[gold, b] += 1
    return first, second


def _difference(pairs: tuple[Confusion, Confusion], order: Sequence[str] | None) -> float | None:
    first, second = (cohen_kappa(each).value if order is None else weighted_kappa(each, order).value for each in pairs)
    return None if first is None or second is None else second - first
