"""Confidence intervals of shares, and tests whether two shares differ.

All formulas assume that rows are drawn independently from a population much larger than the sample (no finite-population
correction), and that weights are fixed: the effective number of rows replaces the number of rows.

Sources: L. Kish, *Survey Sampling* (1965), §8.2, for the effective n. E. B. Wilson, JASA 22 (1927), for the interval.
R. G. Newcombe, Statistics in Medicine 17 (1998), 873–890, method 10, for the difference. S. Holm, Scand. J. Statist. 6
(1979), for many comparisons at once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

CONFIDENCE = 0.95
Z_95 = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_Z_MAX = 38.0  # above it the normal tail is 0 in double precision


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a whole, 0 to 1, with its 95% Wilson interval.

    Attributes:
        share: 0 to 1.
        low: lower end of the interval.
        high: upper end.
        n: number of rows.
        effective_n: number of rows of equal weight with the same information; at most n. Rows of weight 0 do not count.

    Without rows, or with a total weight of 0, the share is 0 and the interval [0, 1].
    """

    share: float
    low: float
    high: float
    n: int
    effective_n: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One share minus another, -1 to 1, with its 95% interval.

    Attributes:
        p_value: the smallest error rate at which the interval excludes 0; 1 where the shares are equal.
    """

    change: float
    low: float
    high: float
    p_value: float

    @property
    def is_real(self) -> bool:
        """Whether the interval excludes 0. For a single comparison; for a table of comparisons use `real_changes`."""
        return self.low > 0 or self.high < 0


class Tested(Protocol):
    """A comparison with a p-value, as `Difference`."""

    @property
    def p_value(self) -> float: ...


def share_of(hit_weight: float, total_weight: float, squared_weight: float, n: int) -> Share:
    """The weighted share from sums, which SQL can compute.

    share = Σ w·hit / Σ w; effective n = (Σ w)² / Σ w².

    Args:
        hit_weight: Σ w over the rows that are hits.
        total_weight: Σ w over all rows.
        squared_weight: Σ w² over all rows.
        n: number of rows.
    """
    if n <= 0 or total_weight <= 0 or squared_weight <= 0:
        return Share(0.0, 0.0, 1.0, max(n, 0), 0.0)
    share = min(max(hit_weight / total_weight, 0.0), 1.0)
    effective_n = min(total_weight * total_weight / squared_weight, float(n))
    low, high = wilson(share, effective_n)
    return Share(share, low, high, n, effective_n)


def clustered_share(hits: Sequence[float], of: Sequence[int]) -> Share:
    """The share of observations that are hits, where the observations of a conversation are not independent: a cluster.

    share = Σ hits / Σ of; its variance is that of a ratio of cluster totals, n/(n-1) · Σ (hᵢ - p·mᵢ)² / (Σ m)², and the
    effective n is the size of a simple random sample with that variance: p(1-p) / variance. At a share of 0 or 1 the variance
    is 0, and the effective n is the number of conversations.

    Args:
        hits: for each conversation, its number of hits; a fraction where observations are averages.
        of: for each conversation, its number of observations; conversations without observations do not count.
    """
    clusters = [(hit, m) for hit, m in zip(hits, of, strict=True) if m > 0]
    total, n = sum(m for _, m in clusters), len(clusters)
    if not n:
        return Share(0.0, 0.0, 1.0, 0, 0.0)
    share = min(max(sum(hit for hit, _ in clusters) / total, 0.0), 1.0)
    effective_n = float(n)
    if 0 < share < 1 and n > 1:
        variance = n / (n - 1) * sum((hit - share * m) ** 2 for hit, m in clusters) / total**2
        effective_n = min(max(share * (1 - share) / variance, 1.0), float(total)) if variance > 0 else float(total)
    low, high = wilson(share, effective_n)
    return Share(share, low, high, total, effective_n)


def estimated_share(share: float, variance: float, n: int, least: float = 0.0) -> Share:
    """A share that was estimated with a known variance, as an ordinary `Share`.

    effective n = p(1-p) / variance: the rows of a simple random sample with that variance. Then Wilson's interval, which covers
    better than share ± z·√variance near 0 and 1.

    Args:
        share: the estimate; cut to 0 to 1.
        variance: of the estimate.
        n: rows to report.
        least: p is cut to [least, 1 - least] for the effective n, which would be 0 at a share of 0 or 1.
    """
    share = min(max(share, 0.0), 1.0)
    inner = min(max(share, least), 1 - least)
    effective_n = inner * (1 - inner) / variance if variance > 0 else float(n)
    low, high = wilson(share, effective_n)
    return Share(share, low, high, n, effective_n)


def wilson(share: float, n: float, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval of a share of `n` rows (n need not be whole); [0, 1] for n = 0.

    centre ± half, with centre = (p + z²/2n) / (1 + z²/n) and half = z·√(p(1-p)/n + z²/4n²) / (1 + z²/n).
    The interval stays within [0, 1], and its width is above 0 even at shares of 0 and 1.
    """
    if n <= 0:
        return 0.0, 1.0
    z2_n = z * z / n
    centre = (share + z2_n / 2) / (1 + z2_n)
    half = z * math.sqrt(share * (1 - share) / n + z2_n / (4 * n)) / (1 + z2_n)
    # At shares of 0 and 1 a limit equals the share; a rounding error must not move it past the share.
    return min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share)


def pooled(shares: Sequence[Share]) -> Share:
    """The share over several samples, such as the last weeks; each counts by its effective n."""
    effective_n = sum(share.effective_n for share in shares)
    n = sum(share.n for share in shares)
    if effective_n <= 0:
        return Share(0.0, 0.0, 1.0, n, 0.0)
    value = sum(share.share * share.effective_n for share in shares) / effective_n
    low, high = wilson(value, effective_n)
    return Share(value, low, high, n, effective_n)


def difference(after: Share, before: Share) -> Difference:
    """`after` minus `before`, with Newcombe's hybrid score interval (his method 10).

    low = d - √((p₁-l₁)² + (u₂-p₂)²), high = d + √((u₁-p₁)² + (p₂-l₂)²), with l and u the Wilson limits of each share.
    """
    low, high = _newcombe(after, before, Z_95)
    return Difference(after.share - before.share, low, high, _p_value(after, before))


def real_changes(differences: Sequence[Tested], error_rate: float = 1 - CONFIDENCE) -> list[bool]:
    """Which differences of a table are significant, in the table's order: Holm's step-down procedure.

    Where nothing changed, the probability of reporting any change is at most `error_rate`. Holm rather than
    Benjamini–Hochberg, because the shares of a classifier sum to 1 and so depend on each other, and Holm's bound holds under
    any dependence; at weekly sample sizes its lower power does not matter.
    """
    order = sorted(range(len(differences)), key=lambda index: differences[index].p_value)
    real = [False] * len(differences)
    for rank, index in enumerate(order):
        if differences[index].p_value > error_rate / (len(order) - rank):
            break
        real[index] = True
    return real


def _newcombe(after: Share, before: Share, z: float) -> tuple[float, float]:
    low_1, high_1 = wilson(after.share, after.effective_n, z)
    low_2, high_2 = wilson(before.share, before.effective_n, z)
    change = after.share - before.share
    return (
        max(change - math.hypot(after.share - low_1, high_2 - before.share), -1.0),
        min(change + math.hypot(high_1 - after.share, before.share - low_2), 1.0),
    )


def _p_value(after: Share, before: Share) -> float:
    """The inverted interval: the two-sided tail probability of the z at which the interval just touches 0.

    With it, p < 0.05 exactly where the 95% interval excludes 0; a separate z-test would not always agree.
    """
    if after.share == before.share or after.effective_n <= 0 or before.effective_n <= 0:
        return 1.0
    if after.share < before.share:
        after, before = before, after
    # Bisection: the lower limit falls as z grows. It is above 0 at `z_low`, and at or below 0 at `z_high`.
    z_low, z_high = 0.0, _Z_MAX
    for _ in range(60):
        middle = (z_low + z_high) / 2
        limit, _ = _newcombe(after, before, middle)
        z_low, z_high = (middle, z_high) if limit > 0 else (z_low, middle)
    return math.erfc(z_low / math.sqrt(2))
