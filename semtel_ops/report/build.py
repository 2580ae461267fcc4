"""Builds a `WeekReport` from the numbers of a week. Pure, and the only builder.

It has two callers: `collect` reads a run's files in the lake and adds what only the files contain; `semtel_ops.page.weeks`
reads the ledger alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from semtel_ops import __version__
from semtel_ops.bridging import Agreed, Bridge, Part, comparability
from semtel_ops.conversations.weeks import Week
from semtel_ops.evaluation.intervals import Share
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.compare import Comparison, comparison, label_row, mark_significant_changes, place_of
from semtel_ops.report.model import Check, ClassifierSection, LabelRow, SliceRow, SliceSection, Totals, WeekReport
from semtel_ops.report.row_sums import RowSums, Slicing
from semtel_ops.report.shares import LabelShare
from semtel_ops.store.ledger_rows import RunRecord, WeeklyShare

_NOTHING = Comparison()


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekData:
    """The numbers of a run's week, as read from the lake or from the ledger alone.

    Attributes:
        record: the run's row in the ledger, or None.
        state, verdict, simulated: as in `WeekReport`; a run's files can be newer than its record.
        history: label shares of earlier published weeks, in any order; changes are against the latest of them.
        past_labellers: week of the history → classifier → who labelled it.
        agreed: labellers that alignments found to be the same.
        bridges: classifier → the bridge from the latest of the earlier weeks to this one.
    """

    week: str
    run_id: str
    now: datetime
    record: RunRecord | None
    state: str
    verdict: str | None
    simulated: bool
    totals: Totals
    checks: Sequence[Check]
    classifiers: Sequence[ClassifierInfo]
    sums: RowSums
    history: Sequence[WeeklyShare]
    past_labellers: Mapping[str, Mapping[str, Sequence[Part]]] = field(default_factory=dict)
    agreed: Agreed = field(default_factory=Agreed)
    bridges: Mapping[str, Bridge] = field(default_factory=dict)


def build_report(data: WeekData) -> WeekReport:
    """The report, without what only a run's files contain: lanes, limits, sampling, quarantine and the like."""
    record, monday = data.record, Week.parse(data.week).start
    previous_week = max((past.week for past in data.history), default=None)
    return WeekReport(
        week=data.week,
        start=monday,
        last_day=monday + timedelta(days=6),
        run_id=data.run_id,
        state=data.state,
        message=record.message if record else None,
        verdict=data.verdict,
        simulated=data.simulated,
        generated_at=data.now.astimezone(UTC),
        started_at=record.started_at if record else None,
        previous_week=previous_week,
        supersedes=record.supersedes if record else None,
        config_fingerprint=record.config_fingerprint if record else None,
        software=f"semtel-ops {__version__}",
        totals=data.totals,
        classifiers=_sections(data, [past for past in data.history if past.week == previous_week]),
        slices=tuple(_slice_sections(data)),
        endpoints=tuple(data.sums.endpoints),
        shortening=data.sums.shortening,
        checks=tuple(data.checks),
        trend=_trend(data),
    )


def _sections(data: WeekData, previous: Sequence[WeeklyShare]) -> tuple[ClassifierSection, ...]:
    """A section for each classifier that has rows, with changes against the previous week."""
    sections = [_section(data, info, [past for past in previous if past.classifier == info.id]) for info in data.classifiers]
    return mark_significant_changes([section for section in sections if section.rows or section.by_status])


def _section(data: WeekData, info: ClassifierInfo, previous: Sequence[WeeklyShare]) -> ClassifierSection:
    sums = data.sums
    now = sums.labellers.get(info.id, ())
    compared = comparison(
        info,
        _of_level(sums, info, "label"),
        previous,
        now=now,
        before=data.past_labellers.get(previous[0].week, {}).get(info.id, ()) if previous else (),
        agreed=data.agreed,
        bridge=data.bridges.get(info.id),
    )
    labels = _rows(sums, info, "label", compared)
    if info.ordered:
        labels.sort(key=lambda row: place_of(info, row.label))
    return ClassifierSection(
        info=info,
        n=labels[0].share.n if labels else 0,
        rows=tuple(labels),
        groups=tuple(_rows(sums, info, "group")),
        items=tuple(_rows(sums, info, "item")),
        by_status=sums.by_status.get(info.id, {}),
        matched_by=sums.matched_by.get(info.id, {}),
        mean_score=sums.scores.get(info.id),
        not_compared=compared.why_not,
        bridge=compared.bridge,
        labellers=tuple(now),
    )


def _rows(sums: RowSums, info: ClassifierInfo, level: str, compared: Comparison = _NOTHING) -> list[LabelRow]:
    """Shares of one level, the largest first."""
    shares = sorted(_of_level(sums, info, level), key=lambda row: (-row.share.share, row.label))
    return [
        replace(label_row(info, share, compared), corrected=share.corrected, corrected_note=share.corrected_note)
        for share in shares
    ]


def _of_level(sums: RowSums, info: ClassifierInfo, level: str) -> list[LabelShare]:
    return [row for row in sums.shares if (row.classifier, row.level) == (info.id, level)]


def _slice_sections(data: WeekData) -> Iterator[SliceSection]:
    """A section for each pair of classifiers that has slices, shown or hidden."""
    infos = {info.id: info for info in data.classifiers}
    slicings: dict[Slicing, dict[str, dict[str, Share]]] = {slicing: {} for slicing in data.sums.hidden}
    for row in data.sums.slices:
        slices = slicings.setdefault((row.classifier, row.by_classifier), {})
        slices.setdefault(row.by_label, {})[row.label] = row.share
    for (outcome, by), slices in slicings.items():
        hidden = data.sums.hidden.get((outcome, by), 0)
        if outcome in infos and by in infos and (slices or hidden):
            rows = _slice_rows(infos[by], slices)
            yield SliceSection(outcome, by, infos[outcome].title, infos[by].title, rows, hidden, data.sums.min_slice)


def _slice_rows(info: ClassifierInfo, slices: Mapping[str, dict[str, Share]]) -> tuple[SliceRow, ...]:
    """Slices in the order of their labels where the labels are levels, otherwise the largest slice first."""
    rows = [SliceRow(label, info.name(label), next(iter(shares.values())).n, shares) for label, shares in slices.items()]
    return tuple(sorted(rows, key=lambda row: place_of(info, row.label) if info.ordered else -row.n))


def _trend(data: WeekData) -> dict[str, dict[str, dict[str, float]]]:
    """Shares of this week and of earlier ones that it may be compared with."""
    trend: dict[str, dict[str, dict[str, float]]] = {}
    for past in sorted(data.history, key=lambda past: past.week):
        before = data.past_labellers.get(past.week, {}).get(past.classifier, ())
        if comparability(before, data.sums.labellers.get(past.classifier, ()), data.agreed).why_not is not None:
            continue
        trend.setdefault(past.classifier, {}).setdefault(past.week, {})[past.label] = past.share
    for current in data.sums.shares:
        if current.level == "label":
            trend.setdefault(current.classifier, {}).setdefault(data.week, {})[current.label] = current.share.share
    return trend
