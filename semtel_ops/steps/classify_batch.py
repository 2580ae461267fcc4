"""Classify shards in the batch lane: submit, poll and collect as separate steps that can be repeated, or all at once.

A small JSON state with absolute times is passed between steps: a trigger may keep it for a day, and another process may
continue from it. Progress is recorded in the ledger and the journal; `submit_shard` recreates a lost state.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, replace
from typing import NamedTuple, Self, TypeGuard, cast

from semtel_ops.batch.poller import describe_jobs, poll_due
from semtel_ops.batch.polling import Action, Decision, PollPolicy, Watch, decide_all
from semtel_ops.endpoints import Lane
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import BatchState, RoutedShard, ShardManifest
from semtel_ops.runs.resources import OpenRun, Resources, ledger_of, open_run
from semtel_ops.shards.batch import BatchShard
from semtel_ops.shards.batch_deadline import Stop, revised_stop
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobState
from semtel_ops.store.ledger import Ledger

log = logging.getLogger(__name__)

_BLOCKED_S = 30.0
"""Interval at which a job that is waiting for queue capacity retries."""


class BatchSteps:
    """The steps as coroutines over one set of resources; the functions below run one of them each.

    A run is read, and its ledger opened, when a step first needs it; both are kept until `close`, so that a poll costs one call
    for each job. After a failed poll the run is read again, since the cause may have been fixed in its files.
    """

    def __init__(self, resources: Resources | None = None) -> None:
        self._resources = resources or Resources()
        self.clock = self._resources.clock
        self._owner = secrets.token_hex(8)
        self._runs: dict[str, _Opened] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def release(self) -> None:
        """Close database connections until the next step: polls are minutes apart, and many tasks poll."""
        for opened in self._runs.values():
            opened.ledger.close()

    def close(self) -> None:
        """Close the ledgers of all runs; a later step opens them again."""
        for url in list(self._runs):
            self._forget(url)

    async def collect(self, shard: RoutedShard, deadline: float | None = None) -> BatchState | ShardManifest:
        """Take one turn of the shard: return its manifest once complete (`done`), otherwise the state to poll."""
        opened = self._opened(shard["run"])
        with BatchShard(opened.run, shard, opened.jobs, self._resources) as batch:
            stop = self._stop(opened, shard, deadline)
            manifest = await batch.turn(stop.at)
            return manifest or self._state(opened.run.plan, shard, batch.jobs(), stop)

    async def poll(self, state: BatchState) -> BatchState:
        """Poll the jobs that are due; return the new state."""
        before = watches_of(state)
        opened = self._opened(state["run"])
        with BatchShard(opened.run, state, opened.jobs, self._resources) as batch:
            watches = await poll_due(before, batch.client, self.clock, policy_of(opened.run.plan))
        for was, watch in zip(before, watches, strict=True):
            if watch.completed != was.completed:
                opened.jobs.note_progress(watch.job_key, watch.completed, watch.advanced_at)
        stop = self._stop(opened, state, state["deadline"])
        if any(watch.failures for watch in watches):
            self._forget(state["run"])
        watches = [replace(watch, deadline=stop.at) for watch in watches]
        wake_at = state["wake_at"]
        if wake_at is not None and stop.at is not None and state["waiting"]:
            wake_at = min(wake_at, stop.at)
        shown = [watch.to_json() for watch in watches]
        return {**state, "deadline": stop.at, "stopped": stop.final, "wake_at": wake_at, "watches": shown}

    async def cancel(self, shard: RoutedShard) -> BatchState:
        """Cancel all jobs of the shard at the provider."""
        opened = self._opened(shard["run"])
        with BatchShard(opened.run, shard, opened.jobs, self._resources) as batch:
            await batch.cancel()
            return self._state(opened.run.plan, shard, batch.jobs(), Stop(None, final=bool(shard.get("stopped"))))

    async def step(self, state: BatchState) -> BatchState | ShardManifest:
        """Poll and collect what is due: return the state, or the manifest.

        Raises:
            EndpointError: the shard's jobs cannot be polled.
        """
        state = await self.poll(state)
        decision = decide_state(state, self.clock.now())
        if decision.action is Action.GIVE_UP:
            raise polling_failed(state, decision)
        return await self.collect(state, state["deadline"]) if decision.action is Action.COLLECT else state

    def _stop(self, opened: "_Opened", shard: RoutedShard, stop_at: float | None) -> Stop:
        run = opened.run
        return revised_stop(run.plan, opened.ledger, run.endpoints, shard, stop_at, now=self.clock.now())

    def _opened(self, url: str) -> "_Opened":
        if url not in self._runs:
            run = open_run(url, self._resources)
            ledger = ledger_of(run.plan)
            self._runs[url] = _Opened(run, ledger, BatchLedger(ledger, self._owner))
        return self._runs[url]

    def _forget(self, url: str) -> None:
        self._runs.pop(url).ledger.close()

    def _state(self, plan: RunPlan, shard: RoutedShard, jobs: Sequence[BatchJob], stop: Stop) -> BatchState:
        now = self.clock.now()
        unsent = [job for job in jobs if job.open and job.state not in {JobState.SUBMITTED, JobState.ENDED}]
        pause = min(_BLOCKED_S, plan.config.batch.poll_max_s)
        wake = [max(job.not_before, now + pause) for job in unsent]
        if unsent and stop.at is not None:
            wake.append(stop.at)
        earlier = {(watch.job_key, watch.provider_id): watch for watch in watches_of(shard)}
        watches = [_watch(job) for job in jobs if job.open and job.provider_id]
        watches = [replace(earlier.get((watch.job_key, watch.provider_id), watch), deadline=stop.at) for watch in watches]
        return {
            **cast("BatchState", shard),
            "lane": Lane.BATCH.value,
            "done": False,
            "deadline": stop.at,
            "land_by": shard.get("land_by"),
            "stopped": stop.final,
            "policy": asdict(policy_of(plan)),
            "watches": [watch.to_json() for watch in watches],
            "waiting": len(unsent),
            "wake_at": min(wake, default=None),
        }


class PendingShards:
    """Shards with batch jobs in progress, all polled and collected by this process.

    Args:
        steps: open until all shards are complete.
        failed: receives each shard whose jobs cannot be submitted or polled; it is dropped from the pending shards. Without
            `failed`, the error is raised.
    """

    def __init__(self, steps: BatchSteps, failed: Callable[[RoutedShard, EndpointError], None] | None = None) -> None:
        self._steps = steps
        self._failed = failed
        self._submitted = 0
        self._pending: dict[int, BatchState] = {}
        self._landed: dict[int, ShardManifest] = {}

    def submit(self, shard: RoutedShard, deadline: float | None = None) -> None:
        """Submit the requests of a prepared shard, or resume with its submitted jobs; `deadline` as of `submit_shard`."""
        self._submitted += 1
        self._take(self._submitted, shard, self._steps.collect(shard, deadline))

    def poll(self) -> None:
        """Poll and collect what is due now; returns at once if nothing is."""
        now = self._steps.clock.now()
        for position, state in list(self._pending.items()):
            if decide_state(state, now).action is not Action.WAIT:
                self._take(position, state, self._steps.step(state))

    def wait(self) -> list[ShardManifest]:
        """Poll until no shard is pending; manifests of the complete shards, in the order of submission."""
        clock = self._steps.clock
        while self._pending:
            at = min(decide_state(state, clock.now()).at for state in self._pending.values())
            asyncio.run(clock.sleep(max(0.05, at - clock.now())))
            self.poll()
        return [self._landed[position] for position in sorted(self._landed)]

    def _take(self, position: int, shard: RoutedShard, turn: Coroutine[None, None, BatchState | ShardManifest]) -> None:
        self._pending.pop(position, None)
        try:
            state = asyncio.run(turn)
        except EndpointError as error:
            if self._failed is None:
                raise
            self._failed(shard, error)
            return
        if has_landed(state):
            self._landed[position] = state
        else:
            self._pending[position] = cast("BatchState", state)


def submit_shard(
    shard: RoutedShard, *, deadline: float | None = None, resources: Resources | None = None
) -> BatchState | ShardManifest:
    """Submit the requests of a prepared shard, or resume with submitted jobs; stored replies are reused.

    Args:
        deadline: wall-clock seconds since 1970 at which its jobs are to be cancelled. A shard that `route_shards` sent here
            (`land_by`) is checked at every poll, see `routing.lateness`.

    Returns:
        The state to poll; or, with `done`, the manifest as of `classify_shard` if no requests remain.
    """
    with BatchSteps(resources) as steps:
        return asyncio.run(steps.collect(shard, deadline))


def collect_shard(state: BatchState, *, resources: Resources | None = None) -> BatchState | ShardManifest:
    """Merge ended jobs and submit planned ones; return the manifest with `done`, or the state to poll."""
    with BatchSteps(resources) as steps:
        return asyncio.run(steps.collect(state, state.get("deadline")))


def cancel_shard(shard: RoutedShard, *, resources: Resources | None = None) -> BatchState:
    """Cancel a shard's jobs; `collect_shard` then keeps finished requests and records the others as `expired`."""
    with BatchSteps(resources) as steps:
        return asyncio.run(steps.cancel(shard))


def classify_shards(
    shards: Sequence[RoutedShard], *, deadline: float | None = None, resources: Resources | None = None
) -> list[ShardManifest]:
    """Process all shards from submission to rows; manifests as of `classify_shard`. Resumes after an interruption."""
    with BatchSteps(resources) as steps:
        pending = PendingShards(steps)
        for shard in shards:
            pending.submit(shard, deadline)
        return pending.wait()


def watches_of(state: RoutedShard) -> list[Watch]:
    return [Watch.from_json(watch) for watch in cast("BatchState", state).get("watches", ())]


def decide_state(state: BatchState, now: float) -> Decision:
    """The next action for a shard, from its state alone."""
    return decide_all(watches_of(state), now, PollPolicy(**state["policy"]), wake_at=state["wake_at"])


def describe_state(state: BatchState, now: float) -> str:
    """One line of text about the state of a shard's jobs."""
    return describe_jobs(watches_of(state), now, PollPolicy(**state["policy"]), waiting=state["waiting"])


def polling_failed(state: BatchState, decision: Decision) -> EndpointError:
    """The error raised when a shard's jobs cannot be polled."""
    return EndpointError(
        f"shard {state['shard']}: its batch jobs cannot be polled: {decision.reason}. They may still run and be billed: "
        "fix the cause and run the step again to resume, or cancel them with `semtel batch cancel`",
        kind=EndpointErrorKind.CONNECTION,
    )


def policy_of(plan: RunPlan) -> PollPolicy:
    config = plan.config.batch
    return PollPolicy(min_s=config.poll_min_s, max_s=config.poll_max_s)


class _Opened(NamedTuple):
    """A run with the ledger that stores its jobs."""

    run: OpenRun
    ledger: Ledger
    jobs: BatchLedger


def has_landed(state: BatchState | ShardManifest) -> TypeGuard[ShardManifest]:
    """Whether this is the manifest of a complete shard."""
    return bool(state.get("done"))


def _watch(job: BatchJob) -> Watch:
    assert job.provider_id is not None
    submitted = job.submitted_at.timestamp() if job.submitted_at else job.created_at
    return Watch(job.job_key, job.provider_id, job.endpoint, submitted, completed=job.completed, advanced_at=job.advanced_at)
