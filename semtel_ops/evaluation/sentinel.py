"""Sentinels: the same rows asked every day, and a test of each day's answers that may be looked at every day.

Each day, the answers about the fixed rows are compared with the labels of reference. A labeller that did not change flips at
most a share p₀ of them. The test multiplies the evidence of the days: an e-process. If nothing changed, the probability that
it ever reaches 1/α is at most α, however often it is looked at (Ville's inequality). So an alarm on any day is valid without
a correction.

The rows are always the same, and some of them flip more easily than others. This makes no difference: for rows with the mean
flip probability p, E Π(1 + k(xᵢ - p₀)) = Π(1 + k(pᵢ - p₀)) ≤ (1 + k(p - p₀))ⁿ ≤ 1 for p ≤ p₀. Answers of different rows and
days have to be independent, given the labeller.

A labeller changes on a day that nobody knows. Evidence that is multiplied from the first day on has become so small after
quiet months that a change would need months to outweigh them. So the test averages over the day of the change: half of its
stake on the first day, the rest spread evenly over a year. It averages over the size of the change, too.

Sources: J. Ville, *Étude critique de la notion de collectif* (1939). G. Shafer, J. R. Statist. Soc. A 184 (2021), for
evidence as bets. J. Shin, A. Ramdas and A. Rinaldo, New England J. Statist. Data Sci. 2 (2024), for evidence of a change at an
unknown time.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.intervals import Share, wilson

HORIZON_DAYS = 365
"""Days over which the test looks for a change, from the first day that is judged."""

ODDS_RATIOS = (1.6, 2.7, 6.0)
"""How much the odds of a flip may have grown: 4% flips to about 6%, 10% or 20%."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the labeller says about the fixed rows when nothing has changed.

    Attributes:
        labels: for each row, its label of reference; None for a row without any label.
        flips: share of answers that differ from it, of answers that did not choose it; `n` is their number.
    """

    labels: tuple[str | None, ...]
    flips: Share

    @property
    def p0(self) -> float:
        """The upper end of the interval of flips: a labeller that did not change flips at most as often."""
        return self.flips.high


@dataclass(frozen=True, slots=True)
class Day:
    """Answers of a day about the fixed rows.

    Attributes:
        flips: answers that differ from the label of reference.
        n: answers.
    """

    flips: int
    n: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the days show.

    Attributes:
        e_value: evidence for a change after the last day.
        highest: highest evidence after any day.
        alarm: index of the day on which the evidence first reached 1/α; None: no alarm.
    """

    e_value: float
    highest: float
    alarm: int | None


@dataclass(frozen=True, slots=True)
class SentinelTest:
    """An anytime-valid test whether a labeller flips more than p₀ of the fixed rows.

    Attributes:
        p0: largest flip share of an unchanged labeller, above 0 and below 1.
        alternatives: flip shares after a change, each above p0; empty: those with `ODDS_RATIOS`.
        alpha: probability of ever raising a false alarm, at most. For several classifiers together, divide it by their number.
        horizon_days: days over which a change may begin; 1: the first day only, the plain product.
    """

    p0: float
    alternatives: tuple[float, ...] = ()
    alpha: float = 0.05
    horizon_days: int = HORIZON_DAYS

    def __post_init__(self) -> None:
        if not 0 < self.p0 < 1:
            raise ConfigError("p0", self.p0, "must be above 0 and below 1")
        if not 0 < self.alpha < 1:
            raise ConfigError("alpha", self.alpha, "must be above 0 and below 1")
        wrong = [p1 for p1 in self.alternatives if not self.p0 < p1 < 1]
        if wrong:
            raise ConfigError("alternatives", wrong[0], f"must be above {self.p0} and below 1")

    def judge(self, days: Sequence[Day]) -> Evidence:
        """The evidence of all days since the baseline, in their order; 1 without days.

        For each alternative, R = (R + stake of the day)·(likelihood ratio of the day), from 0, is the evidence for a change
        that began on any day so far. The stake of days to come is not lost: it counts as it is.
        """
        alternatives = self.alternatives or tuple(_with_odds(self.p0, ratio) for ratio in ODDS_RATIOS)
        begun = [0.0] * len(alternatives)
        highest, e_value, alarm, left = 1.0, 1.0, None, 1.0
        for index, day in enumerate(days):
            stake = min(self._stake(index), left)
            left -= stake
            for at, p1 in enumerate(alternatives):
                begun[at] = (begun[at] + stake) * math.exp(min(log_likelihood_ratio(day, self.p0, p1), 600.0))
            begun = [min(each, 1e300) for each in begun]
            e_value = sum(begun) / len(begun) + left
            highest = max(highest, e_value)
            if alarm is None and e_value >= 1 / self.alpha:
                alarm = index
        return Evidence(e_value, highest, alarm)

    def _stake(self, day: int) -> float:
        if self.horizon_days <= 1:
            return float(day == 0)
        return 0.5 if day == 0 else 0.5 / (self.horizon_days - 1)


def log_likelihood_ratio(day: Day, p0: float, p1: float) -> float:
    """Logarithm of (p₁/p₀)^flips · ((1-p₁)/(1-p₀))^(n - flips)."""
    return day.flips * math.log(p1 / p0) + (day.n - day.flips) * math.log((1 - p1) / (1 - p0))


def baseline(repeats: Sequence[Sequence[str | None]]) -> Baseline:
    """Labels of reference and flips, from repeated answers about the same rows, each a list with a label for each row.

    The label of reference is the most frequent in the first half of the repeats; flips are counted in the second half, since
    answers agree too well with a label that they chose. The rows are fixed, so answers and not rows are the sample.

    Raises:
        ConfigError: fewer than 2 repeats, or lists of different lengths.
    """
    if len(repeats) < 2:
        raise ConfigError("repeats", len(repeats), "must be at least 2; 10 give a narrow interval")
    if len({len(repeat) for repeat in repeats}) > 1:
        raise ConfigError("repeats", [len(repeat) for repeat in repeats], "must have the same rows")
    half = len(repeats) // 2
    labels = [_most_frequent([repeat[row] for repeat in repeats[:half]]) for row in range(len(repeats[0]))]
    pairs = [
        (said, label)
        for repeat in repeats[half:]
        for said, label in zip(repeat, labels, strict=True)
        if said is not None and label is not None
    ]
    flips, n = sum(said != label for said, label in pairs), len(pairs)
    share = flips / n if n else 0.0
    low, high = wilson(share, n)
    return Baseline(tuple(labels), Share(share, low, high, n, float(n)))


def _most_frequent(labels: Sequence[str | None]) -> str | None:
    counts = Counter(label for label in labels if label is not None)
    # Equally frequent labels: the first in the alphabet, on every machine.
    return min(counts, key=lambda label: (-counts[label], label), default=None)


def _with_odds(p: float, ratio: float) -> float:
    odds = p / (1 - p) * ratio
    return odds / (1 + odds)
