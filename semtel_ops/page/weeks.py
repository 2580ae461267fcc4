"""The view of a week, from the ledger: label shares, changes, and satisfaction by group."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, select

from semtel_ops.bridging import BridgedLabel, agreed_labellers, labelled_weeks, recorded_bridges
from semtel_ops.evaluation.intervals import Share
from semtel_ops.humanize import date_range
from semtel_ops.page.context import NotThereError, PageContext
from semtel_ops.report.build import WeekData, build_report
from semtel_ops.report.compare import as_share
from semtel_ops.report.corrected import corrected_of
from semtel_ops.report.findings import findings, leader
from semtel_ops.report.model import Check, ClassifierSection, LabelRow, SliceSection, Totals, WeekReport
from semtel_ops.report.render import banners, change_columns
from semtel_ops.report.row_sums import RowSums
from semtel_ops.report.shares import LabelShare, SliceShare
from semtel_ops.store.files import read_json
from semtel_ops.store.ledger_rows import RunRecord, WeeklyShare
from semtel_ops.store.ledger_tables import RunState, run, weekly_slice

WEEKS_SHOWN = 60
"""A year of weeks and some before it, for comparison with its first weeks."""


def known_weeks(source: PageContext, limit: int = WEEKS_SHOWN) -> list[dict[str, Any]]:
    """Weeks that have a run, latest first, and whether one of their runs is published."""
    query = select(run.c.week, run.c.state).where(
        run.c.week.in_(select(run.c.week).distinct().order_by(run.c.week.desc()).limit(limit))
    )
    with source.ledger.read() as connection:
        rows = connection.execute(query).all()
    published = {week for week, state in rows if state == RunState.PUBLISHED}
    return [{"week": week, "published": week in published} for week in sorted({week for week, _ in rows}, reverse=True)]


def latest_week(source: PageContext) -> str | None:
    """The latest published week; if no week is published, the latest week."""
    weeks = known_weeks(source)
    return next((week["week"] for week in weeks if week["published"]), weeks[0]["week"] if weeks else None)


def week_view(source: PageContext, week: str) -> dict[str, Any]:
    """All contents of the week's view except its charts."""
    report = week_report(source, week)
    return {
        "week": week,
        "title": "Week {1}, {0}".format(*report.start.isocalendar()),
        "span": date_range(report.start, report.last_day),
        "run_id": report.run_id,
        "state": report.state,
        "verdict": report.verdict,
        "previous_week": report.previous_week,
        "banners": [{"kind": kind, "heading": heading, "text": words} for kind, heading, words in banners(report)],
        "findings": findings(report),
        "covers": report.covers,
        "is_corrected": report.is_corrected,
        "totals": _totals(report.totals),
        "classifiers": [_section(section) for section in report.classifiers],
        "changes": [_change(section, row) for section, row in report.changes],
        "change_columns": len(change_columns(report.changes)[0]),
        "slices": [_slice(section) for section in report.slices],
    }


def week_report(source: PageContext, week: str) -> WeekReport:
    """The report of a week from the ledger and the run's plan: of its published run, or else of its latest run.

    Raises:
        NotThereError: the week has no run.
    """
    records = source.ledger.runs(week)
    if not records:
        raise NotThereError("no run of that week on record")
    record = next((record for record in records if record.state is RunState.PUBLISHED), records[-1])
    published = record.state is RunState.PUBLISHED
    levels = ("label", "group") if published else ()
    shares = [share for level in levels for share in source.ledger.weekly_shares([week], level=level)]
    versions = {share.classifier: share.classifier_version or "" for share in shares}
    before = source.ledger.published_weeks_before(week, 1)
    labelled = labelled_weeks(source.ledger, [*before, week])
    report = build_report(
        WeekData(
            week=week,
            run_id=record.run_id,
            now=datetime.now(UTC),
            record=record,
            state=record.state.value,
            verdict=record.verdict,
            simulated=bool(record.simulated),
            totals=_run_totals(record),
            checks=[_check(row) for row in source.ledger.quality(week, record.run_id)],
            classifiers=source.classifier_info(source.ordered(list(versions)), versions),
            sums=RowSums(
                shares=[_label_share(share) for share in shares],
                slices=_slice_shares(source, week) if published else [],
                labellers=labelled.get(week, {}) if published else {},
            ),
            history=source.ledger.weekly_shares(before),
            past_labellers=labelled,
            agreed=agreed_labellers(source.ledger),
            bridges=dict(recorded_bridges(source.ledger, week)) if published else {},
        )
    )
    gate = (read_json(source.lake.run(week, record.run_id).plan, needed=False) or {}).get("model_gate") or {}
    return replace(report, labeller_note=gate.get("note"), align_command=gate.get("command"))


def _run_totals(record: RunRecord) -> Totals:
    return Totals(
        sampled=record.sampled,
        landed_rows=record.landed,
        succeeded=record.succeeded,
        requests=record.requests,
        reused=record.reused,
        input_tokens=record.input_tokens,
        output_tokens=record.output_tokens,
        cost_usd=record.cost_usd,
        seconds=record.seconds,
    )


def _label_share(row: WeeklyShare) -> LabelShare:
    share = as_share(row)
    note = row.corrected_note
    return LabelShare(row.classifier, row.level, row.label, row.n, row.weight, share, corrected_of(row), note)


def _slice_shares(source: PageContext, week: str) -> list[SliceShare]:
    columns = weekly_slice.c
    query = select(weekly_slice).where(columns.week == week)
    query = query.order_by(columns.classifier, columns.by_classifier, columns.by_label, columns.label)
    with source.ledger.read() as connection:
        return [_slice_share(row) for row in connection.execute(query).mappings()]


def _slice_share(row: RowMapping) -> SliceShare:
    share = Share(row["share"], row["low"], row["high"], row["total_n"], row["effective_n"])
    return SliceShare(row["classifier"], row["by_classifier"], row["by_label"], row["label"], row["n"], row["weight"], share)


def _check(row: dict[str, Any]) -> Check:
    return Check(
        id=row["check_id"],
        description=row["description"] or "",
        passed=row["passed"],
        effect=row["severity"],
        observed=row["observed"] or "",
        expected=row["expected"] or "",
        classifier=row["classifier"],
        notes=row["notes"] or "",
    )


def _totals(totals: Totals) -> dict[str, Any]:
    names = (
        "sampled", "landed_rows", "succeeded", "requests", "reused", "input_tokens", "output_tokens", "cost_usd", "seconds",
    )  # fmt: skip
    return {name: getattr(totals, name) for name in names}


def _section(section: ClassifierSection) -> dict[str, Any]:
    return {
        "id": section.info.id,
        "title": section.info.title,
        "version": section.info.version,
        "several": section.info.several,
        "n": section.n,
        "leader": leader(section),
        "not_compared": section.not_compared,
        "covers": section.covers,
        "is_corrected": section.is_corrected,
        "bridge": section.bridge
        and {
            "week": section.bridge.week,
            "rows": section.bridge.rows,
            "before": section.bridge.before,
            "now": section.bridge.now,
        },
        "labellers": [{"id": part.labeller, "name": part.name, "weight": part.weight} for part in section.labellers],
        "groups": [_row(row) for row in section.groups],
        "rows": [_row(row) for row in section.rows],
    }


def _row(row: LabelRow) -> dict[str, Any]:
    change = row.change
    return {
        "label": row.label,
        "name": row.name,
        "n": row.n,
        "share": row.share.share,
        "low": row.share.low,
        "high": row.share.high,
        "corrected": row.corrected and asdict(row.corrected),
        "previous": row.previous.share if row.previous else None,
        "change": change and {"change": change.change, "low": change.low, "high": change.high, "is_real": row.is_real},
        "labeller": row.bridged and _labeller(row.bridged, is_real=row.labeller_is_real),
    }


def _labeller(bridged: BridgedLabel, *, is_real: bool) -> dict[str, Any]:
    """The labeller's part of a change, and last week's share as it was published."""
    part = bridged.change.labeller
    return {
        "change": part.change, "low": part.low, "high": part.high, "is_real": is_real, "published": bridged.published.share,
    }  # fmt: skip


def _change(section: ClassifierSection, row: LabelRow) -> dict[str, Any]:
    return {"classifier": section.info.id, "title": section.info.title, **_row(row)}


def _slice(section: SliceSection) -> dict[str, Any]:
    return {
        "classifier": section.classifier,
        "by": section.by_classifier,
        "title": section.title,
        "by_title": section.by_title,
        "rows": [
            {
                "label": row.label,
                "name": row.name,
                "n": row.n,
                "shares": {
                    label: {"share": share.share, "low": share.low, "high": share.high} for label, share in row.shares.items()
                },
            }
            for row in section.rows
        ],
    }
