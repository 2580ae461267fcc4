"""Excess disagreement: how much more two labellers differ from each other than each differs from itself.

Each of two labellers is asked twice about the same rows. A labeller that is not deterministic disagrees with itself, so that
disagreement of two labellers alone does not show that they differ. For a row whose label k the labellers give with
probabilities p_k and q_k, the mean of the excess is ½ Σ_k (p_k - q_k)²: 0 only for the same labeller, and never below 0.

The test is a permutation test, exact where the four answers about a row are exchangeable, as four answers of one labeller
are. There are three ways to pair four answers. Only two kinds of rows differ between them: two labels twice (excess 1, -½,
-½) and three labels, one of them twice (½, -¼, -¼). So Σ excess is known but for two binomial variables with probability ⅓.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.evaluation.intervals import Z_95


@dataclass(frozen=True, slots=True)
class Excess:
    """Excess disagreement of two labellers.

    Attributes:
        value: `between` - `within`; can be below 0 by chance.
        low: lower end of the 95% interval.
        high: upper end.
        n: rows with four labels.
        p_value: one-sided mid-p of the hypothesis that both are the same labeller.
        between: share of pairs of answers of different labellers that differ.
        within: share of pairs of answers of the same labeller that differ, the mean over both: the noise floor.
    """

    value: float
    low: float
    high: float
    n: int
    p_value: float
    between: float
    within: float


def excess_disagreement(
    a1: Sequence[str | None], a2: Sequence[str | None], b1: Sequence[str | None], b2: Sequence[str | None]
) -> Excess:
    """The excess disagreement of labellers a and b, from two answers of each, row by row.

    Rows without a label in any of the four are left out. The interval is value ± z·s/√n over the rows' values; two imagined
    rows, the two kinds that can be counted wrong (xxyy: 1; xyxy: -½), are added to the variance only, so that it has a width
    where all rows agree.
    """
    rows = [row for row in zip(a1, a2, b1, b2, strict=True) if None not in row]
    n = len(rows)
    if not n:
        return Excess(0.0, -1.0, 1.0, 0, 1.0, 0.0, 0.0)
    between = [((a != c) + (a != d) + (b != c) + (b != d)) / 4 for a, b, c, d in rows]
    within = [((a != b) + (c != d)) / 2 for a, b, c, d in rows]
    values = [first - second for first, second in zip(between, within, strict=True)]
    value = sum(values) / n
    squares = sum((each - value) ** 2 for each in [*values, 1.0, -0.5])
    half = Z_95 * math.sqrt(squares / (n + 1) / n)
    return Excess(
        value, max(value - half, -1.0), min(value + half, 1.0), n, _p_value(rows, values), sum(between) / n, sum(within) / n
    )


def _p_value(rows: Sequence[tuple[str | None, ...]], values: Sequence[float]) -> float:
    """Mid-p of Σ excess: with x rows of two labels and y of three, (Σ + x/2 + y/4)·4/3 = 2·Bin(x, ⅓) + Bin(y, ⅓)."""
    twice = sum(len(set(row)) == 2 and row.count(row[0]) == 2 for row in rows)
    three = sum(len(set(row)) == 3 for row in rows)
    observed = round((sum(values) + twice / 2 + three / 4) * 4 / 3)
    of_twice, of_three = _thirds(twice), _thirds(three)
    # above[k] = P(Bin(three, ⅓) > k) for k = -1, 0, …, three
    above = [0.0]
    for probability in reversed(of_three):
        above.append(above[-1] + probability)
    above.reverse()
    p_value = 0.0
    for k, probability in enumerate(of_twice):
        left = observed - 2 * k
        at = of_three[left] if 0 <= left <= three else 0.0
        more = 1.0 if left < 0 else above[min(left + 1, three + 1)]
        p_value += probability * (more + at / 2)
    return min(p_value, 1.0)


def _thirds(n: int) -> list[float]:
    """P(X = k) for X ~ Binomial(n, ⅓), k = 0 … n."""
    logs = (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + (n - k) * math.log(2) for k in range(n + 1))
    return [math.exp(log - n * math.log(3)) for log in logs]
