"""The view of quality: check results of the latest runs, and alerts."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import and_, select

from semtel_ops.alerts.model import Alert
from semtel_ops.humanize import title
from semtel_ops.page.context import PageContext
from semtel_ops.store.alert_ledger import OPEN, AlertLedger, AlertRow
from semtel_ops.store.ledger_tables import quality_result, run

RUNS_SHOWN = 26
FAILURES_SHOWN = 200
ALERTS_SHOWN = 100


def quality_view(source: PageContext, until: str | None = None) -> dict[str, Any]:
    """Check results of the latest runs up to a week, latest first, and the latest alerts. Omits runs without a verdict."""
    judged = select(run.c.week, run.c.run_id, run.c.state, run.c.verdict, run.c.started_at).where(run.c.verdict.is_not(None))
    if until is not None:
        judged = judged.where(run.c.week <= until)
    latest = judged.order_by(run.c.week.desc(), run.c.started_at.desc()).limit(RUNS_SHOWN)
    with source.ledger.read() as connection:
        runs = [dict(row) for row in connection.execute(latest).mappings()]
        chosen = latest.subquery()
        same = and_(quality_result.c.week == chosen.c.week, quality_result.c.run_id == chosen.c.run_id)
        rows = [dict(row) for row in connection.execute(select(quality_result).join(chosen, same)).mappings()]
    failures = sorted((row for row in rows if _failed(row)), key=lambda row: (row["severity"] != "stop", row["check_id"]))
    failures.sort(key=lambda row: row["week"], reverse=True)
    return {
        "runs": runs,
        "checks": _board(rows),
        "failures": [_failure(row) for row in failures[:FAILURES_SHOWN]],
        "more_failures": max(0, len(failures) - FAILURES_SHOWN),
        "alerts": _alerts(source),
    }


def _failed(row: Mapping[str, Any]) -> bool:
    return not row["passed"] and row["severity"] != "off"


def _board(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A line for each check: for each run, its worst outcome and how many of its results failed."""
    lines: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["severity"] == "off":
            continue
        line = lines.setdefault(
            row["check_id"],
            {"id": row["check_id"], "name": title(row["check_id"]), "description": row["description"] or "", "runs": {}},
        )
        key = f"{row['week']} {row['run_id']}"
        cell = line["runs"].setdefault(key, {"outcome": "passed", "failed": 0, "of": 0})
        cell["of"] += 1
        if not row["passed"]:
            cell["failed"] += 1
            cell["outcome"] = "stop" if "stop" in (row["severity"], cell["outcome"]) else "warn"
    return sorted(lines.values(), key=lambda line: (not any(cell["failed"] for cell in line["runs"].values()), line["name"]))


def _failure(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("week", "run_id", "severity", "observed", "expected", "notes", "checked_at", "description")
    return {
        **{name: row[name] for name in names},
        "check": title(row["check_id"]),
        "classifier": row["classifier"] or None,
    }


def _alerts(source: PageContext) -> list[dict[str, Any]]:
    """The latest alerts, open ones first."""
    rows = AlertLedger(source.ledger).alerts(limit=ALERTS_SHOWN)
    return [_alert(row) for row in sorted(rows, key=lambda row: row.state != OPEN)]


def _alert(row: AlertRow) -> dict[str, Any]:
    alert = Alert.from_json(row.body)
    names = ("week", "run_id", "severity", "state", "what", "raised_at", "resolved_at", "resolution")
    return {
        **{name: getattr(row, name) for name in names},
        "kind": row.kind,
        "findings": alert.findings,
        "examples": alert.examples,
        "runbook": alert.links.runbook,
        "reprocess": alert.links.reprocess,
    }
