"""Agreement of two raters: one coefficient per function.

A pair is (label of the first rater, label of the second rater) for one conversation. Swapping the raters changes no value.

Sources: J. Cohen, Educ. Psychol. Meas. 20 (1960), and Psychol. Bull. 70 (1968) for weights. J. L. Fleiss, J. Cohen and
B. S. Everitt, Psychol. Bull. 72 (1969), 323–327, for the standard errors.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.intervals import Z_95, Share, share_of

Confusion = Mapping[tuple[str, str], int]
"""Number of occurrences of each pair."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """An estimate with its 95% interval.

    Attributes:
        value: the coefficient; None where it is not defined.
        low: lower end of the interval; None where it is not defined.
        high: upper end; None where it is not defined.
        n: number of pairs.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


def confusion(pairs: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Count pairs. The functions below take the counts, so their time depends on the number of labels, not of pairs."""
    return Counter(pairs)


def accuracy(counts: Confusion) -> Share:
    """Share of pairs that agree, 0 to 1, with its Wilson interval; 0 in [0, 1] without pairs."""
    n = sum(counts.values())
    agreed = sum(count for (first, second), count in counts.items() if first == second)
    return share_of(agreed, n, n, n)


def cohen_kappa(counts: Confusion) -> Coefficient:
    """Cohen's kappa: agreement beyond what is expected by chance from each rater's label frequencies.

    kappa = (p_o - p_e) / (1 - p_e). 1 is perfect agreement, 0 is agreement by chance, below 0 is less than by chance.
    Not defined without pairs, nor where both raters only used one and the same label (p_e = 1).
    """
    return _kappa(counts, sorted({label for pair in counts for label in pair}), lambda i, j: float(i == j))


def weighted_kappa(counts: Confusion, order: Sequence[str]) -> Coefficient:
    """Kappa with quadratic weights, for ordered levels: a difference of two levels counts four times as much as of one level.

    Range, meaning and undefined cases are those of `cohen_kappa`; w = 1 - (i - j)² / (k - 1)².

    Args:
        counts: pairs of levels.
        order: all levels, lowest first, including levels that do not occur: they count in the distance of others.

    Raises:
        ConfigError: a pair has a level that is not in `order`.
    """
    unknown = {label for pair in counts for label in pair}.difference(order)
    if unknown:
        raise ConfigError("level", min(unknown), f"is not one of {', '.join(order)}")
    widest = max(len(order) - 1, 1) ** 2
    return _kappa(counts, list(order), lambda i, j: 1 - (i - j) ** 2 / widest)


def _kappa(counts: Confusion, labels: list[str], weight: Callable[[int, int], float]) -> Coefficient:
    """Kappa for weights of agreement w_ij (1 on the diagonal), with the asymptotic interval of Fleiss et al.

    With row and column means of the weights, r_i = Σ_j w_ij p_.j and c_j = Σ_i w_ij p_i., the variance is
    (Σ p_ij (w_ij - (r_i + c_j)(1 - κ))² - (κ - p_e (1 - κ))²) / (n (1 - p_e)²).
    """
    n = sum(counts.values())
    if n == 0:
        return Coefficient(None, None, None, 0)
    index_of = {label: index for index, label in enumerate(labels)}
    cells = [(index_of[first], index_of[second], count / n) for (first, second), count in counts.items() if count]
    rows, columns = [0.0] * len(labels), [0.0] * len(labels)
    for i, j, share in cells:
        rows[i] += share
        columns[j] += share
    indices = range(len(labels))
    row_means = [sum(weight(i, j) * columns[j] for j in indices) for i in indices]
    column_means = [sum(weight(i, j) * rows[i] for i in indices) for j in indices]
    observed = sum(weight(i, j) * share for i, j, share in cells)
    expected = sum(rows[i] * row_means[i] for i in indices)
    if math.isclose(expected, 1.0, abs_tol=1e-12):
        return Coefficient(None, None, None, n)
    kappa = (observed - expected) / (1 - expected)
    spread = sum(share * (weight(i, j) - (row_means[i] + column_means[j]) * (1 - kappa)) ** 2 for i, j, share in cells)
    variance = (spread - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2)
    half = Z_95 * math.sqrt(max(variance, 0.0))
    return Coefficient(kappa, max(kappa - half, -1.0), min(kappa + half, 1.0), n)
