"""Judge a run's batches while they run: from what its jobs have left and the realtime lane's pace to when they are stopped."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from semtel_ops.batch.queue import queue_of
from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.errors import StoreError
from semtel_ops.routing import Lateness, Work, batch_pace, judge, realtime_pace
from semtel_ops.routing.history import endpoint_names
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import has_ledger, ledger_of
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, datetime_of
from semtel_ops.store.lane_ledger import LaneLedger, LaneRow, ShardPace
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.parquet import count_rows

log = logging.getLogger(__name__)


class Stop(NamedTuple):
    """When a shard's jobs are to be stopped, for the state that travels.

    Attributes:
        at: seconds since 1970, or None where they are waited for.
        final: it has been decided, and is not judged again.
    """

    at: float | None
    final: bool


def revised_stop(
    plan: RunPlan, ledger: Ledger, endpoints: Sequence[Endpoint], state: Mapping[str, Any], stop_at: float | None, *, now: float
) -> Stop:
    """Current time limit of a shard's jobs; the first task to detect that a run is late records the reason.

    Applies only to runs whose lane was chosen automatically (`land_by`); a requested batch keeps its deadline.
    """
    land_by = state.get("land_by")
    if land_by is None or state.get("stopped"):
        return Stop(stop_at, final=bool(state.get("stopped")))
    lateness = _judge(plan, ledger, endpoints, land_by, now)
    if lateness is None:
        return Stop(stop_at, final=False)
    if lateness.late and LaneLedger(ledger).note_stop(plan.week, plan.run_id, at=datetime_of(now), reason=lateness.reason):
        log.warning(
            "week %s: batch jobs are cancelled, the remaining requests go to the realtime lane: %s", plan.week, lateness.reason
        )
    return Stop(lateness.stop_at, final=lateness.late)


def note_pace(
    plan: RunPlan, shard: int, endpoints: Sequence[Endpoint], *, requests: int, tokens: int, began_at: float, ended_at: float
) -> None:
    """Record a shard's rate in the realtime lane; a ledger failure is only logged."""
    if not requests or not has_ledger(plan):
        return
    names = endpoint_names(endpoints, Lane.REALTIME)
    try:
        with ledger_of(plan) as ledger:
            LaneLedger(ledger).save_pace(ShardPace(plan.week, plan.run_id, shard, names, requests, tokens, began_at, ended_at))
    except StoreError as error:
        log.warning("shard %d: its rate could not be recorded: %s", shard, error)


def _judge(plan: RunPlan, ledger: Ledger, endpoints: Sequence[Endpoint], land_by: float, now: float) -> Lateness | None:
    lanes = LaneLedger(ledger)
    pace = realtime_pace(lanes.records(), endpoints, plan.config.routing, this_run=lanes.paces(plan.week, plan.run_id))
    rows = [row for row in lanes.choices(plan.week, plan.run_id) if row.lane == Lane.BATCH]
    if pace is None or not rows:
        return None
    recorded = next((row.stop_reason for row in rows if row.stop_reason is not None), None)
    if recorded is not None:
        # A shard that was stopped leaves less to do, and the others must not take that for progress.
        return Lateness(now, late=True, reason=recorded)
    by_shard: dict[int, list[BatchJob]] = {row.shard: [] for row in rows}
    jobs = BatchLedger(ledger, "reader")
    for job in jobs.of_run(plan.week, plan.run_id):
        if job.shard in by_shard:
            by_shard[job.shard].append(job)
    takes_s = _turnaround_s(plan, jobs, endpoints)
    works = [work for row in rows for work in _works(plan, row, by_shard[row.shard], takes_s)]
    owed = sum(_left(by_shard[row.shard]) * _tokens(row) for row in rows)
    return judge(works, pace, now=now, deadline=land_by, owed_tokens=owed)


def _turnaround_s(plan: RunPlan, jobs: BatchLedger, endpoints: Sequence[Endpoint]) -> float:
    """How long a job takes as a rule."""
    queues = {queue_of(endpoint) for endpoint in endpoints if Lane.BATCH in endpoint.lanes}
    return batch_pace(jobs.latest_ended(queues), held_tokens=0, queue_tokens=None, config=plan.config.routing).turnaround_s


def _works(plan: RunPlan, row: LaneRow, jobs: Sequence[BatchJob], takes_s: float) -> Iterator[Work]:
    """Work of a shard remaining in the batch lane: its jobs, or everything before they are planned."""
    if not jobs and not count_rows(plan.folder.landed(row.shard)):
        # Measured from the lane choice: measured from now, a shard that is never submitted would never be late.
        yield Work(row.requests, _tokens(row), due_at=row.decided_at.timestamp() + takes_s)
    for job in jobs:
        if job.open:
            submitted = job.submitted_at.timestamp() if job.submitted_at else None
            due_at = (submitted or job.created_at) + takes_s
            yield Work(job.requests, _tokens(row), job.completed, submitted, job.advanced_at, due_at)


def _left(jobs: Sequence[BatchJob]) -> int:
    """Requests that the last jobs of a shard ended without: it has landed with them, or the next round begins."""
    last = [job for job in jobs if job.created_at == jobs[-1].created_at]
    return sum((job.failed or 0) + (job.expired or 0) + (job.missing or 0) for job in last if not job.open)


def _tokens(row: LaneRow) -> float:
    """Of one request of a shard, as it was estimated."""
    return (row.input_tokens + row.output_tokens) / max(1, row.requests)
