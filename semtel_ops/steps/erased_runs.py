"""Runs beside an erasure: which are at work, and which stay as they were published."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from semtel_ops.errors import StoreError
from semtel_ops.humanize import count
from semtel_ops.runs.documents import SampleDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import ledger_of
from semtel_ops.store.files import read_json
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_rows import RunRecord
from semtel_ops.store.ledger_tables import RunState

_AT_WORK = frozenset({RunState.PLANNED, RunState.RUNNING, RunState.VALIDATED})
ABANDONED_AFTER = timedelta(days=14)
"""A run that was planned longer ago and has not ended is not waited for: batches take a day, an approval a week."""


def unfinished_runs(ledger: Ledger | None, now: datetime) -> list[RunRecord]:
    """Runs whose tasks may be at work: they have text in memory, and would write again what is erased beside them."""
    if ledger is None:
        return []
    return [
        run
        for run in ledger.runs()
        if run.state in _AT_WORK
        and run.finished_at is None
        and run.started_at is not None
        and run.started_at > now - ABANDONED_AFTER
    ]


def require_no_work(runs: Sequence[RunRecord], what: str) -> None:
    """Check that no run is at work.

    Raises:
        StoreError: names the runs.
    """
    if runs:
        named = ", ".join(f"{run.run_id} (week {run.week}, {run.state.value})" for run in runs[:3])
        raise StoreError(
            f"{what}: {count(len(runs), 'run')} not finished: {named}; wait until they have ended, then run the same command "
            "again. If they will never go on, add --despite-unfinished"
        )


def erased_from(plan: RunPlan) -> int:
    """Conversations that were erased from a run's sample since it was drawn."""
    sample: SampleDocument | None = read_json(plan.folder.sample)
    return 0 if sample is None else sample.get("erased", 0)


def keeps_publication(plan: RunPlan) -> bool:
    """Whether a run is the published one of its week and conversations were erased from it since.

    Publishing it again would replace the shares that others have read by those of the conversations that are left.
    """
    if not plan.ledger or not erased_from(plan):
        return False
    with ledger_of(plan) as ledger:
        record = ledger.run(plan.week, plan.run_id)
    return record is not None and record.state is RunState.PUBLISHED


def now_in_utc(seconds: float) -> datetime:
    """A time of a clock as the ledger has it."""
    return datetime.fromtimestamp(seconds, UTC)
