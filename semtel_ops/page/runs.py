"""The views of runs: state, cost and duration of each run, and the lanes, shards and limits of a single run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import fsspec
from sqlalchemy import select

from semtel_ops.page.context import NotThereError, PageContext
from semtel_ops.page.shards import shards_of
from semtel_ops.report.limits import collect_limits
from semtel_ops.report.model import EndpointLimits
from semtel_ops.store.files import exists, read_json
from semtel_ops.store.lane_ledger import LaneLedger, LaneRow
from semtel_ops.store.ledger_tables import lane_record, run

RUNS_SHOWN = 120


def runs_view(source: PageContext, limit: int = RUNS_SHOWN) -> dict[str, Any]:
    """The latest runs with the lanes they used, latest first."""
    query = select(run).order_by(run.c.week.desc(), run.c.started_at.desc(), run.c.run_id).limit(limit)
    with source.ledger.read() as connection:
        runs = [dict(row) for row in connection.execute(query).mappings()]
        weeks = {row["week"] for row in runs}
        lanes: dict[tuple[str, str], list[str]] = {}
        used = select(lane_record.c.week, lane_record.c.run_id, lane_record.c.lane).where(lane_record.c.week.in_(weeks))
        for week, run_id, lane in connection.execute(used.order_by(lane_record.c.lane)):
            lanes.setdefault((week, run_id), []).append(lane)
    return {"runs": [{**_run(row), "lanes": lanes.get((row["week"], row["run_id"]), [])} for row in runs]}


def run_view(source: PageContext, week: str, run_id: str) -> dict[str, Any]:
    """A run with its lanes, shards, endpoints and limits.

    Raises:
        NotThereError: there is no such run.
    """
    record = source.run(week, run_id)
    choices = LaneLedger(source.ledger).choices(week, run_id)
    query = select(lane_record).where(lane_record.c.week == week, lane_record.c.run_id == run_id)
    with source.ledger.read() as connection:
        records = [dict(row) for row in connection.execute(query.order_by(lane_record.c.lane)).mappings()]
    totals = read_json(source.lake.run(week, run_id).totals, needed=False) or {}
    return {
        "run": _run(asdict(record)),
        "lanes": [_lane(row, choices) for row in records],
        "shards": shards_of(source, week, run_id, record.finished_at),
        "endpoints": [{"name": name, **use} for name, use in sorted((totals.get("by_endpoint") or {}).items())],
        "limits": [_limits(limits) for limits in collect_limits(source.lake.run(week, run_id).limits_folder)],
        "has_report": exists(source.lake.run(week, run_id).report),
        "replaced_by": _replaced_by(source, week, run_id),
    }


def kept_report(source: PageContext, week: str, run_id: str) -> bytes:
    """The stored report of a run, as HTML.

    Raises:
        NotThereError: there is no such run, or it has no report.
    """
    source.run(week, run_id)
    try:
        with fsspec.open(source.lake.run(week, run_id).report, "rb") as file:
            return bytes(file.read())
    except FileNotFoundError:
        raise NotThereError("that run has no report") from None


def _run(row: Mapping[str, Any]) -> dict[str, Any]:
    """All columns of a run, and the values that are computed from them."""
    shown = {name: value for name, value in row.items() if name not in {"report_url", "simulated"}}
    seconds, landed = row["seconds"], row["landed"]
    shown["rows_per_s"] = landed / seconds if seconds and landed is not None else None
    shown["success"] = row["succeeded"] / landed if landed and row["succeeded"] is not None else None
    started, finished = row["started_at"], row["finished_at"]
    shown["wall_s"] = (finished - started).total_seconds() if started and finished else None
    shown["simulated"] = bool(row["simulated"])
    return shown


def _lane(row: Mapping[str, Any], choices: Sequence[LaneRow]) -> dict[str, Any]:
    shards = [choice for choice in choices if choice.lane == row["lane"]]
    names = ("lane", "endpoints", "rows", "requests", "tokens", "seconds", "cost_usd", "saved_usd")
    reasons: dict[str, int] = {}
    for choice in shards:
        reasons[choice.reason] = reasons.get(choice.reason, 0) + 1
    return {
        **{name: row[name] for name in names},
        "shards": len(shards),
        "rescued": sum(choice.rescued_at is not None for choice in shards),
        "reasons": [{"reason": reason, "shards": n} for reason, n in sorted(reasons.items(), key=lambda item: -item[1])],
    }


def _limits(limits: EndpointLimits) -> dict[str, Any]:
    return {
        "name": limits.name,
        "tasks": limits.tasks,
        "lowest": limits.lowest,
        "highest": limits.highest,
        "last": list(limits.last),
        "successes": limits.successes,
        "refusals": limits.refusals,
        "failures": limits.failures,
        "openings": limits.openings,
        "causes": [asdict(cause) for cause in limits.causes],
        "more_causes": limits.more_causes,
    }


def _replaced_by(source: PageContext, week: str, run_id: str) -> str | None:
    query = select(run.c.run_id).where(run.c.week == week, run.c.supersedes == run_id).order_by(run.c.started_at)
    with source.ledger.read() as connection:
        run_ids: Sequence[str] = connection.execute(query).scalars().all()
    return run_ids[-1] if run_ids else None
