"""The share of a label in a week, from all labels of the week and gold rows drawn from the same week.

The estimator is the mean of what the labeller says, corrected by the mean of its errors on the gold rows: two-phase (double)
sampling with a difference estimator. It assumes nothing about how the labeller errs, and it holds if several labellers took
part. It assumes that gold rows were drawn at random from the week's labelled rows, with probabilities that are known but for
a common factor; that the rows of the week are drawn independently; and that people are right.

Sources: W. G. Cochran, *Sampling Techniques* (3rd ed. 1977), chapter 12. A. N. Angelopoulos, J. C. Duchi and T. Zrnic, arXiv
2311.01453 (PPI++), for the tuning. N. Egami et al., arXiv 2306.04746, for known probabilities. PPI's variance is that of gold
rows outside the week; here they lie inside it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.gold_pairs import Corrected, GoldCount, Method, Refusal, Refused, other_than, rows_of
from semtel_ops.evaluation.intervals import Share, estimated_share
from semtel_ops.humanize import count

MIN_GOLD = 30
"""Gold rows below which the variance of the errors is not known well enough for an interval."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """Gold rows of one kind, with each row's weight and the number of rows of the week that it stands for."""

    said: float
    true: float
    rows: float
    weight: float
    stands_for: float


def two_phase(
    raw: Share, gold: Sequence[GoldCount], *, week: str, tuning: float | None = None, imagined_rows: int = 1
) -> Corrected | Refused:
    """Correct a week's share with gold rows of the week.

    θ = λ·f̄_N + (ȳ - λ·f̄), with f̄_N the labeller's share in the week, and ȳ and f̄ the weighted shares of the gold rows
    that are true and that the labeller says. Each gold row counts by weight / probability.

    Var = s²_u/N + Σ (1-π)/π²·e² / N², with u = w(y - ȳ)/w̄, e = u - λ·w(f - f̄)/w̄, and π the probability of a gold row,
    scaled such that Σ 1/π = N; for equal probabilities the second term is (1/n - 1/N)·s²_e. λ minimises it and is cut to 0 to
    1.

    Imagined gold rows, one of each error, are added to the variance only: otherwise, the interval of a rare label, with no
    error among its gold rows, covers the truth too rarely. An imagined row has the mean weight, and stands for as many rows
    as gold rows with the labeller's same answer do.

    Shares of the labels of a classifier are estimated one by one; they add up to 1 only for a fixed tuning.

    Args:
        raw: the labeller's share in the week; its `n` is N.
        gold: gold rows, as seen from the label.
        week: the week of `raw`.
        tuning: λ; None: the best one.
        imagined_rows: of each error.

    Raises:
        ConfigError: gold rows are of another week, where shares may differ and with them the mean error; or a probability is
            not above 0 and at most 1, or `tuning` not 0 to 1.
    """
    _check(gold, week, tuning)
    n = rows_of(gold)
    if raw.effective_n <= 0:
        return Refused(Refusal.NO_ROWS, "no row of the week has a label")
    if n < MIN_GOLD:
        return Refused(Refusal.FEW_GOLD_ROWS, f"{count(n, 'gold row')} of this week, at least {MIN_GOLD} are needed")
    cells = _cells(gold, raw.n)
    weight = sum(cell.rows * cell.stands_for * cell.weight for cell in cells)
    if weight <= 0:
        return Refused(Refusal.FEW_GOLD_ROWS, "all gold rows of this week have a sample weight of 0")
    true, said = _mean(cells, weight, "true"), _mean(cells, weight, "said")
    stands_for = sum(cell.rows * cell.stands_for for cell in cells)
    mean_weight = weight / stands_for
    if tuning is None:
        tuning = _tuning(cells, true, said)
    share = tuning * raw.share + true - tuning * said
    padded = [*cells, *_imagined(cells, mean_weight, imagined_rows)]
    own = error = 0.0
    for cell in padded:
        u = cell.weight / mean_weight * (cell.true - true)
        e = u - tuning * cell.weight / mean_weight * (cell.said - said)
        own += cell.rows * cell.stands_for * u * u / stands_for
        error += cell.rows * cell.stands_for * (cell.stands_for - 1) * e * e / stands_for**2
    divisor = n / (n + 2 * imagined_rows - 1)
    variance = divisor * (own / raw.n + error)
    note = f"covers sampling and labelling error; rests on {count(n, 'gold row')} of this week"
    return Corrected(estimated_share(share, variance, raw.n, 1 / (n + 2)), Method.TWO_PHASE, n, tuning, note)


def _check(gold: Sequence[GoldCount], week: str, tuning: float | None) -> None:
    others = other_than([each.week for each in gold], week)
    if others:
        raise ConfigError(
            "gold", ", ".join(others[:3]), f"must be rows of {week}: errors of another week do not correct this one"
        )
    wrong = next((each.probability for each in gold if not 0 < each.probability <= 1), None)
    if wrong is not None:
        raise ConfigError("probability", wrong, "must be above 0 and at most 1")
    if tuning is not None and not 0 <= tuning <= 1:
        raise ConfigError("tuning", tuning, "must be from 0 to 1")


def _cells(gold: Sequence[GoldCount], n: int) -> list[_Cell]:
    """The gold rows, which together stand for the week's n rows, and each for at least itself."""
    scale = n / sum(each.rows / each.probability for each in gold)
    return [
        _Cell(float(each.said), float(each.is_true), each.rows, each.weight, max(scale / each.probability, 1.0))
        for each in gold
    ]


def _mean(cells: Iterable[_Cell], weight: float, of: str) -> float:
    return math.fsum(cell.rows * cell.stands_for * cell.weight * getattr(cell, of) for cell in cells) / weight


def _tuning(cells: Sequence[_Cell], true: float, said: float) -> float:
    """λ = Σ c·u·u_f / Σ c·u_f², with c = (1-π)/π²; 1 where the labeller says the same of all gold rows."""
    both = alone = 0.0
    for cell in cells:
        factor = cell.rows * cell.stands_for * (cell.stands_for - 1) * cell.weight**2 * (cell.said - said)
        both += factor * (cell.true - true)
        alone += factor * (cell.said - said)
    return min(max(both / alone, 0.0), 1.0) if alone > 0 else 1.0


def _imagined(cells: Sequence[_Cell], weight: float, rows: int) -> list[_Cell]:
    imagined = []
    for said in (1.0, 0.0):
        alike = [cell for cell in cells if cell.said == said] or cells
        stands_for = sum(cell.rows * cell.stands_for for cell in alike) / sum(cell.rows for cell in alike)
        imagined.append(replace(alike[0], said=said, true=1 - said, rows=rows, weight=weight, stands_for=stands_for))
    return imagined
