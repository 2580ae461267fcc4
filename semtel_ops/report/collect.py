"""Gathers a run's page from what rests: landed rows by SQL sums, the run folder's JSON files, the ledger's history.

Whatever a stopped or failed run did not leave is absent from the page, not an error: that page is wanted most.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import fsspec

from semtel_ops import __version__
from semtel_ops.conversations.weeks import Week
from semtel_ops.evaluation.intervals import Share
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.compare import as_share, judged, label_row, place_of, why_not_compared
from semtel_ops.report.lanes import collect_lanes
from semtel_ops.report.limits import collect_limits
from semtel_ops.report.model import (
    Agreement,
    Check,
    ClassifierSection,
    EndpointUse,
    Forecast,
    QuarantineReason,
    Shortening,
    SliceRow,
    SliceSection,
    Totals,
    WeekReport,
)
from semtel_ops.report.reprocessed import read_reprocessed
from semtel_ops.report.request_sharing import read_cleaning, read_sharing
from semtel_ops.report.shares import COLUMNS, ROWS, SLICES, LabelShare, label_shares, slice_shares
from semtel_ops.store import sql_engine
from semtel_ops.store.files import list_files, read_json
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_rows import RunRecord, WeeklyShare
from semtel_ops.store.ledger_tables import RunState

TREND_WEEKS = 8
_SETTLED = frozenset({RunState.PUBLISHED, RunState.SUPERSEDED, RunState.FAILED, RunState.REJECTED})
_FUNNEL = {
    "read": "Records read",
    "unreadable": "Unreadable",
    "outside_week": "Outside the week",
    "not_sampled": "Not sampled",
    "duplicates_same_id": "Duplicate records",
    "duplicate_content": "Duplicate content",
    "id_conflicts": "Conflicting ids",
    "eligible": "Eligible",
    "sampled": "Sampled",
    "population": "Conversations represented",
}
_PLACES = 3
_REASONS = 50


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """What a page is about, as its run's plan says it."""

    lake: Lake
    week: str
    run_id: str
    classifiers: tuple[ClassifierInfo, ...]
    min_slice: int
    config_fingerprint: str | None = None
    dry_run: bool = False


@dataclass(slots=True)
class _Rows:
    """Sums over the landed rows."""

    shares: list[LabelShare] = field(default_factory=list)
    slices: list[SliceSection] = field(default_factory=list)
    status: dict[str, dict[str, int]] = field(default_factory=dict)
    matched: dict[str, dict[str, int]] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    endpoints: list[EndpointUse] = field(default_factory=list)
    shortening: Shortening | None = None


def collect(run: ReportInputs, ledger: Ledger | None, *, now: datetime, agreement: Sequence[Agreement] = ()) -> WeekReport:
    """The page of a run, in whatever state it is."""
    folder = run.lake.run(run.week, run.run_id)
    totals = read_json(folder.totals) or {}
    sample = read_json(folder.sample) or {}
    quality = read_json(folder.quality) or {}
    forecast = read_json(folder.forecast) or {}
    record = ledger.run(run.week, run.run_id) if ledger else None
    published = ledger.published_run(run.week) if ledger else None
    rows = _rows(run)
    history = _history(run.week, ledger)
    previous_week = max(history) if history else None
    monday = Week.parse(run.week).start
    quarantine, quarantined = _quarantine(run.lake.run(run.week, run.run_id).quarantine_folder)
    return WeekReport(
        week=run.week,
        start=monday,
        last_day=monday + timedelta(days=6),
        run_id=run.run_id,
        state=_state(run, record, quality),
        message=record.message if record else None,
        verdict=quality.get("verdict"),
        simulated=_simulated(totals, rows.endpoints),
        generated_at=now.astimezone(UTC),
        started_at=record.started_at if record else None,
        previous_week=previous_week,
        supersedes=record.supersedes if record else None,
        published_run=published.run_id if published and published.run_id != run.run_id else None,
        config_fingerprint=(record.config_fingerprint if record else None) or run.config_fingerprint,
        software=f"semtel-ops {__version__}",
        totals=_totals(totals, sample, quarantined),
        forecast=_forecast(forecast) if run.dry_run else None,
        classifiers=_sections(run, rows, history.get(previous_week or "", [])),
        slices=tuple(rows.slices),
        endpoints=tuple(rows.endpoints),
        lanes=collect_lanes(read_json(run.lake.run(run.week, run.run_id).lanes)),
        limits=collect_limits(run.lake.run(run.week, run.run_id).limits_folder),
        checks=tuple(_check(check) for check in quality.get("checks", [])),
        quarantine=quarantine,
        shortening=rows.shortening,
        agreement=tuple(agreement),
        sampling={words: sample[name] for name, words in _FUNNEL.items() if type(sample.get(name)) is int},
        scrubbed=_scrubbed(sample),
        sharing=read_sharing(totals),
        cleaning=read_cleaning(totals),
        reprocessed=read_reprocessed(read_json(folder.reprocess)),
        trend=_trend(run.week, history, rows.shares),
        strategy_note=(forecast if run.dry_run else totals).get("strategy_note"),
    )


def _state(run: ReportInputs, record: RunRecord | None, quality: Mapping[str, Any]) -> str:
    if run.dry_run:
        return "dry_run"
    if record is not None and record.state in _SETTLED:
        return record.state.value
    if quality.get("verdict") == "stop":
        return "stopped"
    return record.state.value if record is not None else "unknown"


def _simulated(totals: Mapping[str, Any], endpoints: Sequence[EndpointUse]) -> bool:
    return bool(totals.get("simulated")) or any(use.model.startswith("simulated") for use in endpoints)


def _totals(totals: Mapping[str, Any], sample: Mapping[str, Any], quarantined: int) -> Totals:
    status = totals.get("by_status") or {}
    return Totals(
        sampled=totals.get("sampled", sample.get("sampled")),
        population=sample.get("population"),
        expected_rows=totals.get("expected_rows"),
        landed_rows=totals.get("landed_rows"),
        succeeded=status.get("success", 0) if totals else None,
        requests=totals.get("requests"),
        reused=totals.get("reused"),
        input_tokens=totals.get("input_tokens"),
        output_tokens=totals.get("output_tokens"),
        cost_usd=totals.get("cost_usd"),
        seconds=totals.get("seconds"),
        quarantined=totals.get("quarantined", quarantined),
        shards=totals.get("shards"),
        missing_shards=tuple(totals.get("missing_shards") or ()),
        by_status=dict(status),
    )


def _forecast(forecast: Mapping[str, Any]) -> Forecast | None:
    if not forecast:
        return None
    return Forecast(**{one.name: forecast[one.name] for one in fields(Forecast)})


def _rows(run: ReportInputs) -> _Rows:
    urls = list_files(run.lake.run(run.week, run.run_id).landed_folder, ".parquet")
    if not urls:
        return _Rows()
    with sql_engine.connect() as con:
        sql_engine.read(con, ROWS, urls, COLUMNS)
        return _Rows(
            shares=label_shares(con, run.classifiers),
            slices=list(_slices(con, run)),
            status=_counts(con, "status"),
            matched=_counts(con, "matched_by"),
            scores={row["classifier"]: row["score"] for row in sql_engine.records(con, _SCORES)},
            endpoints=[EndpointUse(**row) for row in sql_engine.records(con, _ENDPOINTS)],
            shortening=Shortening(**next(sql_engine.records(con, _SHORTENING))),
        )


def _counts(con: sql_engine.Connection, column: str) -> dict[str, dict[str, int]]:
    """Classifier → word → rows, the most frequent word first."""
    counts: dict[str, dict[str, int]] = {}
    for row in sql_engine.records(con, _COUNTS.format(column=column)):
        counts.setdefault(row["classifier"], {})[row["word"]] = row["n"]
    return counts


def _slices(con: sql_engine.Connection, run: ReportInputs) -> Iterator[SliceSection]:
    facts = {fact.id: fact for fact in run.classifiers}
    for outcome, by in SLICES:
        if outcome not in facts or by not in facts:
            continue
        shares, hidden = slice_shares(con, outcome, by, floor=run.min_slice)
        grouped: dict[str, dict[str, Share]] = {}
        for one in shares:
            grouped.setdefault(one.by_label, {})[one.label] = one.share
        rows = [SliceRow(label, facts[by].name(label), next(iter(found.values())).n, found) for label, found in grouped.items()]
        rows.sort(key=lambda row: place_of(facts[by], row.label) if facts[by].ordered else -row.n)
        if rows or hidden:
            yield SliceSection(outcome, by, facts[outcome].title, facts[by].title, tuple(rows), hidden, run.min_slice)


def _history(week: str, ledger: Ledger | None) -> dict[str, list[WeeklyShare]]:
    """Shares of the published weeks before this one."""
    if ledger is None:
        return {}
    history: dict[str, list[WeeklyShare]] = {}
    for share in ledger.weekly_shares(ledger.published_weeks_before(week, TREND_WEEKS)):
        history.setdefault(share.week, []).append(share)
    return history


def _sections(run: ReportInputs, rows: _Rows, previous: Sequence[WeeklyShare]) -> tuple[ClassifierSection, ...]:
    sections = [_section(facts, rows, [one for one in previous if one.classifier == facts.id]) for facts in run.classifiers]
    return judged([section for section in sections if section.by_status])


def _section(facts: ClassifierInfo, rows: _Rows, previous: Sequence[WeeklyShare]) -> ClassifierSection:
    mine = [share for share in rows.shares if share.classifier == facts.id]
    not_compared = why_not_compared(facts, previous)
    before = {} if not_compared else {one.label: as_share(one) for one in previous}
    labels = [label_row(facts, one, before) for one in mine if one.level == "label"]
    if facts.ordered:
        labels.sort(key=lambda row: place_of(facts, row.label))
    return ClassifierSection(
        facts=facts,
        n=labels[0].share.n if labels else 0,
        rows=tuple(labels),
        groups=tuple(label_row(facts, one, {}) for one in mine if one.level == "group"),
        items=tuple(label_row(facts, one, {}) for one in mine if one.level == "item"),
        by_status=rows.status.get(facts.id, {}),
        matched_by=rows.matched.get(facts.id, {}),
        mean_score=rows.scores.get(facts.id),
        not_compared=not_compared,
    )


def _trend(
    week: str, history: Mapping[str, Sequence[WeeklyShare]], shares: Sequence[LabelShare]
) -> dict[str, dict[str, dict[str, float]]]:
    trend: dict[str, dict[str, dict[str, float]]] = {}
    for past in sorted(history):
        for one in history[past]:
            trend.setdefault(one.classifier, {}).setdefault(past, {})[one.label] = one.share
    for now in shares:
        if now.level == "label":
            trend.setdefault(now.classifier, {}).setdefault(week, {})[now.label] = now.share.share
    return trend


def _check(check: Mapping[str, Any]) -> Check:
    return Check(
        id=str(check["id"]),
        description=str(check.get("description") or ""),
        passed=bool(check["passed"]),
        effect=str(check.get("severity", "stop")),
        observed=_text(check.get("observed")),
        expected=_text(check.get("expected")),
        classifier=check.get("classifier") or None,
        notes=_text(check.get("notes")),
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _scrubbed(sample: Mapping[str, Any]) -> dict[str, int]:
    counts = sample.get("scrubbed")
    if not isinstance(counts, dict):
        return {}
    return dict(sorted(((str(name), int(n)) for name, n in counts.items()), key=lambda pair: -pair[1]))


def _quarantine(folder: str) -> tuple[tuple[QuarantineReason, ...], int]:
    """Reasons, most frequent first, and how many entries there are. Streams: a quarantine can be as large as its source."""
    counts: Counter[str] = Counter()
    places: dict[str, list[str]] = {}
    for url in list_files(folder, ".jsonl"):
        for reason, place in _entries(url):
            known = reason if reason in counts or len(counts) < _REASONS else "other reasons"
            counts[known] += 1
            found = places.setdefault(known, [])
            if len(found) < _PLACES:
                found.append(place)
    reasons = tuple(QuarantineReason(reason, count, tuple(places[reason])) for reason, count in counts.most_common())
    return reasons, counts.total()


def _entries(url: str) -> Iterator[tuple[str, str]]:
    with fsspec.open(url, "r", encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                entry = json.loads(line)
                yield str(entry["reason"]), str(entry["place"])[:300]
            except (ValueError, KeyError, TypeError):
                # A line of our own file that was cut short is still one entry.
                yield "unreadable quarantine entry", url.rsplit("/", 1)[-1]


_COUNTS = f"""
select classifier, {{column}} as word, count(*) as n from {ROWS}
where {{column}} is not null group by classifier, {{column}} order by n desc, word
"""  # noqa: S608 - names of our own view and columns

_SCORES = f"""
select classifier, sum(score * sample_weight) / sum(sample_weight) as score from {ROWS}
where status = 'success' and score is not null group by classifier having sum(sample_weight) > 0
"""  # noqa: S608

# Rows that another run paid for cost this one nothing: they are counted, their tokens and money are not.
_ENDPOINTS = f"""
select endpoint as name, coalesce(model, '') as model, coalesce(lane, '') as lane, count(*) as rows,
       cast(coalesce(sum(input_tokens) filter (where not reused), 0) as bigint) as input_tokens,
       cast(coalesce(sum(output_tokens) filter (where not reused), 0) as bigint) as output_tokens,
       case when count(*) filter (where cost_usd is null and not reused) = 0
            then coalesce(sum(cost_usd) filter (where not reused), 0) end as cost_usd,
       approx_quantile(latency_ms, 0.5) filter (where not reused) as p50_ms,
       approx_quantile(latency_ms, 0.95) filter (where not reused) as p95_ms
from {ROWS} where endpoint is not null group by endpoint, model, lane order by rows desc, name, lane
"""  # noqa: S608

# Every conversation has one row of each classifier, so the rows of one classifier are the conversations.
_SHORTENING = f"""
select count(*) as conversations, count(*) filter (where truncated_tokens > 0) as truncated,
       cast(coalesce(sum(truncated_tokens), 0) as bigint) as truncated_tokens, avg(compression_ratio) as compression_ratio
from {ROWS} where classifier = (select min(classifier) from {ROWS})
"""  # noqa: S608
