"""The share of a label in a week, from its labels and from how the same labeller errs in other weeks.

Both estimators invert the labeller's errors: what it says is the truth, mixed by P(said | true). They assume that these
probabilities are the same in the week as in the gold rows: the same labeller, and conversations that are as difficult. Shares
may differ. After a change of the labeller they are void.

Sources: W. J. Rogan and B. Gladen, Am. J. Epidemiology 107 (1978) 71-76. Z. Lang and J. Reiczigel, Prev. Vet. Med. 113 (2014)
13-22, for the interval. J. P. Buonaccorsi, *Measurement Error* (2010), chapters 2 and 3, for several labels and the delta
method.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.gold_pairs import Corrected, GoldCount, GoldPair, Method, Refusal, Refused, other_than, rows_of
from semtel_ops.evaluation.intervals import Z_95, Share, estimated_share
from semtel_ops.humanize import count

MIN_OF_A_LABEL = 20
"""Gold rows that a label needs, and rows without it: below, the errors are not known well enough for an interval."""

MIN_INFORMATION = 0.3
"""Smallest sensitivity + specificity - 1. An error of the share as labelled becomes larger by its inverse."""


_FAR = 3.29
"""Standard errors outside 0 to 1 that no chance explains: 0.1% of samples, since a classifier has many labels."""


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
    if raw.effective_n <= 0:
        return Refused(Refusal.NO_ROWS, "no row of the week has a label")
    (sensitivity, n_true), (wrong, n_false) = (_rate(gold, is_true=is_true) for is_true in (True, False))
    specificity = 1 - wrong
    if min(n_true, n_false) < MIN_OF_A_LABEL:
        return _few(min(n_true, n_false), "with the label" if n_true < n_false else "without the label")
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


def by_matrix(raw: Mapping[str, Share], gold: Sequence[GoldPair], *, labeller: str) -> dict[str, Corrected | Refused] | Refused:
    """Correct the shares of all labels of a classifier together: π = M⁻¹p, with M[i][k] = P(said i | true k).

    Cov π = M⁻¹ [Cov p + Σ_k π_k²(diag m_k - m_k m_k') / n_k] M⁻ᵀ. In the variance, each column has one row more, spread evenly
    over the labels, so that an error that did not occur among the gold rows is not impossible. Shares below 0 become 0.

    Labels with few gold rows are refused. Together they are a label of the matrix, which assumes that their mix among each
    other stays; where they still are few, the label with the fewest other gold rows joins them.

    Args:
        raw: the labeller's share in the week of every label, which sum to 1.
        gold: gold rows of any week, with one label each.
        labeller: who gave `raw`.

    Raises:
        ConfigError: gold rows were labelled by another labeller, or do not have one label of `raw`.
    """
    import numpy as np

    _check([row.labeller for row in gold], labeller)
    if max((share.effective_n for share in raw.values()), default=0.0) <= 0:
        return Refused(Refusal.NO_ROWS, "no row of the week has a label")
    of_label = {label: _effective(row for row in gold if _only(row.truth, raw) == label) for label in raw}
    groups = _groups(of_label)
    if len(groups) < 2:
        return Refused(Refusal.FEW_GOLD_ROWS_OF_A_LABEL, f"fewer than two labels have {MIN_OF_A_LABEL} gold rows")
    at = {label: index for index, group in enumerate(groups) for label in group}
    counts = np.zeros((len(groups), len(groups)))
    for row in gold:
        counts[at[_only(row.said, raw)], at[_only(row.truth, raw)]] += row.rows * row.weight / row.probability
    n_true = [_effective(row for row in gold if at[_only(row.truth, raw)] == k) for k in range(len(groups))]
    matrix = counts / counts.sum(axis=0)
    smallest = float(np.linalg.svd(matrix, compute_uv=False)[-1])
    if smallest < MIN_INFORMATION:
        return Refused(
            Refusal.UNINFORMATIVE,
            f"labels say too little about the truth: the smallest singular value of the table of errors is {smallest:.2f}, "
            f"at least {MIN_INFORMATION:.2f} is needed",
        )
    inverse = np.linalg.inv(matrix)
    p = np.array([sum(raw[label].share for label in group) for group in groups])
    shares = inverse @ p
    cut = np.clip(shares, 0, 1)
    spread = (np.diag(p) - np.outer(p, p)) / max(share.effective_n for share in raw.values())
    for k, n in enumerate(n_true):
        column = (matrix[:, k] * n + 1 / len(groups)) / (n + 1)
        spread += cut[k] ** 2 * (np.diag(column) - np.outer(column, column)) / n
    variances = np.einsum("ij,jk,ik->i", inverse, spread, inverse)
    reach = _FAR * np.sqrt(variances)
    if np.any(shares + reach < 0) or np.any(shares - reach > 1):
        return _contradicted()
    n_gold, note, least = sum(row.rows for row in gold), _note(gold), 1 / (sum(n_true) + 2)
    return {
        label: Corrected(
            estimated_share(float(shares[at[label]]), float(variances[at[label]]), share.n, least),
            Method.MATRIX, n_gold, None, note,
        )
        if groups[at[label]] == [label]
        else _few_of(label, of_label[label])
        for label, share in raw.items()
    }  # fmt: skip


def _groups(of_label: Mapping[str, float]) -> list[list[str]]:
    """Each label with enough gold rows alone; then the others together, if there are any."""
    known = sorted((label for label in of_label if of_label[label] >= MIN_OF_A_LABEL), key=lambda label: -of_label[label])
    rest = [label for label in of_label if of_label[label] < MIN_OF_A_LABEL]
    while rest and known and sum(of_label[label] for label in rest) < MIN_OF_A_LABEL:
        rest.append(known.pop())
    return [[label] for label in known] + ([rest] if rest else [])


def _effective(rows: Iterable[GoldPair]) -> float:
    """Kish's effective number of rows."""
    weights = [(row.rows, row.weight / row.probability) for row in rows]
    total = math.fsum(n * weight for n, weight in weights)
    return total**2 / math.fsum(n * weight**2 for n, weight in weights) if total > 0 else 0.0


def _few_of(label: str, n: float) -> Refused:
    if n < MIN_OF_A_LABEL:
        return _few(n, f"of {label}")
    reason = f"the labels other than {label} that have few gold rows have fewer than {MIN_OF_A_LABEL} together"
    return Refused(Refusal.FEW_GOLD_ROWS_OF_A_LABEL, reason)


def _few(n: float, of: str) -> Refused:
    reason = f"{count(round(n), 'gold row')} {of}, at least {MIN_OF_A_LABEL} are needed"
    return Refused(Refusal.FEW_GOLD_ROWS_OF_A_LABEL, reason)


def _check(labellers: Sequence[str], labeller: str) -> None:
    others = other_than(labellers, labeller)
    if others:
        raise ConfigError(
            "gold", ", ".join(others[:3]), f"must be rows of labeller {labeller}: another one errs in another way"
        )


def _only(labels: frozenset[str], known: Mapping[str, Share]) -> str:
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
