"""What precision a draw gives: expected half-widths of corrected shares, before anybody has labelled.

Nobody knows yet how the model errs, so an assumption stands in: for each label, kappa of the model with people is
`ASSUMED_KAPPA`, and the model gives the label as often as people do. Then 1 - kappa = P(y ≠ f) / (2 p (1 - p)) for truth y,
model f and share p: of the conversations with the label, (1 - p)(1 - kappa) do not have it in truth, and of the others,
p(1 - kappa) have it. In stratum h, where the model gives the label to p_h, e = y - f has E e² = wrong + found and
E e = found - wrong, with wrong = p_h(1 - p)(1 - kappa) and found = (1 - p_h)p(1 - kappa). The variance of the corrected share
is p(1 - p)/N + Σ W_h² (1/n_h - 1/N_h) (E e² - (E e)²): two-phase sampling with λ = 1 (W. G. Cochran, *Sampling Techniques*,
3rd ed. 1977, §12.2 and §12.6).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semtel_ops.evaluation.intervals import Z_95
from semtel_ops.store.gold_rows import Stratum

ASSUMED_KAPPA = 0.7
"""Agreement of the model with people, label by label; 0.61 to 0.80 is often called substantial."""


@dataclass(frozen=True, slots=True)
class ExpectedPrecision:
    """What a draw is expected to say about a label.

    Attributes:
        share: of the model's labels, 0 to 1.
        gold_rows: conversations in the draw that the model gave this label, on average.
        half_width: of the 95% interval of the corrected share, under the assumption of this module.
        rows_for_2_points: conversations in a simple random draw for a half-width of 2 points; None: the week is too small.
    """

    classifier: str
    label: str
    share: float
    gold_rows: float
    half_width: float
    rows_for_2_points: int | None


def expected_precision(
    strata: Sequence[Stratum], counts: Mapping[tuple[str, str], Mapping[str, int]]
) -> list[ExpectedPrecision]:
    """Expected precision for each label, by classifier and falling share.

    Args:
        counts: (classifier, label) → name of the stratum → conversations that the model gave the label.
    """
    total = sum(stratum.population for stratum in strata)
    found = [_expected(classifier, label, by_stratum, strata, total) for (classifier, label), by_stratum in counts.items()]
    return sorted(found, key=lambda one: (one.classifier, -one.share, one.label))


def rows_for(share: float, population: int, half_width: float) -> int | None:
    """Conversations in a simple random draw for a half-width of a corrected share; None if no number reaches it.

    n = v / ((half / z)² - p(1 - p)/N + v/N), with v = E e² of this module, where E e = 0.
    """
    variance = _difference_variance(share, share)
    left = (half_width / Z_95) ** 2 - share * (1 - share) / population
    return None if left <= 0 else min(population, math.ceil(variance / (left + variance / population)))


def _expected(
    classifier: str, label: str, by_stratum: Mapping[str, int], strata: Sequence[Stratum], total: int
) -> ExpectedPrecision:
    share = sum(by_stratum.values()) / total
    variance = share * (1 - share) / total
    rows = 0.0
    for stratum in strata:
        inside = by_stratum.get(stratum.name, 0) / stratum.population
        weight = stratum.population / total
        variance += weight**2 * (1 / stratum.drawn - 1 / stratum.population) * _difference_variance(inside, share)
        rows += stratum.drawn * inside
    return ExpectedPrecision(classifier, label, share, rows, Z_95 * math.sqrt(variance), rows_for(share, total, 0.02))


def _difference_variance(inside: float, share: float) -> float:
    """Variance of truth minus model in a stratum; `inside`: the label's share there, `share`: in the whole week."""
    wrong = inside * (1 - share) * (1 - ASSUMED_KAPPA)
    found = (1 - inside) * share * (1 - ASSUMED_KAPPA)
    return wrong + found - (found - wrong) ** 2
