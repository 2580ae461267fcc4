"""The share of a label in a week, from its labels and from how the same labeller errs in other weeks.

Both estimators invert the labeller's errors: what it says is the truth, mixed by P(said | true). They assume that these
probabilities are the same in the week as in the gold rows: the same labeller, and conversations that are as difficult. Shares
may differ. After a change of the labeller they are void.

Sources: W. J. Rogan and B. Gladen, Am. J. Epidemiology 107 (1978) 71-76. Z. Lang and J. Reiczigel, Prev. Vet. Med. 113 (2014)
    13-22, for
the interval. J. P. Buonaccorsi, *Measurement Error* (2010), §2.3 and 3.4, for several labels and the delta method.
"""

import math
from collections.abc import Mapping, Sequence

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.gold_pairs import Corrected, GoldCount, GoldPair, Method, Refusal, Refused, other_than, rows_of
from semtel_ops.evaluation.intervals import Z_95, Share, estimated_share
from semtel_ops.humanize import count

MIN_OF_A_LABEL = 20
"""Gold rows that a label needs, and rows without it: below, the errors are not known well enough for an interval."""

MIN_INFORMATION = 0.3
"""Smallest sensitivity + specificity - 1. An error of the share as labelled becomes larger by its inverse."""


def rogan_gladen(raw: Share, gold: Sequence[GoldCount], *, labeller: str) -> Corrected | Refused:
    """Correct a share by the labeller's sensitivity and specificity: π = (p + sp - 1) / (se + sp - 1), cut to 0 to 1.

    Var = [p(1-p)/N + π²·se(1-se)/n₁ + (1-π)²·sp(1-sp)/n₀] / (se + sp - 1)², with n₁ true rows and n₀ others, each counted by
    Kish's effective n where weights or probabilities differ. The interval is Lang and Reiczigel's, which adds a row of each
    kind to both; the share's effective n is π(1-π)/Var.

    Args:
        raw: the labeller's share in the week.
        gold: gold rows of any week, as seen from the label.
        labeller: who gave `raw`.

    Refused where gold rows are few, where the labels say little, and where the interval lies outside 0 to 1: the
    labeller cannot have made the same errors.

    Raises:
        ConfigError: gold rows were labelled by another labeller.
    """
    _check([each.labeller for each in gold], labeller)
    if raw.n <= 0:
        return Refused(Refusal.NO_ROWS, "no row of the week has a label")
    (sensitivity, n_true), (wrong, n_false) = (_rate(gold, is_true=is_true) for is_true in (True, False))
    specificity = 1 - wrong
    if min(n_true, n_false) < MIN_OF_A_LABEL:
        kind = "with" if n_true < n_false else "without"
        return Refused(
            Refusal.FEW_GOLD_ROWS_OF_A_LABEL,
            f"{count(round(min(n_true, n_false)), 'gold row')} {kind} the label, at least {MIN_OF_A_LABEL} are needed",
        )
    information = sensitivity + specificity - 1
    if information < MIN_INFORMATION:
        return Refused(
            Refusal.UNINFORMATIVE,
            f"labels say too little about the truth: sensitivity + specificity - 1 is {information:.2f}, "
            f"at least {MIN_INFORMATION:.2f} is needed",
        )
    n = raw.effective_n
    share = min(max((raw.share + specificity - 1) / information, 0.0), 1.0)
    variance = _variance(raw.share, n, share, sensitivity, n_true, specificity, n_false)
    estimate = estimated_share(share, variance, raw.n, 1 / (n_true + n_false + 2))
    low, high = _lang_reiczigel(raw.share, n, sensitivity, n_true, specificity, n_false)
    if low > 1 or high < 0:
        return _contradicted()
    low, high = max(low, 0.0), min(high, 1.0)
    share_of = Share(share, min(low, share), max(high, share), raw.n, estimate.effective_n)
    return Corrected(share_of, Method.ROGAN_GLADEN, rows_of(gold), None, _note(gold))


def by_matrix(raw: Mapping[str, Share], gold: Sequence[GoldPair], *, labeller: str) -> dict[str, Corrected] | Refused:
    """Correct the shares of all labels of a classifier together: π = M⁻¹p, with M[i][k] = P(said i | true k).

    Cov π = M⁻¹ [Cov p + Σ_k π_k²(diag m_k - m_k m_k') / n_k] M⁻ᵀ. The variance of a column takes half a row more in each
    cell, so that an error that did not occur among the gold rows is not impossible. Shares below 0 become 0.

    Args:
        raw: the labeller's share in the week of every label, which sum to 1.
        gold: gold rows of any week, with one label each.
        labeller: who gave `raw`.

    Raises:
        ConfigError: gold rows were labelled by another labeller, or do not have one label of `raw`.
    """
    import numpy as np

    _check([row.labeller for row in gold], labeller)
    labels = list(raw)
    n = max((share.n for share in raw.values()), default=0)
    if n <= 0:
        return Refused(Refusal.NO_ROWS, "no row of the week has a label")
    at = {label: index for index, label in enumerate(labels)}
    counts, squares = np.zeros((len(labels), len(labels))), np.zeros(len(labels))
    for row in gold:
        truth, said = _only(row.truth, at), _only(row.said, at)
        counts[at[said], at[truth]] += row.rows * row.weight / row.probability
        squares[at[truth]] += row.rows * (row.weight / row.probability) ** 2
    totals = counts.sum(axis=0)
    n_true = np.divide(totals**2, squares, out=np.zeros(len(labels)), where=squares > 0)
    if n_true.min() < MIN_OF_A_LABEL:
        rarest = labels[int(n_true.argmin())]
        return Refused(
            Refusal.FEW_GOLD_ROWS_OF_A_LABEL,
            f"{count(round(float(n_true.min())), 'gold row')} of {rarest}, at least {MIN_OF_A_LABEL} are needed of each label",
        )
    matrix = counts / totals
    smallest = float(np.linalg.svd(matrix, compute_uv=False)[-1])
    if smallest < MIN_INFORMATION:
        return Refused(
            Refusal.UNINFORMATIVE,
            f"labels say too little about the truth: the smallest singular value of the table of errors is {smallest:.2f}, "
            f"at least {MIN_INFORMATION:.2f} is needed",
        )
    inverse = np.linalg.inv(matrix)
    p = np.array([raw[label].share for label in labels])
    shares = inverse @ p
    cut = np.clip(shares, 0, 1)
    spread = (np.diag(p) - np.outer(p, p)) / max(share.effective_n for share in raw.values())
    for k in range(len(labels)):
        column = (matrix[:, k] * n_true[k] + 0.5) / (n_true[k] + len(labels) / 2)
        spread += cut[k] ** 2 * (np.diag(column) - np.outer(column, column)) / n_true[k]
    variances = np.einsum("ij,jk,ik->i", inverse, spread, inverse)
    reach = Z_95 * np.sqrt(variances)
    if np.any(shares + reach < 0) or np.any(shares - reach > 1):
        return _contradicted()
    n_gold, note = sum(row.rows for row in gold), _note(gold)
    least = 1 / (float(n_true.sum()) + 2)
    return {
        label: Corrected(
            estimated_share(float(shares[k]), float(variances[k]), raw[label].n, least), Method.MATRIX, n_gold, None, note
        )
        for k, label in enumerate(labels)
    }


def _check(labellers: Sequence[str], labeller: str) -> None:
    others = other_than(labellers, labeller)
    if others:
        raise ConfigError(
            "gold", ", ".join(others[:3]), f"must be rows of labeller {labeller}: another one errs in another way"
        )


def _only(labels: frozenset[str], known: Mapping[str, int]) -> str:
    if len(labels) != 1 or not labels <= known.keys():
        raise ConfigError("gold", " + ".join(sorted(labels)), f"must be one of {', '.join(known)}")
    return next(iter(labels))


def _contradicted() -> Refused:
    return Refused(
        Refusal.CONTRADICTED,
        "the share as labelled is impossible with the errors in the gold rows: the labeller does not err as it did there",
    )


def _rate(gold: Sequence[GoldCount], *, is_true: bool) -> tuple[float, float]:
    """Share of rows with this truth that the labeller gave the label, and their effective number."""
    counts = [(each.rows, each.weight / each.probability, each.said) for each in gold if each.is_true == is_true]
    total = math.fsum(rows * weight for rows, weight, _ in counts)
    if total <= 0:
        return 0.0, 0.0
    said = math.fsum(rows * weight for rows, weight, said in counts if said)
    return said / total, total**2 / math.fsum(rows * weight**2 for rows, weight, _ in counts)


def _variance(p: float, n: float, share: float, sensitivity: float, n_true: float, specificity: float, n_false: float) -> float:
    spread = (
        p * (1 - p) / n
        + share**2 * sensitivity * (1 - sensitivity) / n_true
        + (1 - share) ** 2 * specificity * (1 - specificity) / n_false
    )
    return spread / (sensitivity + specificity - 1) ** 2


def _lang_reiczigel(
    p: float, n: float, sensitivity: float, n_true: float, specificity: float, n_false: float
) -> tuple[float, float]:
    """The interval, which may leave 0 to 1: z²/2 hits in z² more rows of the week, a hit in two more gold rows of each kind."""
    z2 = Z_95**2
    p, n = (n * p + z2 / 2) / (n + z2), n + z2
    sensitivity, n_true = (n_true * sensitivity + 1) / (n_true + 2), n_true + 2
    specificity, n_false = (n_false * specificity + 1) / (n_false + 2), n_false + 2
    share = (p + specificity - 1) / (sensitivity + specificity - 1)
    shift = 2 * z2 * (
        share * sensitivity * (1 - sensitivity) / n_true - (1 - share) * specificity * (1 - specificity) / n_false
    )  # fmt: skip
    half = Z_95 * math.sqrt(_variance(p, n, share, sensitivity, n_true, specificity, n_false))
    return share + shift - half, share + shift + half


def _note(gold: Sequence[GoldCount] | Sequence[GoldPair]) -> str:
    weeks = sorted({row.week for row in gold})
    of = f"{len(weeks)} weeks" if len(weeks) > 1 else weeks[0]
    return (
        "covers sampling and labelling error if the labeller errs as in the gold rows; "
        f"rests on {count(sum(row.rows for row in gold), 'gold row')} of {of} and this labeller"
    )
