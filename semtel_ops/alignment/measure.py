"""What two answers of each labeller say about a classifier.

Tests of shares compare the first answers of both: each row counts once. The second answers only give the noise floor.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from semtel_ops.alignment.results import (
    ConfusedPair,
    Estimate,
    ExcessDisagreement,
    KappaCompared,
    LabelErrors,
    SameMargins,
    Shift,
)
from semtel_ops.evaluation import Share, real_changes
from semtel_ops.evaluation.agreement import Coefficient, cohen_kappa, weighted_kappa
from semtel_ops.evaluation.comparison import BETWEEN
from semtel_ops.evaluation.excess import excess_disagreement
from semtel_ops.evaluation.homogeneity import bhapkar, square_table
from semtel_ops.evaluation.kappa_difference import KappaDifference, kappa_difference
from semtel_ops.evaluation.paired import equivalence, paired_change, rows_for_change, rows_to_decide

MOST_PAIRS = 8
"""Pairs of labels that are listed."""

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What a labeller said about a conversation.

    Attributes:
        category: its label, or all of its labels as one word; for a rubric, the verdict.
        labels: all labels that it gave; for a rubric, the verdict.
        items: items of a rubric that apply.
    """

    category: str
    labels: frozenset[str]
    items: frozenset[str] = frozenset()

    @classmethod
    def of(cls, category: str) -> "Answer":
        """The answer of a category, as `evaluation.comparison.spelled` writes it."""
        return cls(category, frozenset(category.split(BETWEEN)))


@dataclass(frozen=True, slots=True)
class Asked:
    """A classifier, as far as answers are compared.

    Attributes:
        labels: its possible labels in the order of its file, and their names.
        items: of a rubric; their names.
        several: several labels may apply.
        levels: labels are levels, lowest first.
    """

    id: str
    title: str
    labels: Mapping[str, str]
    items: Mapping[str, str]
    several: bool = False
    levels: bool = False


Answers = Mapping[str, Answer]
"""Conversation id → answer, for conversations with a label that can be used."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """All answers for a classifier, and people's labels.

    Attributes:
        incumbent, candidate: the first and the second answers of each.
        gold: conversation id → people's label, as a category.
        aside: conversations that were not drawn at random: they count only beside people's labels.
    """

    incumbent: tuple[Answers, Answers]
    candidate: tuple[Answers, Answers]
    gold: Mapping[str, str]
    aside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Measured:
    """What the answers say; `settle` completes what depends on all classifiers.

    Attributes:
        n: conversations that both answered.
        difference: of kappa, with what its conclusions need; None without labels by people.
        fields: as in `ClassifierAlignment`.
    """

    n: int
    excess: ExcessDisagreement
    homogeneity: SameMargins | None
    shifts: tuple[Shift, ...]
    kappa: KappaCompared | None
    difference: KappaDifference | None
    confusions: tuple[ConfusedPair, ...]


def measure(asked: Asked, labelled: Labelled, margin: float) -> Measured:
    """Compare the answers for a classifier.

    Args:
        margin: change of a share that is small enough to be called the same; 0.02 is two points.
    """
    (first, again), (new, new_again) = labelled.incumbent, labelled.candidate
    both = _shuffled((first.keys() & new.keys()) - labelled.aside)
    counts = Counter((first[name].category, new[name].category) for name in both)
    kappa, difference = _kappa(asked, labelled)
    return Measured(
        n=len(both),
        excess=_excess(_shuffled(set(both) & again.keys() & new_again.keys()), first, again, new, new_again),
        homogeneity=None if asked.several else _homogeneity(counts),
        shifts=_shifts(asked, labelled, both, margin),
        kappa=kappa,
        difference=difference,
        confusions=_confusions(labelled, both, counts),
    )


def settle(measured: Sequence[Measured]) -> list[Measured]:
    """Decide, over all classifiers of a candidate, which changes are shown: Holm over all labels, and over all classifiers."""
    labels = iter(real_changes([_Tested(shift.p) for each in measured for shift in each.shifts]))
    others = iter(real_changes([_Tested(each.excess.p) for each in measured]))
    return [
        replace(
            each,
            shifts=tuple(replace(shift, shown=next(labels)) for shift in each.shifts),
            excess=replace(each.excess, shown=next(others)),
        )
        for each in measured
    ]


@dataclass(frozen=True, slots=True)
class _Tested:
    p_value: float


def estimate_of(share: Share) -> Estimate:
    """A share as results have it."""
    return Estimate(share.share, share.low, share.high, share.n)


def _shuffled(names: set[str]) -> list[str]:
    """In an order that says nothing: neighbours are put into different groups of the jackknife, and examples are its first."""
    return sorted(names, key=lambda name: hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _excess(names: Sequence[str], *answers: Answers) -> ExcessDisagreement:
    columns = [[each[name].category for name in names] for each in answers]
    found = excess_disagreement(*columns)
    return ExcessDisagreement(
        found.value, found.low, found.high, found.n, found.p_value, found.between, found.within, shown=False
    )


def _homogeneity(counts: Mapping[tuple[str, str], int]) -> SameMargins:
    found = bhapkar(square_table(counts)[1])
    return SameMargins(None if found.statistic == float("inf") else found.statistic, found.df, found.p_value)


def _shifts(asked: Asked, labelled: Labelled, both: Sequence[str], margin: float) -> tuple[Shift, ...]:
    first, new = labelled.incumbent[0], labelled.candidate[0]
    shifts = []
    for level, titles in (("label", asked.labels), ("item", asked.items)):
        for label, title in titles.items():
            had = {name for name in both if label in _given(first[name], level)}
            has = {name for name in both if label in _given(new[name], level)}
            gold = _errors(label, labelled) if level == "label" else None
            shifts.append(_shift(label, title, level, len(both), had, has, margin, gold))
    return tuple(sorted(shifts, key=lambda shift: -abs(shift.points)))


def _given(answer: Answer, level: str) -> frozenset[str]:
    return answer.labels if level == "label" else answer.items


def _shift(
    label: str, title: str, level: str, n: int, had: set[str], has: set[str], margin: float, gold: LabelErrors | None
) -> Shift:
    lost, won = len(had - has), len(has - had)
    change, same = paired_change(n, lost, won), equivalence(n, lost, won, margin)
    needed = None if same.is_shown or not n else _rows_to_decide(n, lost, won, margin)
    return Shift(
        label, title, level,
        incumbent=len(had) / n if n else 0.0,
        candidate=len(has) / n if n else 0.0,
        points=100 * change.change, low=100 * change.low, high=100 * change.high,
        low_90=100 * same.low, high_90=100 * same.high,
        p=change.p_value, n=n, lost=lost, won=won,
        inside=same.is_shown, shown=False, rows_to_decide=needed, gold=gold,
    )  # fmt: skip


def _rows_to_decide(n: int, lost: int, won: int, margin: float) -> int:
    """Rows that show either that the share stays within the margin or that it changed, at the shares observed so far.

    Where neither asks for more rows than there are, twice as many.
    """
    discordant, change = (lost + won) / n, abs(won - lost) / n
    stays = rows_to_decide(n, lost, won, margin)
    moves = rows_for_change(discordant, change) if change else None
    return min((rows for rows in (stays, moves) if rows is not None and rows > n), default=2 * n)


def _errors(label: str, labelled: Labelled) -> LabelErrors | None:
    gold, first, new = labelled.gold, labelled.incumbent[0], labelled.candidate[0]
    names = gold.keys() & first.keys() & new.keys()
    if not names:
        return None
    right = {name: label in gold[name].split(BETWEEN) for name in names}
    wrong = {name for name in names if (label in first[name].labels) != right[name]}
    still = {name for name in names if (label in new[name].labels) != right[name]}
    n = len(names)
    change = paired_change(n, len(wrong - still), len(still - wrong))
    return LabelErrors(
        people=sum(right.values()) / n, incumbent=len(wrong) / n, candidate=len(still) / n,
        points=100 * change.change, low=100 * change.low, high=100 * change.high, p=change.p_value, n=n,
    )  # fmt: skip


def _kappa(asked: Asked, labelled: Labelled) -> tuple[KappaCompared | None, KappaDifference | None]:
    gold, first, new = labelled.gold, labelled.incumbent[0], labelled.candidate[0]
    names = _shuffled(gold.keys() & first.keys() & new.keys())
    if not names:
        return None, None
    order = list(asked.labels) if asked.levels else None
    right = [gold[name] for name in names]
    answers = [[each[name].category for name in names] for each in (first, new)]
    found = kappa_difference(right, *answers, order=order)
    own = [_own_kappa(right, each, order).value for each in answers]
    if found.value is None or own[0] is None or own[1] is None:
        return None, found
    compared = KappaCompared(
        value=found.value, low=found.low, high=found.high, low_90=found.low_90, n=found.n,
        incumbent=own[0], candidate=own[1], weighted=asked.levels, rows_for_not_worse=found.rows_for_not_worse(),
    )  # fmt: skip
    return compared, found


def _own_kappa(right: Sequence[str], answers: Sequence[str], order: Sequence[str] | None) -> Coefficient:
    counts = Counter(zip(right, answers, strict=True))
    return cohen_kappa(counts) if order is None else weighted_kappa(counts, order)


def _confusions(labelled: Labelled, both: Sequence[str], counts: Mapping[tuple[str, str], int]) -> tuple[ConfusedPair, ...]:
    (first, again), (new, new_again) = labelled.incumbent, labelled.candidate
    pairs = sorted((pair for pair in counts if pair[0] != pair[1]), key=lambda pair: (-counts[pair], pair))[:MOST_PAIRS]
    stable: dict[tuple[str, str], list[str]] = {pair: [] for pair in pairs}
    other: dict[tuple[str, str], list[str]] = {pair: [] for pair in pairs}
    for name in both:
        pair = (first[name].category, new[name].category)
        if pair in stable:
            twice = _category(again, name) == pair[0] and _category(new_again, name) == pair[1]
            (stable if twice else other)[pair].append(name)
    return tuple(
        ConfusedPair(*pair, counts[pair], len(stable[pair]), tuple((stable[pair] + other[pair])[:_EXAMPLES])) for pair in pairs
    )


def _category(answers: Answers, name: str) -> str | None:
    answer = answers.get(name)
    return None if answer is None else answer.category
