"""The view of batch jobs: their age, state and progress."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from semtel_ops.page.context import PageContext
from semtel_ops.store.batch_ledger import OPEN
from semtel_ops.store.ledger_tables import batch_job

JOBS_SHOWN = 300

_NAMES = (
    "job_key", "week", "run_id", "shard", "round", "endpoint", "model", "state", "provider_id", "provider_status", "requests",
    "refusals", "completed", "answered", "refused", "failed", "expired", "missing", "cost_usd", "submitted_at", "finished_at",
    "message",
)  # fmt: skip


def batches_view(
    source: PageContext, *, now: datetime, week: str | None = None, run_id: str | None = None, limit: int = JOBS_SHOWN
) -> dict[str, Any]:
    """Batch jobs, optionally of a week or run: open jobs first, then the latest; and totals for each state."""
    conditions: list[ColumnElement[bool]] = []
    if week is not None:
        conditions.append(batch_job.c.week == week)
    if run_id is not None:
        conditions.append(batch_job.c.run_id == run_id)
    is_open = batch_job.c.state.in_([state.value for state in OPEN])
    columns = [batch_job.c[name] for name in (*_NAMES, "created_at", "touched_at")]
    query = select(*columns).where(*conditions).order_by(is_open.desc(), batch_job.c.created_at.desc(), batch_job.c.job_key)
    by_state = (
        select(batch_job.c.state, func.count(), func.sum(batch_job.c.requests)).where(*conditions).group_by(batch_job.c.state)
    )
    with source.ledger.read() as connection:
        rows = connection.execute(query.limit(limit)).mappings().all()
        states = connection.execute(by_state).all()
    return {
        "jobs": [_job(row, now.timestamp()) for row in rows],
        "states": [
            {"state": state, "jobs": n, "requests": int(requests or 0), "open": state in OPEN} for state, n, requests in states
        ],
        "total": sum(n for _state, n, _requests in states),
    }


def _job(row: Mapping[Any, Any], now: float) -> dict[str, Any]:
    end = row["finished_at"].timestamp() if row["finished_at"] else now
    counts = [row[name] for name in ("answered", "refused", "failed", "expired", "missing")]
    # The provider's count until its result files are read, then the counts from these files.
    done = row["completed"] if all(count is None for count in counts) else sum(count or 0 for count in counts)
    return {
        **{name: row[name] for name in _NAMES},
        "open": row["state"] in OPEN,
        "age_s": max(0.0, end - row["created_at"]),
        "quiet_s": max(0.0, now - row["touched_at"]) if row["state"] in OPEN else None,
        "done": done,
    }
