"""A shard in a lane that answers at once, realtime or flex: the assembly of clients and limits, and the shard on top of it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Self

from semtel_ops.concurrency import Ceilings, EndpointLimiter
from semtel_ops.endpoints import ChatClient, Endpoint, Lane
from semtel_ops.endpoints.flex import lane_client
from semtel_ops.errors import ConfigError, EndpointError
from semtel_ops.humanize import count, money, tally
from semtel_ops.packing import RequestPlan
from semtel_ops.realtime import Budget, LimitedClient, Patience, RealtimeEngine, RequestResult, RetryPolicy
from semtel_ops.runs.budget import part_of_budget
from semtel_ops.runs.deadline import due_at
from semtel_ops.runs.metrics import ShardMeter
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import ShardForecast, ShardManifest, ShardRef
from semtel_ops.runs.resources import OpenRun, Resources
from semtel_ops.shards.batch_deadline import note_pace
from semtel_ops.shards.followups import UNUSABLE_OUTCOME
from semtel_ops.shards.forecast import Forecaster
from semtel_ops.shards.label_row import is_final, outcome_of
from semtel_ops.shards.ledger_shares import share_keepers
from semtel_ops.shards.limit_news import LimitNews
from semtel_ops.shards.limits_document import answered_s_ago, write_limits
from semtel_ops.shards.outage_monitor import OutageMonitor
from semtel_ops.shards.refusal_log import RefusalLog
from semtel_ops.shards.rows import ShardRows
from semtel_ops.store.journal_outcome import RequestOutcome
from semtel_ops.tokens import TiktokenCounter

log = logging.getLogger(__name__)

_LOOK_S = 0.1


@dataclass(slots=True)
class Spent:
    """Totals of calls; unknown costs count as zero."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __iadd__(self, other: "Spent") -> Self:
        self.requests += other.requests
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cost_usd += other.cost_usd
        return self


class RealtimeLane:
    """Asks requests of one shard at its endpoints, under limits shared with other tasks, and lands the answers in its rows.

    Attributes:
        limiters: one for each endpoint, in their order.
        refusals: of the shard, those of earlier tasks included; saved when the lane is closed.
        spent: totals of all calls so far, including failed ones.
    """

    def __init__(
        self,
        plan: RunPlan,
        rows: ShardRows,
        clients: Sequence[ChatClient],
        resources: Resources,
        *,
        budget: Budget | None = None,
    ) -> None:
        config, clock = plan.config.realtime, resources.clock
        self._run_id = plan.run_id
        self._rows = rows
        self._clock = clock
        self.limiters = [_limiter(client.endpoint, plan, resources) for client in clients]
        self.refusals = RefusalLog(plan.folder.refusals(rows.number), rows.number, clock)
        self._engine = RealtimeEngine(
            [LimitedClient(client, limiter) for client, limiter in zip(clients, self.limiters, strict=True)],
            retry=RetryPolicy(max_attempts=config.max_attempts, deadline_s=config.deadline_s),
            timeout_s=config.timeout_s,
            patience=Patience(give_up_s=config.give_up_s, outage_s=config.outage_s),
            answered_s_ago=answered_s_ago(plan, rows.number, clock.now()),
            budget=budget,
            clock=clock,
            refused=self._refused,
        )
        self.spent = Spent()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        plan: RunPlan,
        rows: ShardRows,
        endpoints: Sequence[Endpoint],
        resources: Resources,
        *,
        tier: Lane = Lane.REALTIME,
        budget: Budget | None = None,
    ) -> AsyncIterator["RealtimeLane"]:
        """Open a lane with its own clients; while it is open, it shares limits with other tasks."""
        async with AsyncExitStack() as stack:
            clients = []
            for endpoint in endpoints:
                client = lane_client(resources.make_chat_client, endpoint, tier, resources.clock)
                stack.push_async_callback(client.aclose)
                clients.append(client)
            lane = cls(plan, rows, clients, resources, budget=budget)
            keepers = stack.enter_context(share_keepers(plan, rows.number, lane.limiters, resources.clock))
            sharing = [asyncio.create_task(keeper.run()) for keeper in keepers]
            try:
                yield lane
            finally:
                for task in sharing:
                    task.cancel()
                lane.refusals.save()
                await asyncio.gather(*sharing, return_exceptions=True)

    async def ask(self, plans: Iterator[RequestPlan]) -> None:
        """Send all requests and their follow-ups; raises as `RealtimeEngine.run`. Does not flush the journal."""
        await self._engine.run(plans, self._land)

    def _refused(self, plan: RequestPlan, endpoint: Endpoint, error: EndpointError) -> None:
        self.refusals.add(endpoint.name, error, plan.members[0].conversation.conversation_id)

    def _land(self, result: RequestResult) -> Sequence[RequestPlan]:
        outcome = self._outcome(result)
        self.spent.requests += result.attempts
        self.spent.input_tokens += outcome.input_tokens
        self.spent.output_tokens += outcome.output_tokens
        self.spent.cost_usd += outcome.cost_usd or 0.0
        return self._rows.land(result.plan, outcome, keep=outcome.error != UNUSABLE_OUTCOME and is_final(result))

    def _outcome(self, result: RequestResult) -> RequestOutcome:
        """The outcome of a result; an unusable one where the reply makes our own code fail, so that one reply ends no run."""
        now = self._clock.now()
        try:
            outcome = outcome_of(result, run_id=self._run_id, now=now)
            outcome.check()
        except (ArithmeticError, ValueError, TypeError) as error:
            name, identity = type(error).__name__, result.plan.identity(result.endpoint.asked)
            log.error("a reply of endpoint %s cannot be stored: %s; its rows get the status error", result.endpoint.name, name)  # noqa: TRY400 - a traceback may contain text of the conversation
            return RequestOutcome.of(
                identity, result.endpoint, UNUSABLE_OUTCOME, lane=Lane.REALTIME, run_id=self._run_id,
                attempts=result.attempts, now=now,
            )  # fmt: skip
        return outcome


def _limiter(endpoint: Endpoint, plan: RunPlan, resources: Resources) -> EndpointLimiter:
    """A limiter with the ceilings of endpoints.yaml or else of pipeline.yaml."""
    ceilings = Ceilings(
        max_concurrency=endpoint.limits.max_concurrency or plan.config.realtime.max_concurrency,
        requests_per_minute=endpoint.limits.rpm,
        tokens_per_minute=endpoint.limits.tpm,
    )
    return EndpointLimiter(endpoint.name, resources.clock, ceilings=ceilings)


class RealtimeShard:
    """One attempt at one shard in the realtime or flex lane."""

    def __init__(
        self,
        run: OpenRun,
        shard: ShardRef,
        tier: Lane,
        resources: Resources,
        *,
        budget_usd: float | None = None,
    ) -> None:
        """Stored replies of all the run's endpoints are reused; requests go to those that offer the tier."""
        self._plan = plan = run.plan
        self._ref = shard
        self._tier = tier
        self._offered = run.endpoints
        self._endpoints = endpoints_offering(plan, run.endpoints, tier)
        self._resources = resources
        self._progress, self._clock = resources.progress, resources.clock
        self._rows = ShardRows(plan, shard, run.specs, run.models, self._progress, self._clock)
        due = due_at(plan)
        at = None if due is None else due.timestamp()
        self._meter = ShardMeter(resources.metrics, self._clock, expected_rows=self._rows.expected, due_at=at)
        self._budget = self._make_budget(budget_usd)

    def forecast(self) -> ShardForecast:
        """Forecast the requests and cost of `run`, and the cost in batches; sends and writes nothing."""
        forecaster = Forecaster(
            TiktokenCounter.for_model(self._endpoints[0].model), self._endpoints, measured=self._rows.measured_tokens
        )
        for first in self._rows.plans():
            for plan in self._rows.likely(first):
                if self._rows.known(plan) is None:
                    forecaster.add(plan)
                elif plan is first:
                    forecaster.total.reused += len(plan.members)
        batch = [endpoint for endpoint in self._offered if Lane.BATCH in endpoint.lanes]
        total = forecaster.total
        forecast: ShardForecast = {
            "run": self._ref["run"],
            "shard": self._rows.number,
            "conversations": self._ref["conversations"],
            "requests": total.requests,
            "reused": total.reused,
            "input_tokens": total.input_tokens,
            "output_tokens": total.output_tokens,
            "cost_usd": forecaster.cost_usd(self._endpoints, self._tier),
            "batch_cost_usd": forecaster.cost_usd(batch, Lane.BATCH) if batch else None,
        }
        return {**forecast, "thought_tokens": total.thought_tokens} if total.thought_tokens else forecast

    async def run(self, monitor: OutageMonitor) -> ShardManifest:
        """Send the requests without a stored outcome, and write all rows."""
        started, began_at = self._clock.monotonic(), self._clock.now()
        self._progress.start(f"shard {self._rows.number}", self._rows.expected)
        async with RealtimeLane.open(
            self._plan, self._rows, self._endpoints, self._resources, tier=self._tier, budget=self._budget
        ) as lane:
            asking = asyncio.create_task(lane.ask(self._rows.to_ask_once()))
            flushing = asyncio.create_task(self._flush_regularly(lane, monitor))
            try:
                # The requests normally end first; the flush task ends only if it cannot write.
                await asyncio.wait({asking, flushing}, return_when=asyncio.FIRST_COMPLETED)
                await (flushing if flushing.done() else asking)
            finally:
                for task in (asking, flushing):
                    task.cancel()
                # Save paid results first: a second interrupt may end this at any await.
                self._rows.journal.flush()
                write_limits(self._plan, self._rows.number, lane.limiters)
                await asyncio.gather(asking, flushing, return_exceptions=True)
                self._rows.journal.flush()
        await monitor.finish()
        self._measure(lane.limiters)
        self._note_pace(lane.spent, began_at)
        landed = self._rows.write()
        self._rows.journal.compact()
        self._progress.finish()
        return self._manifest(landed, lane.spent, self._clock.monotonic() - started)

    async def _flush_regularly(self, lane: RealtimeLane, monitor: OutageMonitor) -> None:
        config = self._plan.config.realtime
        journal, news = self._rows.journal, LimitNews()
        flushed = self._clock.monotonic()
        while True:
            await self._clock.sleep(_LOOK_S)
            due = self._clock.monotonic() - flushed >= config.flush_seconds
            if due or journal.pending >= config.flush_replies:
                await asyncio.to_thread(journal.flush)
                await asyncio.to_thread(lane.refusals.save)
                flushed = self._clock.monotonic()
                for line in news.lines(lane.limiters):
                    self._progress.say(line)
                self._measure(lane.limiters)
                monitor.look(lane.limiters)

    def _measure(self, limiters: Sequence[EndpointLimiter]) -> None:
        self._meter.look([limiter.snapshot() for limiter in limiters], sum(self._rows.by_status().values()))

    def _note_pace(self, spent: Spent, began_at: float) -> None:
        if self._tier is not Lane.REALTIME:
            return
        note_pace(
            self._plan, self._rows.number, self._endpoints, requests=spent.requests,
            tokens=spent.input_tokens + spent.output_tokens, began_at=began_at, ended_at=self._clock.now(),
        )  # fmt: skip

    def _make_budget(self, budget_usd: float | None) -> Budget | None:
        limit = part_of_budget(self._plan, self._ref) if budget_usd is None else budget_usd
        if limit is None:
            return None
        return Budget(limit, tuple(self._endpoints), spent_usd=self._rows.journal.cost_of(self._plan.run_id))

    def _manifest(self, landed: str, spent: Spent, seconds: float) -> ShardManifest:
        by_status, reused = self._rows.by_status(), self._rows.reused()
        log.info(
            "shard %d: %s landed (%s); %s sent, %s reused, %s",
            self._rows.number, count(self._rows.expected, "row"), tally(dict(sorted(by_status.items()))),
            count(spent.requests, "request"), count(reused, "row"), money(spent.cost_usd),
        )  # fmt: skip
        manifest: ShardManifest = {
            "run": self._ref["run"],
            "shard": self._rows.number,
            "conversations": self._ref["conversations"],
            "lane": self._tier.value,
            "landed": landed,
            "rows": self._rows.expected,
            "by_status": by_status,
            "requests": spent.requests,
            "reused": reused,
            "cost_usd": spent.cost_usd,
            "paid_usd": self._rows.paid_usd(),
            "input_tokens": spent.input_tokens,
            "output_tokens": spent.output_tokens,
            "seconds": round(seconds, 3),
        }
        return self._rows.mark_estimates(manifest)


def endpoints_offering(plan: RunPlan, endpoints: Sequence[Endpoint], lane: Lane) -> list[Endpoint]:
    """Those of a run's endpoints that offer a lane.

    Raises:
        ConfigError: none does.
    """
    offering = [endpoint for endpoint in endpoints if lane in endpoint.lanes]
    if not offering:
        names = [endpoint.name for endpoint in endpoints]
        raise ConfigError(
            f"{plan.endpoints}: endpoints.lanes",
            names,
            f"must include {lane} at least once; add it to an endpoint's lanes if its kind offers it, or choose another lane",
        )
    return offering
