"""Batch jobs in the ledger and their states: planned, submitted, accepted by the provider, merged.

Invariants of this module:
- A job is written before anything of it is sent (`add`), and its key never depends on the attempt.
- A state changes only from the state and owner that the caller has read (`move`): of two processes with a job, one continues.
- Queue capacity is reserved in the transaction that decides about it (`reserve`), so two tasks never reserve the same capacity.

    intent → uploading → uploaded → creating → submitted → ended → collected → done
             (waiting: the queue was full, the file is kept)   failed · split · dropped: ended without replies

`uploading` and `creating` mean that the call may or may not have happened: a process that finds them looks at the provider
first.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from semtel_ops.errors import StoreError
from semtel_ops.store.ledger import Ledger, upsert
from semtel_ops.store.ledger_outage import replayed
from semtel_ops.store.ledger_tables import batch_job, batch_queue
from semtel_ops.store.rooted import decode, encode


class JobState(StrEnum):
    """State of a job."""

    INTENT = "intent"
    """Planned; nothing has been sent."""
    UPLOADING = "uploading"
    """Its file may or may not have been uploaded."""
    UPLOADED = "uploaded"
    CREATING = "creating"
    """It may or may not have been submitted."""
    WAITING = "waiting"
    """The queue is full; its file is kept."""
    SUBMITTED = "submitted"
    ENDED = "ended"
    """The job has ended; its files are still at the provider."""
    COLLECTED = "collected"
    """Its replies are in the journal."""
    FAILED = "failed"
    """The provider refused the file."""
    SPLIT = "split"
    """Too large for the provider: its requests go into smaller jobs."""
    DROPPED = "dropped"
    """Cancelled before it was submitted."""
    DONE = "done"
    """Its shard has landed."""


OPEN = frozenset(
    {
        JobState.INTENT,
        JobState.UPLOADING,
        JobState.UPLOADED,
        JobState.CREATING,
        JobState.WAITING,
        JobState.SUBMITTED,
        JobState.ENDED,
    }
)
"""States in which a job's requests may still get results."""

_RESERVED = (JobState.UPLOADING, JobState.UPLOADED, JobState.CREATING, JobState.SUBMITTED)
_UNSENT = (JobState.INTENT, JobState.WAITING)
_ABANDONED_S = 3_600.0
"""A job that was reserved but not submitted, and not updated for this long, counts as abandoned."""


class JobOwnershipLostError(StoreError):
    """Another process has taken the job over; this process must not change it."""


@dataclass(frozen=True, slots=True)
class BatchJob:
    """A row of `batch_job`; `ledger_tables` describes the columns. Counts are None until the results are merged."""

    job_key: str
    week: str
    run_id: str
    shard: int
    round: int
    endpoint: str
    model: str
    queue: str
    fingerprint: str
    dialect: str
    input_url: str
    keys_url: str
    requests: int
    bytes: int
    tokens: int
    created_at: float
    state: JobState = JobState.INTENT
    owner: str | None = None
    next_dialect: str | None = None
    unanswered_url: str | None = None
    input_file_id: str | None = None
    provider_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    provider_status: str | None = None
    refusals: int = 0
    not_before: float = 0.0
    touched_at: float = 0.0
    submitted_at: datetime | None = None
    finished_at: datetime | None = None
    completed: int | None = None
    advanced_at: float | None = None
    answered: int | None = None
    refused: int | None = None
    failed: int | None = None
    expired: int | None = None
    missing: int | None = None
    duplicates: int | None = None
    foreign_lines: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    message: str | None = None

    @property
    def open(self) -> bool:
        """Whether requests of the job may still get results."""
        return self.state in OPEN

    @property
    def input_name(self) -> str:
        """Name of the input file at the provider, by which it is recognized after a crash."""
        return f"semtel-{self.job_key}.jsonl"


_URLS = ("input_url", "keys_url", "unanswered_url")

_COLUMNS = frozenset(field.name for field in fields(BatchJob))

Admits = Callable[[BatchJob, Sequence[BatchJob], int | None], str | None]
"""(job, all jobs that are in its queue or waiting for it, learned limit) → None to submit it, or why it has to wait."""


class BatchLedger:
    """Reads and changes the batch jobs of a ledger on behalf of one process. Does not close the ledger."""

    def __init__(self, ledger: Ledger, owner: str) -> None:
        """`owner`: a name that is unique to this process."""
        self._ledger = ledger
        self._owner = owner

    @replayed
    def add(self, jobs: Sequence[BatchJob], *, known: int) -> bool:
        """Write the intents of a shard's jobs, all or none.

        `known` is the number of the shard's jobs that the caller has read. Returns False if another process has added jobs
        since: read and use those.
        """
        if not jobs:
            return True
        first = jobs[0]
        count = select(func.count()).select_from(batch_job).where(*_of_shard(first.week, first.run_id, first.shard))
        try:
            with self._ledger.write() as connection:
                if connection.execute(count).scalar_one() != known:
                    return False
                connection.execute(insert(batch_job), [_stored(asdict(job), self._ledger.lake) for job in jobs])
        except StoreError as error:
            if isinstance(error.__cause__, IntegrityError):
                return False
            raise
        return True

    @replayed
    def get(self, job_key: str) -> BatchJob:
        """Read a job.

        Raises:
            StoreError: there is no such job.
        """
        with self._ledger.read() as connection:
            row = connection.execute(select(batch_job).where(batch_job.c.job_key == job_key)).one_or_none()
        if row is None:
            raise StoreError(
                f"batch job {job_key}: is not in ledger {self._ledger.place}; list its jobs with `semtel batch list`"
            )
        return _job(row, self._ledger.lake)

    def of_shard(self, week: str, run_id: str, shard: int) -> list[BatchJob]:
        """Jobs of a shard in the order of planning, including the finished jobs of earlier landings."""
        return self._jobs(select(batch_job).where(*_of_shard(week, run_id, shard)))

    def of_run(self, week: str, run_id: str) -> list[BatchJob]:
        """Jobs of a run in the order of planning."""
        return self._jobs(select(batch_job).where(batch_job.c.week == week, batch_job.c.run_id == run_id))

    def all(self, *, open_only: bool = False) -> list[BatchJob]:
        """All jobs in the order of planning."""
        query = select(batch_job)
        return self._jobs(query.where(batch_job.c.state.in_(sorted(OPEN))) if open_only else query)

    @replayed
    def latest_ended(self, queues: Collection[str], limit: int = 50) -> list[BatchJob]:
        """Jobs of any run in these queues whose results were merged, by submission, latest first."""
        submitted_at = batch_job.c.submitted_at
        merged = (submitted_at.is_not(None), batch_job.c.finished_at.is_not(None), batch_job.c.answered.is_not(None))
        query = select(batch_job).where(*merged).order_by(submitted_at.desc()).limit(limit)
        with self._ledger.read() as connection:
            # One query per queue, which the index by queue and submission answers in order: each poll needs these jobs.
            rows = [row for queue in sorted(queues) for row in connection.execute(query.where(batch_job.c.queue == queue))]
        rows.sort(key=lambda row: row.submitted_at, reverse=True)
        return [_job(row, self._ledger.lake) for row in rows[:limit]]

    def submitted_in(self, queue: str) -> list[BatchJob]:
        """Submitted jobs of any run in a queue."""
        return self._jobs(select(batch_job).where(batch_job.c.queue == queue, batch_job.c.state == JobState.SUBMITTED))

    @replayed
    def learned_dialect(self, queue: str) -> str | None:
        """The dialect that was last learned for a queue's deployment; None if none was."""
        learned = (batch_job.c.queue == queue, batch_job.c.next_dialect.is_not(None))
        query = select(batch_job.c.next_dialect).where(*learned).order_by(batch_job.c.created_at.desc()).limit(1)
        with self._ledger.read() as connection:
            dialect: str | None = connection.execute(query).scalar_one_or_none()
        return dialect

    @replayed
    def claim(self, job: BatchJob, *, now: float) -> BatchJob:
        """Take ownership of a job and read it; the next change by its former owner fails."""
        with self._ledger.write() as connection:
            connection.execute(
                update(batch_job).where(batch_job.c.job_key == job.job_key).values(owner=self._owner, touched_at=now)
            )
        return self.get(job.job_key)

    @replayed
    def move(self, job: BatchJob, state: JobState, *, now: float, **changes: Any) -> BatchJob:
        """Change the state and columns of a job, if this process still owns it and its state is that of `job`.

        Raises:
            JobOwnershipLostError: the owner or the state is another; nothing was changed.
        """
        values = self._values(state, now, changes)
        with self._ledger.write() as connection:
            self._change(connection, job, values)
        return replace(job, **values)

    @replayed
    def note_end(self, job: BatchJob, status: str, *, now: float) -> None:
        """Record that a submitted job of any owner has ended and so left its queue; its owner collects it."""
        mine = (batch_job.c.job_key == job.job_key, batch_job.c.state == JobState.SUBMITTED)
        values = self._values(JobState.ENDED, now, {"provider_status": status})
        with self._ledger.write() as connection:
            connection.execute(update(batch_job).where(*mine).values(**values))

    @replayed
    def note_progress(self, job_key: str, completed: int | None, advanced_at: float | None) -> None:
        """Record the progress of a submitted job of any owner, without changing its state."""
        mine = (batch_job.c.job_key == job_key, batch_job.c.state == JobState.SUBMITTED)
        with self._ledger.write() as connection:
            connection.execute(update(batch_job).where(*mine).values(completed=completed, advanced_at=advanced_at))

    @replayed
    def reserve(
        self, job: BatchJob, state: JobState, *, now: float, admits: Admits, learned_since: float
    ) -> tuple[BatchJob, str | None]:
        """Change the job to `state` if `admits` lets it into its queue; otherwise record why it waits.

        Args:
            learned_since: learned limits from before this time (seconds since 1970) are ignored.

        Returns:
            The job as it is now, and the reason why it has to wait, or None.

        Raises:
            JobOwnershipLostError: another process has taken the job over.
        """
        with self._ledger.write() as connection:
            if connection.dialect.name == "postgresql":
                # Serializes tasks that check the same queue; SQLite has a single writer anyway.
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"semtel {job.queue}"})
            reason = admits(job, _queued(connection, job.queue, now), _learned(connection, job.queue, learned_since))
            values = self._values(job.state if reason else state, now, {"message": reason})
            self._change(connection, job, values)
        return replace(job, **values), reason

    @replayed
    def learn_limit(self, queue: str, tokens: int, *, now: float) -> None:
        """Record the learned limit of a queue, in tokens."""
        with self._ledger.write() as connection:
            upsert(connection, batch_queue, [{"queue": queue, "tokens": tokens, "learned_at": now}])

    @replayed
    def learned_limit(self, queue: str, *, since: float) -> int | None:
        """The learned limit of a queue in tokens; None if none was learned since that time (seconds since 1970)."""
        with self._ledger.read() as connection:
            return _learned(connection, queue, since)

    @replayed
    def held_tokens(self, queue: str, *, now: float, but: str) -> int:
        """Tokens that jobs have reserved in a queue, except the job with the key `but`."""
        with self._ledger.read() as connection:
            queued = _queued(connection, queue, now)
        return sum(job.tokens for job in queued if job.state in _RESERVED and job.job_key != but)

    @replayed
    def finish(self, keys: Collection[str], *, now: float) -> None:
        """Mark the jobs of a landed shard as done, so that another landing of the shard plans new jobs; open jobs stay open."""
        with self._ledger.write() as connection:
            connection.execute(
                update(batch_job)
                .where(batch_job.c.job_key.in_(sorted(keys)), batch_job.c.state.not_in(sorted(OPEN)))
                .values(state=JobState.DONE, touched_at=now)
            )

    def _values(self, state: JobState, now: float, changes: dict[str, Any]) -> dict[str, Any]:
        unknown = set(changes) - _COLUMNS
        if unknown:
            raise TypeError(f"batch_job has no column {', '.join(sorted(unknown))}")
        return {"state": state, "touched_at": now, **changes}

    def _change(self, connection: Connection, job: BatchJob, values: dict[str, Any]) -> None:
        mine = (batch_job.c.job_key == job.job_key, batch_job.c.owner == self._owner, batch_job.c.state == job.state)
        if connection.execute(update(batch_job).where(*mine).values(**_stored(values, self._ledger.lake))).rowcount != 1:
            raise JobOwnershipLostError(f"batch job {job.job_key}: another process has taken it over and continues it")

    @replayed
    def _jobs(self, query: Select[Any]) -> list[BatchJob]:
        with self._ledger.read() as connection:
            return [
                _job(row, self._ledger.lake)
                for row in connection.execute(query.order_by(batch_job.c.created_at, batch_job.c.job_key))
            ]


def holds_queue(job: BatchJob) -> bool:
    """Whether a job's tokens count against its queue."""
    return job.state in _RESERVED


def datetime_of(seconds: float) -> datetime:
    """Seconds since 1970 as a datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _queued(connection: Connection, queue: str, now: float) -> list[BatchJob]:
    """Jobs that are in a queue or waiting for it, oldest first; without jobs that were abandoned before submission."""
    alive = (batch_job.c.state == JobState.SUBMITTED) | (batch_job.c.touched_at >= now - _ABANDONED_S)
    query = select(batch_job).where(batch_job.c.queue == queue, batch_job.c.state.in_([*_RESERVED, *_UNSENT]), alive)
    return [_job(row, None) for row in connection.execute(query.order_by(batch_job.c.created_at, batch_job.c.job_key))]


def _learned(connection: Connection, queue: str, since: float) -> int | None:
    query = select(batch_queue.c.tokens).where(batch_queue.c.queue == queue, batch_queue.c.learned_at >= since)
    tokens = connection.execute(query).scalar_one_or_none()
    return None if tokens is None else int(tokens)


def _of_shard(week: str, run_id: str, shard: int) -> tuple[Any, ...]:
    return batch_job.c.week == week, batch_job.c.run_id == run_id, batch_job.c.shard == shard


def _job(row: Row[Any], lake: str | None) -> BatchJob:
    values = dict(row._mapping)  # noqa: SLF001 - the documented way to a mapping
    if lake is not None:
        values |= {name: decode(values[name], lake) for name in _URLS}
    return BatchJob(**{**values, "state": JobState(values["state"])})


def _stored(values: dict[str, Any], lake: str | None) -> dict[str, Any]:
    """Columns with the URLs below the lake spelled without its root, so that a copied lake keeps to its own files."""
    if lake is None:
        return values
    return {name: encode(value, lake) if name in _URLS else value for name, value in values.items()}
