"""Reads a run's report from the lake and the ledger: sums over landed rows, the run folder's JSON files, the history.

What a stopped or failed run did not write is absent from the report and is not an error: people need that report most.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from semtel_ops.bridging import Agreed, agreed_labellers, bridges_of, labelled_weeks
from semtel_ops.report.build import WeekData, build_report
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.lanes import collect_lanes
from semtel_ops.report.limits import collect_limits
from semtel_ops.report.model import Agreement, Check, EndpointUse, Forecast, Totals, WeekReport
from semtel_ops.report.quarantine import summarize_quarantine
from semtel_ops.report.refusals import collect_refusals
from semtel_ops.report.reprocessed import read_reprocessed
from semtel_ops.report.request_sharing import read_cleaning, read_sharing
from semtel_ops.report.row_sums import RowSums, read_row_sums
from semtel_ops.report.shares import as_published
from semtel_ops.store.files import list_files, read_json
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_rows import RunRecord
from semtel_ops.store.ledger_tables import RunState

TREND_WEEKS = 8
_SETTLED = frozenset({RunState.PUBLISHED, RunState.SUPERSEDED, RunState.FAILED, RunState.REJECTED})
_FUNNEL = {
    "read": "Records read",
    "unreadable": "Unreadable",
    "outside_week": "Outside the week",
    "forgotten": "Forgotten",
    "not_sampled": "Not sampled",
    "duplicates_same_id": "Duplicate records",
    "duplicate_content": "Duplicate content",
    "id_conflicts": "Conflicting ids",
    "eligible": "Eligible",
    "sampled": "Sampled",
    "erased": "Forgotten since",
    "population": "Conversations represented",
}


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """The run that a report describes, with values from the run's plan."""

    lake: Lake
    week: str
    run_id: str
    classifiers: tuple[ClassifierInfo, ...]
    min_slice: int
    config_fingerprint: str | None = None
    dry_run: bool = False
    labeller_note: str | None = None
    align_command: str | None = None
    relabel_offer: str | None = None
    relabel_form: str | None = None


def collect(run: ReportInputs, ledger: Ledger | None, *, now: datetime, agreement: Sequence[Agreement] = ()) -> WeekReport:
    """The report of a run in any state."""
    folder = run.lake.run(run.week, run.run_id)
    totals = read_json(folder.totals) or {}
    sample = read_json(folder.sample) or {}
    quality = read_json(folder.quality) or {}
    forecast = read_json(folder.forecast) or {}
    record = ledger.run(run.week, run.run_id) if ledger else None
    published = ledger.published_run(run.week) if ledger else None
    weeks = ledger.published_weeks_before(run.week, TREND_WEEKS) if ledger else []
    sums = read_row_sums(list_files(folder.landed_folder, ".parquet"), run.classifiers, run.min_slice)
    if ledger is not None and published is not None and published.run_id == run.run_id:
        sums = _corrected(sums, ledger, run)
    quarantine, quarantined = summarize_quarantine(folder.quarantine_folder)
    report = build_report(
        WeekData(
            week=run.week,
            run_id=run.run_id,
            now=now,
            record=record,
            state=_state(run, record, quality),
            verdict=quality.get("verdict"),
            simulated=_simulated(totals, sums.endpoints),
            totals=_totals(totals, sample, quarantined),
            checks=[_check(check) for check in quality.get("checks", [])],
            classifiers=run.classifiers,
            sums=sums,
            history=ledger.weekly_shares(weeks) if ledger else [],
            past_labellers=labelled_weeks(ledger, weeks) if ledger else {},
            agreed=agreed_labellers(ledger) if ledger else Agreed(),
            bridges=bridges_of(read_json(folder.bridge)),
        )
    )
    return replace(
        report,
        published_run=published.run_id if published and published.run_id != run.run_id else None,
        config_fingerprint=report.config_fingerprint or run.config_fingerprint,
        forecast=_forecast(forecast) if run.dry_run else None,
        lanes=collect_lanes(read_json(folder.lanes)),
        limits=collect_limits(folder.limits_folder),
        refusals=collect_refusals(folder.refusals_folder),
        quarantine=quarantine,
        agreement=tuple(agreement),
        sampling={words: sample[name] for name, words in _FUNNEL.items() if type(sample.get(name)) is int},
        scrubbed=_scrubbed(sample),
        strategy_note=(forecast if run.dry_run else totals).get("strategy_note"),
        labeller_note=run.labeller_note,
        align_command=run.align_command,
        relabel_offer=run.relabel_offer,
        relabel_form=run.relabel_form,
        sharing=read_sharing(totals),
        cleaning=read_cleaning(totals),
        reprocessed=read_reprocessed(read_json(folder.reprocess)),
    )


def _corrected(sums: RowSums, ledger: Ledger, run: ReportInputs) -> RowSums:
    """The sums with the corrections that the run was published with, or that it got since."""
    levels = dict.fromkeys(share.level for share in sums.shares)
    weekly = [row for level in levels for row in ledger.weekly_shares([run.week], level=level) if row.run_id == run.run_id]
    return replace(sums, shares=as_published(sums.shares, weekly))


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
        bridge_usd=(totals.get("bridge") or {}).get("cost_usd"),
        seconds=totals.get("seconds"),
        quarantined=totals.get("quarantined", quarantined),
        shards=totals.get("shards"),
        missing_shards=tuple(totals.get("missing_shards") or ()),
        by_status=dict(status),
        estimated_rows=totals.get("estimated_rows", 0),
    )


def _forecast(forecast: Mapping[str, Any]) -> Forecast | None:
    if not forecast:
        return None
    return Forecast(**{field.name: forecast[field.name] for field in fields(Forecast)})


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
