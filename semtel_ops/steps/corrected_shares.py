"""Shares of a week, corrected with gold rows: for each share of a run the corrected one, or why there is none.

Gold rows of the week are those about which the run itself said something. Those of other weeks count if the week's labeller
said something about them, whatever run it was for. Shares of labels, groups of labels and rubric items are corrected alike.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from semtel_ops.evaluation.corrected import corrected_shares
from semtel_ops.evaluation.gold_pairs import Corrected, GoldPair, Refusal, Refused
from semtel_ops.evaluation.intervals import Share, wilson
from semtel_ops.evaluation.two_phase import MIN_GOLD
from semtel_ops.gold.estimation import pairs_of
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.corrected import CorrectedShare
from semtel_ops.report.shares import LabelShare
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldRow

_UNKNOWN = "unknown"  # labeller of a week that an earlier release labelled; equal to none of a gold row
_NO_ITEMS = Refused(Refusal.NO_GOLD, "people gave verdicts, but no rubric items")


class ShareKey(NamedTuple):
    """What tells the shares of a week apart."""

    classifier: str
    level: str
    label: str


class _Levels(NamedTuple):
    """Gold rows by label, and by rubric item; the latter empty for other classifiers."""

    labels: tuple[GoldPair, ...]
    items: tuple[GoldPair, ...]


class GoldPairs:
    """Gold rows of a ledger as estimates take them: equal rows are counted. Those of other weeks are read once.

    Memory: one row for each combination of labels, week, labeller, weight and probability.
    """

    def __init__(self, gold: GoldLedger) -> None:
        self._gold = gold
        self._read: dict[tuple[str, str | None], _Levels] = {}

    def of_run(self, info: ClassifierInfo, week: str, run_id: str) -> _Levels:
        """Gold rows of a week about which a run said something."""
        return self._levels(info, self._gold.labels(info.id, week=week, run_id=run_id))

    def of_labeller(self, info: ClassifierInfo, labeller: str | None) -> _Levels:
        """Gold rows of all weeks with the labels of one labeller; with None, with the labels recorded last."""
        key = info.id, labeller
        if key not in self._read:
            self._read[key] = self._levels(info, self._gold.labels(info.id, labeller=labeller))
        return self._read[key]

    def _levels(self, info: ClassifierInfo, found: Iterable[GoldRow]) -> _Levels:
        # Without a label there is nothing to correct: shares are of the conversations that were labelled.
        rows = [row for row in found if row.llm]
        return _Levels(tuple(pairs_of(rows)), tuple(_items(self._gold, info, rows)) if info.items else ())


def correct(
    gold: GoldPairs,
    shares: Sequence[LabelShare],
    classifiers: Sequence[ClassifierInfo],
    labellers: Mapping[str, Collection[str]],
    *,
    week: str,
    run_id: str,
) -> dict[ShareKey, Corrected | Refused]:
    """The correction of every share of a run, or why there is none.

    Args:
        labellers: classifier → ids of all who labelled the week; an empty one, and no entry: it is not known who.
    """
    infos = {info.id: info for info in classifiers}
    by_classifier: dict[str, list[LabelShare]] = defaultdict(list)
    for share in shares:
        by_classifier[share.classifier].append(share)
    corrected: dict[ShareKey, Corrected | Refused] = {}
    for classifier, own in by_classifier.items():
        info = infos.get(classifier) or ClassifierInfo(classifier, classifier)
        ids = [one or _UNKNOWN for one in labellers.get(classifier) or [_UNKNOWN]]
        rows = _rows_for(gold, info, week, run_id, ids)
        for level in dict.fromkeys(share.level for share in own):
            of_level = [share for share in own if share.level == level]
            for label, estimate in _level(info, level, of_level, rows, week, ids).items():
                corrected[ShareKey(classifier, level, label)] = estimate
    return corrected


def corrected_columns(estimate: Corrected | Refused | None) -> dict[str, Any]:
    """The columns of `weekly_share` for a correction; all are null where none was tried."""
    value = shown(estimate)
    return {
        "share_corrected": value and value.share,
        "corrected_low": value and value.low,
        "corrected_high": value and value.high,
        "corrected_n": value and value.n_gold,
        "corrected_method": value and value.method,
        "corrected_note": estimate and estimate.note,
    }


def shown(estimate: Corrected | Refused | None) -> CorrectedShare | None:
    """The corrected share for people; None where it was refused."""
    if not isinstance(estimate, Corrected):
        return None
    share = estimate.share
    return CorrectedShare(share.share, share.low, share.high, estimate.n_gold, estimate.method.value)


def _rows_for(gold: GoldPairs, info: ClassifierInfo, week: str, run_id: str, labellers: Sequence[str]) -> _Levels:
    """Gold rows of the week; if they are too few, those of other weeks too: of the labeller, or without any of any labeller."""
    own = gold.of_run(info, week, run_id)
    if _number(own.labels) >= MIN_GOLD:
        return own
    if len(labellers) == 1 and labellers[0] != _UNKNOWN:
        same = _outside(gold.of_labeller(info, labellers[0]), week)
        if same.labels:
            return _Levels(own.labels + same.labels, own.items + same.items)
    others = _outside(gold.of_labeller(info, None), week)
    return _Levels(own.labels + others.labels, own.items + others.items)


def _level(
    info: ClassifierInfo, level: str, shares: Sequence[LabelShare], rows: _Levels, week: str, labellers: Sequence[str]
) -> dict[str, Corrected | Refused]:
    labeller = labellers[0] if len(labellers) == 1 else None
    if level == "item":
        gold, one_label = rows.items, False
        if rows.labels and not any(row.truth for row in gold):
            return {share.label: _NO_ITEMS for share in shares}
    elif level == "group":
        gold = tuple(_grouped(row, info.groups) for row in rows.labels)
        one_label = all(len(row.truth) == len(row.said) == 1 for row in gold) and set(info.names) <= set(info.groups)
    else:
        gold, one_label = rows.labels, not info.several
    found = corrected_shares(_raw(shares, gold), gold, week=week, labeller=labeller, one_label=one_label)
    return {share.label: found[share.label] for share in shares}


def _raw(shares: Sequence[LabelShare], gold: Sequence[GoldPair]) -> dict[str, Share]:
    """The share of every label that the labeller gave in the week, and 0 for others in gold rows."""
    raw = {share.label: share.share for share in shares}
    some = shares[0].share
    low, high = wilson(0.0, some.effective_n)
    never = Share(0.0, low, high, some.n, some.effective_n)
    given = {label for row in gold for label in (*row.truth, *row.said)}
    return raw | dict.fromkeys(sorted(given - raw.keys()), never)


def _grouped(row: GoldPair, groups: Mapping[str, str]) -> GoldPair:
    truth, said = (frozenset(groups[label] for label in labels if label in groups) for labels in (row.truth, row.said))
    return GoldPair(truth, said, row.week, row.labeller, row.rows, row.weight, row.probability)


def _outside(levels: _Levels, week: str) -> _Levels:
    return _Levels(*(tuple(row for row in rows if row.week != week) for rows in levels))


def _number(rows: Sequence[GoldPair]) -> int:
    return sum(row.rows for row in rows)


def _items(gold: GoldLedger, info: ClassifierInfo, rows: Sequence[GoldRow]) -> Iterator[GoldPair]:
    """Rubric items of gold rows: those of the ruling, or else those that more than half of the people gave."""
    by_draw: dict[str, list[GoldRow]] = defaultdict(list)
    for row in rows:
        by_draw[row.draw_id].append(row)
    for draw_id, own in by_draw.items():
        people: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for label in gold.labels_of(draw_id, info.id):
            if not label.skipped:
                people[label.conversation_id].append(label.labels or ())
        ruled = {ruling.conversation_id: ruling.labels for ruling in gold.rulings_of(draw_id, info.id)}
        answers = {(answer.conversation_id, answer.run_id): answer for answer in gold.answers(draw_id, info.id)}
        for row in own:
            if row.llm_run_id is None:
                continue
            given, decided = people[row.conversation_id], ruled.get(row.conversation_id)
            counts = Counter(item for items in given for item in items)
            truth = set(decided) if decided else {item for item, n in counts.items() if 2 * n > len(given)}
            said = set(answers[row.conversation_id, row.llm_run_id].labels or ())
            known = (frozenset(truth & info.items.keys()), frozenset(said & info.items.keys()))
            yield GoldPair(*known, row.week, row.labeller or "", 1, row.sample_weight, row.probability)
