"""One shard in the batch lane: collects the results of its jobs, then submits the next jobs or writes its rows.

A turn collects ended jobs, submits planned ones, plans the next round when no job is open, and writes the shard's rows when no
request remains. A turn can be interrupted at any point and repeated: progress is recorded in ledger and journal.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Self

from semtel_ops.batch.collection import Collector
from semtel_ops.batch.job_file import (
    JobFile,
    Target,
    read_keys,
    write_job_files,
)
from semtel_ops.batch.queue import is_token_limit
from semtel_ops.batch.results import CANCELLED, UNUSABLE_ENDPOINT
from semtel_ops.batch.retry import BatchRetry
from semtel_ops.batch.submission import SubmitPolicy, Submitter
from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.endpoints.batch_client import BatchClient, RemoteJob, RemoteStatus
from semtel_ops.endpoints.model import Price
from semtel_ops.errors import ConfigError, EndpointError, ResultsLostError
from semtel_ops.humanize import count, tally
from semtel_ops.packing import RequestPlan
from semtel_ops.realtime import Budget
from semtel_ops.runs.budget import part_of_budget
from semtel_ops.runs.refs import ShardManifest, ShardRef
from semtel_ops.runs.resources import OpenRun, Resources
from semtel_ops.shards.batch_costs import lost_usd, most_lost_usd
from semtel_ops.shards.batch_plan import batch_targets, planned_job
from semtel_ops.shards.batch_rejections import (
    TOO_BIG,
    left_by,
    no_endpoint_left,
    reasons_of,
    rejected_again,
    same_failures,
    unanswered_reason,
)
from semtel_ops.shards.batch_rounds import Rounds
from semtel_ops.shards.realtime import RealtimeLane, Spent, endpoints_offering
from semtel_ops.shards.refusal_log import RefusalLog
from semtel_ops.shards.rows import ShardRows
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobState
from semtel_ops.store.files import exists, remove

log = logging.getLogger(__name__)


class BatchShard:
    """A shard's turn. Use it as a context manager: it opens a client for each endpoint it needs."""

    def __init__(self, run: OpenRun, shard: ShardRef, ledger: BatchLedger, resources: Resources) -> None:
        self.number: int = shard["shard"]
        self._plan = run.plan
        self._run = run
        self._ref = shard
        self._endpoints = {endpoint.name: endpoint for endpoint in endpoints_offering(run.plan, run.endpoints, Lane.BATCH)}
        self._ledger = ledger
        self._resources = resources
        self._progress = resources.progress
        self._clock = resources.clock
        self._stack = ExitStack()
        self._open: dict[str, BatchClient] = {}
        self._last_rows: ShardRows | None = None
        self._paid = Spent()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def jobs(self) -> list[BatchJob]:
        """Jobs since the shard last landed."""
        return [job for job in self._all_jobs() if job.state is not JobState.DONE]

    def client(self, name: str) -> BatchClient:
        """The client of an endpoint, by name.

        Raises:
            ConfigError: endpoints.yaml does not name it any more, so its jobs cannot be reached.
        """
        if name not in self._endpoints:
            known = ", ".join(sorted(self._endpoints))
            fix = f"has batch jobs in progress but is not a batch endpoint ({known}); restore it until they are collected"
            raise ConfigError(self._plan.endpoints, name, fix)
        if name not in self._open:
            self._open[name] = self._resources.make_batch_client(self._endpoints[name])
            self._stack.callback(self._open[name].close)
        return self._open[name]

    async def turn(self, deadline: float | None = None) -> ShardManifest | None:
        """Advance as far as possible now; return the shard's manifest once it is complete, else None.

        After the deadline all jobs are cancelled and no further round is started.
        """
        while True:
            late = deadline is not None and self._clock.now() >= deadline
            if late:
                await self.cancel()
            await self._advance_all()
            if any(job.open for job in self.jobs()):
                return None
            if not await self._plan_round(last=late):
                return self._land()

    async def cancel(self) -> None:
        """Cancel submitted jobs and withdraw the others; `turn` still collects finished requests."""
        for job in self.jobs():
            if job.open and job.state is not JobState.ENDED:
                await self._cancel(job)

    async def _cancel(self, job: BatchJob) -> None:
        if job.state is not JobState.SUBMITTED:
            job = await self._submitter(job).withdraw(job)
        if job.state is JobState.SUBMITTED:
            client, provider_id = self.client(job.endpoint), job.provider_id or ""
            await BatchRetry(self._clock).call(lambda: client.cancel(provider_id))
        else:
            collector = self._collector(job)
            await collector.clean_up(collector.give_up(job, JobState.DROPPED, CANCELLED, "cancelled before it was submitted"))

    async def _advance_all(self) -> None:
        """Advance every job; one whose results are lost does not keep the others from being collected."""
        lost: list[ResultsLostError] = []
        for job in self.jobs():
            try:
                await self._advance(job)
            except ResultsLostError as error:
                lost.append(error)
        if lost:
            raise lost[0]

    async def _advance(self, job: BatchJob) -> None:
        """Advance one job as far as possible now."""
        if job.state in {JobState.SUBMITTED, JobState.ENDED}:
            await self._look(job)
        elif job.open:
            await self._submit(job)
        elif job.input_file_id or job.output_file_id or job.error_file_id:
            # An earlier clean-up was interrupted.
            await self._collector(job).clean_up(self._ledger.claim(job, now=self._clock.now()))

    async def _submit(self, job: BatchJob) -> None:
        try:
            job = await self._submitter(job).advance(job)
        except EndpointError as error:
            others = set(self._endpoints) - {job.endpoint} - self._rounds().left
            if not error.unusable or not others:
                raise
            # Nothing was created: another endpoint gets the requests.
            job = await self._submitter(job).withdraw(self._ledger.get(job.job_key))
            if job.state is JobState.SUBMITTED:
                return
            log.warning("batch job %s is taken back: %s", job.job_key, error)
            job = self._collector(job).give_up(job, JobState.FAILED, UNUSABLE_ENDPOINT, str(error))
        if job.state in {JobState.SPLIT, JobState.FAILED}:
            await self._collector(job).clean_up(job)

    async def _look(self, job: BatchJob) -> None:
        client, provider_id = self.client(job.endpoint), job.provider_id or ""
        remote = await BatchRetry(self._clock).call(lambda: client.retrieve(provider_id))
        if not remote.status.ended:
            return
        job = self._ledger.claim(job, now=self._clock.now())
        has_results = remote.output_file_id or remote.error_file_id or remote.processed
        if remote.status is RemoteStatus.FAILED and not has_results:
            await self._not_taken(job, remote)
        else:
            job = self._ledger.move(job, JobState.ENDED, now=self._clock.now(), provider_status=remote.status.value)
            await self._collector(job).collect(job, remote, repeated=self._repeats(job))

    def _repeats(self, job: BatchJob) -> bool:
        """Whether all requests of a job were in an earlier one, and its endpoint has answered others of this shard."""
        earlier = [other for other in self.jobs() if other.round < job.round]
        proven = any(other.answered for other in earlier if other.endpoint == job.endpoint)
        return proven and read_keys(job.keys_url).keys() <= Rounds.after(earlier, 1).reasons.keys()

    async def _not_taken(self, job: BatchJob, remote: RemoteJob) -> None:
        """Handle a job that failed validation: no request was processed or billed."""
        codes = {fault.code for fault in remote.faults}
        collector = self._collector(job)
        if any(is_token_limit(fault.code, fault.message) for fault in remote.faults):
            job = await self._submitter(job).refused_later(job, remote)
        elif codes & TOO_BIG and job.requests > 1:
            message = f"{job.endpoint} accepts only smaller files: {', '.join(sorted(codes))}"
            job = self._ledger.move(job, JobState.SPLIT, now=self._clock.now(), message=message)
        else:
            job = collector.give_up(job, JobState.FAILED, unanswered_reason(remote), reasons_of(remote))
        if job.state is not JobState.WAITING:
            await collector.clean_up(job)
        if job.state is JobState.FAILED:
            log.warning("batch job %s (%s) was rejected: %s", job.job_key, remote.id, job.message)
            if failures := same_failures(job, self.jobs()):
                self._begin_anew(failures)
                raise rejected_again(job)

    def _rounds(self) -> Rounds:
        return Rounds.after(self.jobs(), self._plan.config.batch.max_rounds)

    def _usable(self, rounds: Rounds) -> list[Target]:
        """Targets of the next round, without endpoints that refused a job for our key, account or deployment.

        Raises:
            EndpointError: no endpoint is left.
        """
        targets = [target for target in self._targets(rounds) if target.endpoint.name not in rounds.left]
        if targets:
            return targets
        jobs = left_by(self.jobs(), rounds.left)
        self._begin_anew(jobs)
        raise no_endpoint_left(jobs)

    def _targets(self, rounds: Rounds) -> list[Target]:
        return batch_targets(
            list(self._endpoints.values()), self._ledger, self.jobs(),
            shard=self.number, number=rounds.next, now=self._clock.now(),
        )  # fmt: skip

    def _begin_anew(self, jobs: Sequence[BatchJob]) -> None:
        """Close jobs that came to nothing: the next attempt, after the cause was corrected, plans their requests again."""
        self._ledger.finish([job.job_key for job in jobs], now=self._clock.now())

    async def _plan_round(self, *, last: bool) -> bool:
        """Record the jobs of the next round; False if no requests remain for the batch lane, or this was the last round."""
        now = self._clock.now()
        rows = self._rows = self._new_rows()
        # Counted before planning, so that `add` fails if another process plans the same shard meanwhile.
        known = len(self._all_jobs())
        budget = self._budget(rows)
        rounds = self._rounds()
        targets = self._targets(rounds) if last else self._usable(rounds)
        follow_ups: list[RequestPlan] = []
        # A budget is enforced by what goes into jobs, so with a budget no follow-up is sent in realtime.
        chat = [endpoint for endpoint in self._run.endpoints if Lane.REALTIME in endpoint.lanes and budget is None]
        beyond: list[float] = []
        models = sorted({endpoint.asked for endpoint in self._endpoints.values()}, key=repr)

        def remaining() -> Iterator[RequestPlan]:
            for first in rows.to_ask():
                waiting = [first]
                while waiting:
                    plan = waiting.pop()
                    if plan.depth and chat:
                        follow_ups.append(plan)
                    elif not last and rounds.again(plan, models):
                        ceiling = 0.0 if budget is None else budget.ceiling_usd(plan.request)
                        if budget is None or budget.reserve(ceiling):
                            yield plan
                        else:
                            beyond.append(ceiling)
                    else:
                        outcome = rounds.unanswered(plan, list(self._endpoints.values()), run_id=self._plan.run_id, now=now)
                        waiting += rows.land(plan, outcome, keep=False)

        folder = self._plan.folder.batches(self.number)
        files = write_job_files(remaining(), targets, folder)
        if follow_ups:
            await self._ask_now(follow_ups, rows, chat)
        if beyond and budget is not None:
            if not files:
                raise budget.exceeded_by(min(beyond))
            log.info("shard %d: the budget covers these jobs; %s deferred", self.number, count(len(beyond), "request"))
        self._intend(files, rounds.next, now, known)
        return bool(files)

    async def _ask_now(self, plans: Sequence[RequestPlan], rows: ShardRows, endpoints: Sequence[Endpoint]) -> None:
        """Send follow-ups in realtime: they are few, so the discount is not worth another day in a batch."""
        async with RealtimeLane.open(self._plan, rows, endpoints, self._resources) as lane:
            try:
                await lane.ask(iter(plans))
            finally:
                rows.journal.flush()
                self._paid += lane.spent

    def _budget(self, rows: ShardRows) -> Budget | None:
        """Remaining budget for the shard's next jobs; no job is in progress when they are planned."""
        limit = part_of_budget(self._plan, self._ref)
        if limit is None:
            return None
        lost = most_lost_usd(self._all_jobs(), self._prices, rows.max_output_tokens)
        spent = rows.journal.cost_of(self._plan.run_id) + lost
        return Budget(limit, tuple(self._endpoints.values()), spent, lane=Lane.BATCH)

    def _all_jobs(self) -> list[BatchJob]:
        return self._ledger.of_shard(self._plan.week, self._plan.run_id, self.number)

    @property
    def _prices(self) -> dict[str, Price]:
        return {name: endpoint.price for name, endpoint in self._endpoints.items() if endpoint.price is not None}

    def _intend(self, files: Sequence[JobFile], number: int, now: float, known: int) -> None:
        """Record the planned jobs; if another process was first, its jobs are used instead."""
        jobs = [
            planned_job(self._plan, self.number, file, at=known + at, number=number, now=now) for at, file in enumerate(files)
        ]
        if self._ledger.add(jobs, known=known):
            for job in jobs:
                log.info(
                    "batch job %s planned: %s to %s, round %d",
                    job.job_key,
                    count(job.requests, "request"),
                    job.endpoint,
                    number,
                )
            return
        log.warning("shard %d was planned by another process at the same time; using its jobs", self.number)
        for file in files:
            remove(file.url)
            remove(file.keys_url)

    def _land(self) -> ShardManifest:
        """Write the complete rows and mark the jobs as finished."""
        started = self._clock.monotonic()
        jobs, rows = self.jobs(), self._rows
        _give_back()
        landed = rows.write(lost_usd(self._all_jobs(), self._prices))
        _give_back()
        rows.journal.compact()
        self._last_rows = None
        _give_back()
        self._ledger.finish([job.job_key for job in jobs], now=self._clock.now())
        self._sweep()
        self._progress.finish()
        began = min((job.created_at for job in jobs), default=self._clock.now())
        costs = [job.cost_usd for job in jobs if job.state is not JobState.SPLIT]
        by_status, reused = rows.by_status(), rows.reused()
        manifest: ShardManifest = {
            "run": self._ref["run"],
            "shard": self.number,
            "conversations": self._ref["conversations"],
            "lane": Lane.BATCH.value,
            "done": True,
            "landed": landed,
            "rows": rows.expected,
            "by_status": by_status,
            "requests": self._paid.requests + sum((job.answered or 0) + (job.refused or 0) + (job.failed or 0) for job in jobs),
            "reused": reused,
            "cost_usd": None if None in costs else self._paid.cost_usd + sum(cost or 0.0 for cost in costs),
            "paid_usd": rows.paid_usd(),
            "input_tokens": self._paid.input_tokens + sum(job.input_tokens or 0 for job in jobs),
            "output_tokens": self._paid.output_tokens + sum(job.output_tokens or 0 for job in jobs),
            "jobs": len(jobs),
            "seconds": round(self._clock.now() - began + self._clock.monotonic() - started, 3),
        }
        log.info(
            "shard %d: %s landed (%s) from %s; %s reused", self.number, count(rows.expected, "row"),
            tally(dict(sorted(by_status.items()))), count(len(jobs), "batch job"), count(reused, "row"),
        )  # fmt: skip
        return rows.mark_estimates(manifest)

    def _sweep(self) -> None:
        """Remove files of abandoned plans, since input files contain conversation text."""
        folder = self._plan.folder.batches(self.number)
        if exists(folder):
            remove(folder)

    @property
    def _rows(self) -> ShardRows:
        if self._last_rows is None:
            self._last_rows = self._new_rows()
        return self._last_rows

    @_rows.setter
    def _rows(self, rows: ShardRows) -> None:
        self._last_rows = rows

    def _new_rows(self) -> ShardRows:
        if self._last_rows is not None:
            self._last_rows.journal.flush()
            self._last_rows = None  # two journals of a shard at once would be a peak of memory for nothing
        self._progress.start(f"shard {self.number}", self._ref["conversations"] * len(self._run.specs))
        return ShardRows(self._plan, self._ref, self._run.specs, self._run.models, self._progress, self._clock)

    def _submitter(self, job: BatchJob) -> Submitter:
        config = self._plan.config.batch
        policy = SubmitPolicy(backoff_s=config.backoff_s, settle_s=config.settle_s)
        return Submitter(self.client(job.endpoint), self._ledger, clock=self._clock, policy=policy)

    def _collector(self, job: BatchJob) -> Collector:
        settle_s = self._plan.config.batch.settle_s
        client, journal, failed = self.client(job.endpoint), self._rows.journal, partial(self._failed, job.endpoint)
        return Collector(client, self._ledger, journal, clock=self._clock, settle_s=settle_s, failed=failed)

    def _failed(self, endpoint: str, errors: Sequence[tuple[EndpointError, int]]) -> None:
        refusals = RefusalLog(self._plan.folder.refusals(self.number), self.number, self._clock)
        for error, times in errors:
            refusals.add(endpoint, error, None, times=times)
        refusals.save()


def _give_back() -> None:
    """Return Arrow's pooled memory to the system, since the next shard may be hours away."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
