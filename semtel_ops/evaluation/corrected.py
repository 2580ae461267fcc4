"""Corrected shares of a classifier: which estimator holds, and its result; its `note` says what the interval covers.

Gold rows of the week go with the two-phase estimator, which assumes nothing about the labeller. Gold rows of other weeks
correct only if the same labeller gave their labels, by its rates of error. Otherwise there is no corrected share, and a
reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semtel_ops.evaluation.gold_pairs import Corrected, GoldCount, GoldPair, Method, Refusal, Refused
from semtel_ops.evaluation.intervals import Share
from semtel_ops.evaluation.misclassification import by_matrix, rogan_gladen
from semtel_ops.evaluation.two_phase import MIN_GOLD, two_phase
from semtel_ops.humanize import count

__all__ = [
    "Choice",
    "Corrected",
    "GoldCount",
    "GoldOnRecord",
    "GoldPair",
    "Method",
    "Refusal",
    "Refused",
    "by_matrix",
    "choose",
    "corrected_shares",
    "gold_on_record",
    "rogan_gladen",
    "two_phase",
]


@dataclass(frozen=True, slots=True)
class GoldOnRecord:
    """Numbers of gold rows of a classifier, as seen from a week and its labeller.

    Attributes:
        this_week: of the week.
        same_labeller: of other weeks with labels of the week's labeller.
        other_labellers: of other weeks with labels of other labellers.
    """

    this_week: int
    same_labeller: int
    other_labellers: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The estimator that holds.

    Attributes:
        method: None: none holds.
        reason: why, as a sentence.
        refusal: the reason where there is no method, for machines.
    """

    method: Method | None
    reason: str
    refusal: Refusal | None = None


def gold_on_record(gold: Sequence[GoldPair], *, week: str, labeller: str | None) -> GoldOnRecord:
    """Count gold rows; `labeller` None: several labelled the week."""
    this_week = sum(row.rows for row in gold if row.week == week)
    same = sum(row.rows for row in gold if row.week != week and row.labeller == labeller)
    return GoldOnRecord(this_week, same, sum(row.rows for row in gold) - this_week - same)


def choose(gold: GoldOnRecord, *, one_label: bool, several_labellers: bool = False) -> Choice:
    """Which estimator holds.

    Args:
        gold: the gold rows there are.
        one_label: whether a conversation has exactly one label of the classifier; then all labels are corrected together.
        several_labellers: whether more than one labelled the week.
    """
    if gold.this_week >= MIN_GOLD:
        return Choice(Method.TWO_PHASE, f"{count(gold.this_week, 'gold row')} of this week")
    few = f"{count(gold.this_week, 'gold row')} of this week, at least {MIN_GOLD} are needed"
    few = few if gold.this_week else "no gold rows of this week"
    same, other = count(gold.same_labeller, "gold row"), count(gold.other_labellers, "gold row")
    if several_labellers and gold.other_labellers:
        return Choice(None, f"{few}; the {other} of other weeks do not hold for several labellers", Refusal.SEVERAL_LABELLERS)
    if gold.same_labeller >= MIN_GOLD:
        return Choice(Method.MATRIX if one_label else Method.ROGAN_GLADEN, f"{few}; {same} of other weeks and this labeller")
    if gold.same_labeller:
        reason = f"{few}; {same} of other weeks and this labeller, at least {MIN_GOLD} are needed"
        return Choice(None, reason, Refusal.FEW_GOLD_ROWS)
    if gold.other_labellers:
        reason = f"{few}; the {other} of other weeks do not hold, since another labeller errs in another way"
        return Choice(None, reason, Refusal.OTHER_LABELLER)
    if gold.this_week:
        return Choice(None, few, Refusal.FEW_GOLD_ROWS)
    return Choice(None, "no gold rows of this week or this labeller", Refusal.NO_GOLD)


def corrected_shares(
    raw: Mapping[str, Share], gold: Sequence[GoldPair], *, week: str, labeller: str | None, one_label: bool
) -> dict[str, Corrected | Refused]:
    """Correct the shares of all labels of a classifier: for each label a corrected share, or why there is none.

    Where the matrix of all labels cannot be used, since two labels are hardly told apart or gold rows have labels that the
    classifier no longer has, each label is corrected by itself.

    Args:
        raw: the share in the week of every label of the classifier, 0 for those that do not occur.
        gold: gold rows of any week and labeller.
        week: the week of `raw`.
        labeller: who labelled the week; None: several.
        one_label: whether a conversation has exactly one label.
    """
    choice = choose(gold_on_record(gold, week=week, labeller=labeller), one_label=one_label, several_labellers=labeller is None)
    if choice.method is None:
        assert choice.refusal is not None
        return dict.fromkeys(raw, Refused(choice.refusal, choice.reason))
    if choice.method is Method.TWO_PHASE:
        rows = [row for row in gold if row.week == week]
        return {label: two_phase(share, [row.of_label(label) for row in rows], week=week) for label, share in raw.items()}
    assert labeller is not None
    rows = [row for row in gold if row.week != week and row.labeller == labeller]
    if choice.method is Method.MATRIX and all(_is_one_of(raw, row) for row in rows):
        together = by_matrix(raw, rows, labeller=labeller)
        if not isinstance(together, Refused):
            return together
        if together.refusal is Refusal.CONTRADICTED:
            return dict.fromkeys(raw, together)
    return {
        label: rogan_gladen(share, [row.of_label(label) for row in rows], labeller=labeller) for label, share in raw.items()
    }


def _is_one_of(raw: Mapping[str, Share], row: GoldPair) -> bool:
    return len(row.truth) == len(row.said) == 1 and row.truth | row.said <= raw.keys()
