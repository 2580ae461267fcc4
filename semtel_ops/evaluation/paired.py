"""Two labellers on the same rows: how much a label's share differs, whether it is shown to differ, and whether to be the same.

n rows were labelled by both. b of them have the label from the first labeller only, c from the second only; the other rows say
nothing about the difference. All functions assume rows drawn independently, each with the same weight.

Sources: Q. McNemar, Psychometrika 12 (1947). H. O. Lancaster, JASA 56 (1961), and M. W. Fagerland, S. Lydersen and P. Laake,
BMC Med. Res. Methodol. 13 (2013) 91, for mid-p: the exact test rejects 3-4% where 5% are allowed, mid-p 4-5%. T. Tango,
Statistics in Medicine 17 (1998) 891-908, for the score interval. D. J. Schuirmann, J. Pharmacokinet. Biopharm. 15 (1987), for
two one-sided tests. R. J. Connor, Biometrics 43 (1987) 207-211, for the number of rows.
"""

import math
from dataclasses import dataclass

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.distributions import normal_quantile
from semtel_ops.evaluation.intervals import Z_95

ERROR_RATE = 0.05
_Z_90 = normal_quantile(1 - ERROR_RATE)

_FEW = 25
"""Discordant rows below which the normal interval is too short, and Tango's takes its place."""

_MANY_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class PairedChange:
    """The second labeller's share of a label minus the first's, on the same rows; -1 to 1.

    Attributes:
        change: (c - b) / n; 0 without rows.
        low: lower end of the 95% interval.
        high: upper end.
        p_value: mid-p of the hypothesis that both labellers give the label equally often.
        n: rows that both labelled.
        b: rows with the label from the first labeller only.
        c: rows with the label from the second labeller only.
    """

    change: float
    low: float
    high: float
    p_value: float
    n: int
    b: int
    c: int


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Whether two labellers give a label equally often, but for a margin: two one-sided tests at 5% each.

    Attributes:
        low: lower end of the 90% interval of the change.
        high: upper end.
        is_shown: whether the interval lies within ± margin.
    """

    low: float
    high: float
    is_shown: bool


def mid_p(b: int, c: int) -> float:
    """McNemar's test, two-sided mid-p: 2·P(X ≤ min(b, c)) - P(X = min(b, c)), cut at 1, for X ~ Binomial(b + c, ½)."""
    k, n = min(b, c), b + c
    if n == 0:
        return 1.0
    at_k = math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2))
    below, term = 0.0, at_k
    for i in range(k, 0, -1):
        term *= i / (n - i + 1)
        below += term
        if term < below * 1e-17:
            break
    return min(2 * below + at_k, 1.0)


def paired_change(n: int, b: int, c: int) -> PairedChange:
    """The difference of two paired shares, with the 95% interval of `paired_interval` and McNemar's mid-p.

    Interval and test are made in different ways: near p = 0.05 the interval may contain 0 where the test rejects, or the
    reverse. The test decides, since `real_changes` takes p-values.
    """
    low, high = paired_interval(n, b, c, Z_95)
    return PairedChange((c - b) / n if n else 0.0, low, high, mid_p(b, c), n, b, c)


def equivalence(n: int, b: int, c: int, margin: float) -> Equivalence:
    """Whether the change is shown to be smaller than the margin (a share: 0.02 is two points).

    Where several labels all have to pass, each is tested at 5% and no correction is needed (intersection-union).
    """
    _check_margin(margin)
    low, high = paired_interval(n, b, c, _Z_90)
    return Equivalence(low, high, -margin < low and high < margin)


def standard_error(n: int, b: int, c: int) -> float:
    """√((b + c) - (b - c)²/n) / n, the standard error of (c - b)/n; 0 where no row is discordant, and without rows."""
    return math.sqrt(max(b + c - (b - c) ** 2 / n, 0.0)) / n if n else 0.0


def paired_interval(n: int, b: int, c: int, z: float) -> tuple[float, float]:
    """The interval of (c - b)/n: change ± z standard errors, or Tango's score interval for fewer than 25 discordant rows.

    The standard error of a label that no row moved is 0. Tango's interval is then [-z²/(n + z²), z²/(n + z²)], so that few rows
    do not show that a rare label stayed.
    """
    if n <= 0:
        return -1.0, 1.0
    change = (c - b) / n
    if b + c >= _FEW:
        half = z * standard_error(n, b, c)
        return max(change - half, -1.0), min(change + half, 1.0)
    return _bisect(n, b, c, -1.0, change, z), _bisect(n, b, c, change, 1.0, -z)


def rows_for_equivalence(discordant: float, margin: float, power: float = 0.8) -> int:
    """Rows that show equivalence with this power where the labellers do not differ.

    (z_0.95 + z_(1+power)/2)²·ψ/δ², and at least as many as show it without any discordant row.

    Args:
        discordant: ψ, the share of rows with the label from one labeller only.
        margin: δ.
        power: probability of showing it, 0 < power < 1.
    """
    _check_margin(margin)
    wanted = (_Z_90 + normal_quantile((1 + power) / 2)) ** 2 * discordant / margin**2
    return math.ceil(max(wanted, _Z_90**2 * (1 - margin) / margin))


def rows_for_change(discordant: float, change: float, power: float = 0.8) -> int:
    """Rows with which McNemar's test at 5% finds a change of this size with this power.

    (z_0.975·√ψ + z_power·√(ψ - d²))² / d².

    Args:
        discordant: ψ, the share of rows with the label from one labeller only; at least |d|.
        change: d, the difference of the shares; not 0.
        power: probability of finding it, 0 < power < 1.
    """
    if change == 0:
        raise ConfigError("change", change, "must not be 0: no number of rows finds it")
    if not abs(change) <= discordant <= 1:
        raise ConfigError("discordant", discordant, f"must be from {abs(change)}, the size of the change, to 1")
    spread = math.sqrt(discordant - change**2)
    return math.ceil((Z_95 * math.sqrt(discordant) + normal_quantile(power) * spread) ** 2 / change**2)


def rows_to_decide(n: int, b: int, c: int, margin: float, power: float = 0.8) -> int | None:
    """Rows that decide whether a label stayed within the margin, where n rows left it open.

    The larger of `rows_for_equivalence` at the observed share of discordant rows, and the rows whose 90% interval around the
    observed change does not contain a margin. None if these are more than a million: the change is as large as the margin.
    """
    if n <= 0:
        return None
    discordant, distance = (b + c) / n, abs(margin - abs(c - b) / n)
    enough = rows_for_equivalence(discordant, margin, power)
    if distance**2 * _MANY_ROWS <= _Z_90**2 * discordant:
        return None
    return max(enough, math.ceil(_Z_90**2 * (discordant - ((b - c) / n) ** 2) / distance**2))


def _check_margin(margin: float) -> None:
    if not 0 < margin < 1:
        raise ConfigError("margin", margin, "must be above 0 and below 1; 0.02 is two points")


def _bisect(n: int, b: int, c: int, low: float, high: float, z: float) -> float:
    """Where Tango's score is `z`; it falls from `low` to `high`."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _score(n, b, c, middle) > z else (low, middle)
    return (low + high) / 2


def _score(n: int, b: int, c: int, change: float) -> float:
    """((c - b) - n·Δ) / √(n(2q + Δ(1 - Δ))), with q the most likely share of b where the change is Δ (Tango, eq. 7-9)."""
    linear = -b - c + (2 * n - c + b) * change
    constant = -b * change * (1 - change)
    q = (math.sqrt(max(linear**2 - 8 * n * constant, 0.0)) - linear) / (4 * n)
    variance = n * (2 * q + change * (1 - change))
    distance = c - b - n * change
    if variance <= 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / math.sqrt(variance)
