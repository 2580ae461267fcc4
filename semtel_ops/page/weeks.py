"""A week as the ledger has it: its shares, what changed, who was satisfied."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from semtel_ops import __version__
from semtel_ops.conversations.weeks import Week
from semtel_ops.evaluation.intervals import Share
from semtel_ops.humanize import date_range
from semtel_ops.page.context import NotThereError, PageContext
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.compare import as_share, judged, label_row, place_of, why_not_compared
from semtel_ops.report.findings import findings, leader
from semtel_ops.report.model import (
    Check,
    ClassifierSection,
    LabelRow,
    SliceRow,
    SliceSection,
    Totals,
    WeekReport,
)
from semtel_ops.report.render import banners, change_columns
from semtel_ops.report.shares import LabelShare
from semtel_ops.store.ledger_rows import RunRecord, WeeklyShare
from semtel_ops.store.ledger_tables import RunState, run, weekly_slice

WEEKS_SHOWN = 60
"""A year of weeks, and some more to look back from its first."""


def known_weeks(source: PageContext, limit: int = WEEKS_SHOWN) -> list[dict[str, Any]]:
    """Weeks that any run was about, the latest first, and whether one of its runs is published."""
    query = select(run.c.week, run.c.state).where(
        run.c.week.in_(select(run.c.week).distinct().order_by(run.c.week.desc()).limit(limit))
    )
    with source.ledger.read() as connection:
        rows = connection.execute(query).all()
    published = {week for week, state in rows if state == RunState.PUBLISHED}
    return [{"week": week, "published": week in published} for week in sorted({week for week, _ in rows}, reverse=True)]


def latest_week(source: PageContext) -> str | None:
    """The latest published week; before any is, the latest there is."""
    weeks = known_weeks(source)
    return next((one["week"] for one in weeks if one["published"]), weeks[0]["week"] if weeks else None)


def week_view(source: PageContext, week: str) -> dict[str, Any]:
    """Everything the week's view shows but its charts."""
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
        "totals": _totals(report.totals),
        "classifiers": [_section(section) for section in report.classifiers],
        "changes": [_change(section, row) for section, row in report.changes],
        "change_columns": len(change_columns(report.changes)[0]),
        "slices": [_slice(section) for section in report.slices],
    }


def week_report(source: PageContext, week: str) -> WeekReport:
    """A week from the ledger alone, in the words of the report: its published run, or else the latest.

    Raises:
        NotThereError: no run was about this week.
    """
    records = source.ledger.runs(week)
    if not records:
        raise NotThereError("no run of that week on record")
    record = next((one for one in records if one.state is RunState.PUBLISHED), records[-1])
    shares = source.ledger.weekly_shares([week]) if record.state is RunState.PUBLISHED else []
    before = source.ledger.published_weeks_before(week, 1)
    previous = source.ledger.weekly_shares(before)
    versions = {one.classifier: one.classifier_version or "" for one in shares}
    facts = source.facts(source.ordered(list(versions)), versions)
    monday = Week.parse(week).start
    return WeekReport(
        week=week,
        start=monday,
        last_day=monday + timedelta(days=6),
        run_id=record.run_id,
        state=record.state.value,
        message=record.message,
        verdict=record.verdict,
        simulated=bool(record.simulated),
        generated_at=datetime.now(UTC),
        started_at=record.started_at,
        previous_week=before[0] if before else None,
        supersedes=record.supersedes,
        published_run=None,
        config_fingerprint=record.config_fingerprint,
        software=f"semtel-ops {__version__}",
        totals=_run_totals(record),
        forecast=None,
        classifiers=_sections(facts, shares, previous, source.ledger.weekly_shares([week], level="group")),
        slices=_slices(source, week, facts) if shares else (),
        endpoints=(),
        lanes=None,
        limits=(),
        checks=tuple(_check(one) for one in source.ledger.quality(week, record.run_id)),
        quarantine=(),
        shortening=None,
        agreement=(),
        sampling={},
        scrubbed={},
        trend={},
    )


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


def _sections(
    facts: Sequence[ClassifierInfo],
    shares: Sequence[WeeklyShare],
    previous: Sequence[WeeklyShare],
    groups: Sequence[WeeklyShare],
) -> tuple[ClassifierSection, ...]:
    sections = []
    for fact in facts:
        past = [one for one in previous if one.classifier == fact.id]
        not_compared = why_not_compared(fact, past)
        before = {} if not_compared else {one.label: as_share(one) for one in past}
        rows = [label_row(fact, _label_share(one), before) for one in shares if one.classifier == fact.id]
        rows.sort(key=_largest_first)
        if fact.ordered:
            rows.sort(key=partial(_place, fact))
        sections.append(
            ClassifierSection(
                facts=fact,
                n=rows[0].share.n if rows else 0,
                rows=tuple(rows),
                groups=tuple(label_row(fact, _label_share(one), {}) for one in groups if one.classifier == fact.id),
                items=(),
                by_status={},
                matched_by={},
                mean_score=None,
                not_compared=not_compared,
            )
        )
    return judged(sections)


def _place(fact: ClassifierInfo, row: LabelRow | SliceRow) -> int:
    return place_of(fact, row.label)


def _largest_first(row: LabelRow) -> tuple[float, str]:
    return -row.share.share, row.label


def _label_share(one: WeeklyShare) -> LabelShare:
    return LabelShare(one.classifier, one.level, one.label, one.n, one.weight, as_share(one))


def _slices(source: PageContext, week: str, facts: Sequence[ClassifierInfo]) -> tuple[SliceSection, ...]:
    by_id = {fact.id: fact for fact in facts}
    with source.ledger.read() as connection:
        rows = connection.execute(select(weekly_slice).where(weekly_slice.c.week == week)).mappings().all()
    grouped: dict[tuple[str, str], dict[str, dict[str, Share]]] = {}
    for row in rows:
        found = grouped.setdefault((row["classifier"], row["by_classifier"]), {}).setdefault(row["by_label"], {})
        found[row["label"]] = Share(row["share"], row["low"], row["high"], row["total_n"], row["effective_n"])
    sections = []
    for (outcome, by), labels in sorted(grouped.items()):
        if outcome not in by_id or by not in by_id:
            continue
        lines = [SliceRow(label, by_id[by].name(label), next(iter(got.values())).n, got) for label, got in labels.items()]
        lines.sort(key=lambda line: -line.n)
        if by_id[by].ordered:
            lines.sort(key=partial(_place, by_id[by]))
        sections.append(SliceSection(outcome, by, by_id[outcome].title, by_id[by].title, tuple(lines), 0, 0))
    return tuple(sections)


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
        "id": section.facts.id,
        "title": section.facts.title,
        "version": section.facts.version,
        "several": section.facts.several,
        "n": section.n,
        "leader": leader(section),
        "not_compared": section.not_compared,
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
        "previous": row.previous.share if row.previous else None,
        "change": change and {"change": change.change, "low": change.low, "high": change.high, "is_real": row.is_real},
    }


def _change(section: ClassifierSection, row: LabelRow) -> dict[str, Any]:
    return {"classifier": section.facts.id, "title": section.facts.title, **_row(row)}


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
                "shares": {label: {"share": one.share, "low": one.low, "high": one.high} for label, one in row.shares.items()},
            }
            for row in section.rows
        ],
    }
