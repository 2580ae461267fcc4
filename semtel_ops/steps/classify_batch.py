"""Classify shards in the batch lane: submit, look, collect, each a step that may be taken twice; or all of it in one go.

Between steps travels a small state, absolute in time and JSON throughout: a trigger may hold it for a day and another process
take it up. What counts is in the ledger and the journal; a lost state is made again by `submit_shard`.
"""

import asyncio
import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from semtel_ops.batch.poller import describe_jobs, look_at
from semtel_ops.batch.polling import Action, Decision, PollPolicy, Watch, decide_all
from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import Resources, classifiers_of, endpoints_of, ledger_of
from semtel_ops.shards.batch import BatchShard, Clients
from semtel_ops.shards.batch_deadline import Stop, revised_stop
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobState
from semtel_ops.store.ledger import Ledger

log = logging.getLogger(__name__)

_BLOCKED_S = 30.0
"""How often a job that waits for others to end tries for its place."""


class BatchSteps:
    """The steps as coroutines over one set of resources; the functions below run one of them each."""

    def __init__(self, resources: Resources | None = None) -> None:
        resources = resources or Resources()
        self._resolve = resources.resolve_connection
        self._progress = resources.progress
        self._clients = Clients(resources.make_batch_client, resources.make_chat_client)
        self._clock = resources.clock
        self._owner = secrets.token_hex(8)

    async def collect(self, shard: dict[str, Any], deadline: float | None = None) -> dict[str, Any]:
        """A turn of the shard: its manifest once it has landed (`done`), otherwise the state to watch."""
        with self._opened(shard) as opened:
            stop = self._stop(opened, shard, deadline)
            manifest = await opened.batch.turn(stop.at)
            return manifest or self._state({**shard, "stopped": stop.final}, opened.batch.jobs(), stop.at)

    async def poll(self, state: dict[str, Any]) -> dict[str, Any]:
        """The state after every look that is due."""
        if state["done"]:
            return state
        before = watches_of(state)
        with self._opened(state) as opened:
            watches = await look_at(before, opened.batch.client, self._clock, policy_of(opened.plan))
            for was, watch in zip(before, watches, strict=True):
                if watch.completed != was.completed:
                    opened.jobs.note_progress(watch.job_key, watch.completed, watch.advanced_at)
            stop = self._stop(opened, state, state["deadline"])
        watches = [replace(watch, deadline=stop.at) for watch in watches]
        wake_at = state["wake_at"] if stop.at is None or not state["waiting"] else min(state["wake_at"], stop.at)
        shown = [watch.to_json() for watch in watches]
        return {**state, "deadline": stop.at, "stopped": stop.final, "wake_at": wake_at, "watches": shown}

    async def cancel(self, shard: dict[str, Any]) -> dict[str, Any]:
        with self._opened(shard) as opened:
            await opened.batch.cancel()
            return self._state(shard, opened.batch.jobs(), None)

    async def run(self, shards: Sequence[dict[str, Any]], deadline: float | None = None) -> list[dict[str, Any]]:
        """Take all shards to their rows: submit all, then look and collect until every one has landed."""
        states = [await self.collect(shard, deadline) for shard in shards]
        while not all(state["done"] for state in states):
            await self._sleep_until(min(decide_state(state, self._clock.now()).at for state in states if not state["done"]))
            states = [await self.step(state) for state in states]
        return states

    async def step(self, state: dict[str, Any]) -> dict[str, Any]:
        """Look and collect as far as it is due: the state, or the manifest.

        Raises:
            EndpointError: the shard's jobs cannot be watched.
        """
        state = await self.poll(state)
        if state["done"]:
            return state
        decision = decide_state(state, self._clock.now())
        if decision.action is Action.GIVE_UP:
            raise polling_failed(state, decision)
        return await self.collect(state, state["deadline"]) if decision.action is Action.COLLECT else state

    async def _sleep_until(self, at: float) -> None:
        await self._clock.sleep(max(0.05, at - self._clock.now()))

    def _stop(self, opened: "_Opened", shard: dict[str, Any], stop_at: float | None) -> Stop:
        return revised_stop(opened.plan, opened.ledger, opened.endpoints, shard, stop_at, now=self._clock.now())

    @contextmanager
    def _opened(self, shard: dict[str, Any]) -> Iterator["_Opened"]:
        plan = RunPlan.load(shard["run"])
        endpoints = endpoints_of(plan, self._resolve)
        specs = classifiers_of(plan)
        with ExitStack() as stack:
            ledger = stack.enter_context(ledger_of(plan))
            jobs = BatchLedger(ledger, self._owner)
            batch = BatchShard(
                plan, shard, specs, endpoints, jobs, clients=self._clients, progress=self._progress, clock=self._clock
            )
            yield _Opened(plan, endpoints, ledger, jobs, stack.enter_context(batch))

    def _state(self, shard: dict[str, Any], jobs: Sequence[BatchJob], deadline: float | None) -> dict[str, Any]:
        now = self._clock.now()
        plan = RunPlan.load(shard["run"])
        unsent = [job for job in jobs if job.open and job.state not in {JobState.SUBMITTED, JobState.ENDED}]
        pause = min(_BLOCKED_S, plan.config.batch.poll_max_s)
        wake = [max(job.not_before, now + pause) for job in unsent]
        if unsent and deadline is not None:
            wake.append(deadline)
        earlier = {(watch.job_key, watch.provider_id): watch for watch in watches_of(shard)}
        watches = [_watch(job) for job in jobs if job.open and job.provider_id]
        watches = [replace(earlier.get((one.job_key, one.provider_id), one), deadline=deadline) for one in watches]
        return {
            **shard,
            "lane": Lane.BATCH.value,
            "done": False,
            "deadline": deadline,
            "land_by": shard.get("land_by"),
            "stopped": shard.get("stopped", False),
            "policy": asdict(policy_of(plan)),
            "watches": [watch.to_json() for watch in watches],
            "waiting": len(unsent),
            "wake_at": min(wake, default=None),
        }


def submit_shard(shard: dict[str, Any], *, deadline: float | None = None, resources: Resources | None = None) -> dict[str, Any]:
    """Submit what a prepared shard has to ask, or go on with what was submitted; ask nothing that is known.

    Args:
        deadline: wall-clock seconds since 1970 at which its jobs are to be cancelled. A shard that `choose_lanes` sent here
            (`land_by`) is judged anew at every look, as `routing.lateness` says.

    Returns:
        The state to watch; or, with `done`, the manifest of `classify_shard` where nothing was left to ask.
    """
    return asyncio.run(BatchSteps(resources).collect(shard, deadline))


def poll_shard(state: dict[str, Any], *, resources: Resources | None = None) -> dict[str, Any]:
    """Look at a shard's jobs as far as a look is due; `decide_state` says what to do next."""
    return asyncio.run(BatchSteps(resources).poll(state))


def collect_shard(state: dict[str, Any], *, resources: Resources | None = None) -> dict[str, Any]:
    """Merge what has ended and submit what may be; the manifest with `done`, or the state to watch on."""
    return asyncio.run(BatchSteps(resources).collect(state, state.get("deadline")))


def cancel_shard(shard: dict[str, Any], *, resources: Resources | None = None) -> dict[str, Any]:
    """Stop a shard's jobs; `collect_shard` keeps what they finished, the rest lands as `expired`."""
    return asyncio.run(BatchSteps(resources).cancel(shard))


def classify_shards(
    shards: Sequence[dict[str, Any]], *, deadline: float | None = None, resources: Resources | None = None
) -> list[dict[str, Any]]:
    """All shards from submission to rows, in this process; manifests as of `classify_shard`. Killed, it goes on."""
    return asyncio.run(BatchSteps(resources).run(shards, deadline))


def watches_of(state: dict[str, Any]) -> list[Watch]:
    return [Watch.from_json(watch) for watch in state.get("watches", ())]


def decide_state(state: dict[str, Any], now: float) -> Decision:
    """What to do about a shard now, from its state alone: pure."""
    return decide_all(watches_of(state), now, PollPolicy(**state["policy"]), wake_at=state["wake_at"])


def describe_state(state: dict[str, Any], now: float) -> str:
    """How a shard's jobs stand, in a line for people."""
    return describe_jobs(watches_of(state), now, PollPolicy(**state["policy"]), waiting=state["waiting"])


def polling_failed(state: dict[str, Any], decision: Decision) -> EndpointError:
    """The error that ends the watch over a shard."""
    return EndpointError(
        f"shard {state['shard']}: its batch jobs cannot be watched: {decision.reason}. They may still run and be billed: "
        "put right what is wrong and run the step again, which goes on with them; `semtel batch cancel` stops them",
        kind=EndpointErrorKind.CONNECTION,
    )


def policy_of(plan: RunPlan) -> PollPolicy:
    config = plan.config.batch
    return PollPolicy(min_s=config.poll_min_s, max_s=config.poll_max_s)


class _Opened(NamedTuple):
    """A shard's run with what its steps talk to."""

    plan: RunPlan
    endpoints: Sequence[Endpoint]
    ledger: Ledger
    jobs: BatchLedger
    batch: BatchShard


def _watch(job: BatchJob) -> Watch:
    assert job.provider_id is not None
    submitted = job.submitted_at.timestamp() if job.submitted_at else job.created_at
    return Watch(job.job_key, job.provider_id, job.endpoint, submitted, completed=job.completed, advanced_at=job.advanced_at)
