"""Classify one shard now: every (conversation, classifier) of it lands as one row, whatever becomes of it."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from functools import partial
from typing import Any

from semtel_ops.alerts.context import AlertContext
from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.clock import SystemClock
from semtel_ops.concurrency import Change, EndpointLimiter
from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.endpoints.flex import lane_client
from semtel_ops.errors import ConfigError, ReconciliationError
from semtel_ops.packing import RequestPlan
from semtel_ops.realtime import Budget, LimitedClient, RequestResult
from semtel_ops.runs.budget import part_of_budget
from semtel_ops.runs.metrics import Metrics, NoMetrics, ShardMeter, count_landed
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import LogProgress
from semtel_ops.runs.resources import MakeChatClient, Resources, classifiers_of, endpoints_of
from semtel_ops.shards.batch_deadline import note_pace
from semtel_ops.shards.engine import engine_lane, make_engine
from semtel_ops.shards.forecast import Forecaster
from semtel_ops.shards.label_row import is_final, outcome_of
from semtel_ops.shards.ledger_shares import share_keepers
from semtel_ops.shards.rows import ShardRows
from semtel_ops.steps.alert import alert_outages, alert_progress
from semtel_ops.steps.alert_inputs import due_at
from semtel_ops.steps.outage_monitor import OutageMonitor
from semtel_ops.store.files import write_json
from semtel_ops.store.parquet import count_rows, read_rows
from semtel_ops.tokens import TiktokenCounter

log = logging.getLogger(__name__)

_LOOK_S = 0.1
_FORECAST_CONVERSATIONS = 100


def classify_shard(
    shard: dict[str, Any],
    *,
    resources: Resources | None = None,
    alerts: AlertContext | None = None,
    budget_usd: float | None = None,
) -> dict[str, Any]:
    """Ask about every prepared conversation of a shard and write its rows.

    What the journal knows is not asked again: killed at any moment and started again, it goes on where the last flush was,
    and done twice, it asks nothing. The rows' file is replaced whole.

    Args:
        alerts: how to raise that an endpoint has been down for long, while it is.
        budget_usd: what this shard may cost; by default its conversations' part of the run's budget, if that has one.

    Returns:
        The reference it was given, and its `lane`, `landed` (URL), `rows`, `by_status`, `requests` (calls of this attempt),
        `reused` (rows answered by other runs), `cost_usd` of this attempt, `paid_usd` of all attempts of this run, tokens and
        seconds.

    Raises:
        BudgetExceededError: the next request could cost more than is left.
        EndpointError: no endpoint accepts us (a wrong key, an unknown deployment).
    """
    plan = RunPlan.load(shard["run"])
    specs = classifiers_of(plan)
    resources = resources or Resources()
    endpoints = endpoints_of(plan, resources.resolve_connection)
    lane = _lane_of(plan, shard, endpoints)
    watch = OutageMonitor(plan, resources.clock, partial(alert_outages, plan, alerts=alerts, clock=resources.clock))
    work = _ShardNow(plan, shard, specs, endpoints, lane, resources, budget_usd, watch)
    return work.forecast(endpoints) if plan.dry_run else asyncio.run(work.run(resources.make_chat_client))


def forecast_of(shard: dict[str, Any], conversations: int, *, lane: Lane = Lane.REALTIME) -> str:
    """What labelling so many conversations should take, in one line, judged by the first hundred of a prepared shard.

    Calls that were answered before are not left out of it: it is what a run from nothing would cost.
    """
    plan = RunPlan.load(shard["run"])
    endpoints = offering(plan, endpoints_of(plan), lane)
    rows = ShardRows(
        plan,
        shard,
        classifiers_of(plan),
        [e.model for e in endpoints],
        LogProgress(),
        SystemClock(),
    )
    forecaster = Forecaster(TiktokenCounter.for_model(endpoints[0].model))
    members = 0
    for first in rows.plans():
        members += len(first.members)
        for request in rows.likely(first):
            forecaster.add(request)
        if members >= _FORECAST_CONVERSATIONS * len(plan.classifiers):
            break
    scale, cost = conversations * len(plan.classifiers) / max(1, members), forecaster.cost_usd(endpoints, lane)
    price = "at an unknown price" if cost is None else f"about ${cost * scale:,.2f}"
    total = forecaster.total
    return f"forecast: {total.requests * scale:,.0f} calls, {total.input_tokens * scale / 1e6:,.1f} M input tokens, {price}"


def offering(plan: RunPlan, endpoints: Sequence[Endpoint], lane: Lane) -> list[Endpoint]:
    """Those of a run's endpoints that offer a lane.

    Raises:
        ConfigError: none does.
    """
    found = [endpoint for endpoint in endpoints if lane in endpoint.lanes]
    if not found:
        names = [endpoint.name for endpoint in endpoints]
        raise ConfigError(f"{plan.endpoints}: endpoints.lanes", names, f"must include {lane} at least once")
    return found


def _lane_of(plan: RunPlan, shard: dict[str, Any], endpoints: Sequence[Endpoint]) -> Lane:
    """The lane a shard is asked in here: flex where that was chosen, else realtime; a forecast is made for any lane."""
    if not plan.dry_run:
        return Lane.FLEX if shard.get("lane") == Lane.FLEX else Lane.REALTIME
    chosen = Lane(shard.get("forecast_lane", Lane.REALTIME))
    offered = {lane for endpoint in endpoints for lane in endpoint.lanes}
    return chosen if chosen in offered or Lane.BATCH not in offered else Lane.BATCH


def check_shard(shard: dict[str, Any], *, metrics: Metrics | None = None, alerts: AlertContext | None = None) -> dict[str, Any]:
    """See that a landed shard has exactly one row for each conversation and classifier, and note what the run has come to.

    Args:
        metrics: what the shard asked and landed is counted there.
        alerts: how to raise that the budget is nearly spent, while the run goes on.

    Raises:
        ReconciliationError: it has not; nothing of this shard may be published.
    """
    plan = RunPlan.load(shard["run"])
    if plan.dry_run:
        return shard
    expected = shard["conversations"] * len(plan.classifiers)
    url = plan.folder.landed(shard["shard"])
    seen = Counter(
        (row["conversation_id"], row["classifier"]) for row in read_rows(url, ["conversation_id", "classifier"], 50_000)
    )
    twice = sum(1 for count in seen.values() if count > 1)
    if len(seen) != expected or twice or count_rows(url) != expected:
        raise ReconciliationError(
            f"shard {shard['shard']}: {expected} rows expected, {len(seen)} members landed, {twice} of them more than once; "
            "clear the shard to build its rows again"
        )
    count_landed(metrics or NoMetrics(), shard, lane=shard["lane"])
    if plan.ledger:
        alert_progress(plan, shard, alerts=alerts)
    return shard


class _ShardNow:
    """One attempt at one shard in a lane that answers at once: realtime or flex."""

    def __init__(
        self,
        plan: RunPlan,
        shard: dict[str, Any],
        specs: Sequence[ClassifierSpec],
        endpoints: Sequence[Endpoint],
        lane: Lane,
        resources: Resources,
        budget_usd: float | None,
        watch: OutageMonitor,
    ) -> None:
        """`endpoints`: all of the run, whose answers count as known; those that offer `lane` are asked."""
        self._plan = plan
        self._ref = shard
        self._tier = lane
        self._endpoints = offering(plan, endpoints, lane)
        self._progress, self._clock = resources.progress, resources.clock
        self._rows = ShardRows(plan, shard, specs, [endpoint.model for endpoint in endpoints], self._progress, self._clock)
        due = due_at(plan)
        at = None if due is None else due.timestamp()
        self._meter = ShardMeter(resources.metrics, self._clock, expected_rows=self._rows.expected, due_at=at)
        self._budget = self._make_budget(budget_usd)
        self._watch = watch
        self._limiters: list[EndpointLimiter] = []
        self._paid = Counter[str]()
        self._cost_usd = 0.0

    def forecast(self, offered: Sequence[Endpoint]) -> dict[str, Any]:
        """What `run` would ask and pay, and what its calls would cost in batches; asks nothing and writes nothing."""
        forecaster = Forecaster(TiktokenCounter.for_model(self._endpoints[0].model))
        for first in self._rows.plans():
            for plan in self._rows.likely(first):
                if self._rows.known(plan) is None:
                    forecaster.add(plan)
                elif plan is first:
                    forecaster.total.reused += len(plan.members)
        batch = [endpoint for endpoint in offered if Lane.BATCH in endpoint.lanes]
        return {
            **self._identity(),
            **asdict(forecaster.total),
            "cost_usd": forecaster.cost_usd(self._endpoints, self._tier),
            "batch_cost_usd": forecaster.cost_usd(batch, Lane.BATCH) if batch else None,
        }

    async def run(self, make_client: MakeChatClient) -> dict[str, Any]:
        started, began_at = self._clock.monotonic(), self._clock.now()
        self._progress.start(f"shard {self._rows.number}", self._rows.expected)
        async with AsyncExitStack() as stack:
            lanes = [await self._lane(stack, endpoint, make_client) for endpoint in self._endpoints]
            self._limiters = [lane.limiter for lane in lanes]
            engine = make_engine(lanes, self._plan.config.realtime, self._clock, self._budget)
            keepers = stack.enter_context(share_keepers(self._plan, self._rows.number, self._limiters, self._clock))
            sharing = [asyncio.create_task(keeper.run()) for keeper in keepers]
            asking = asyncio.create_task(engine.run(self._rows.to_ask(), self._land))
            flushing = asyncio.create_task(self._flush_regularly())
            try:
                # Whichever ends first decides: asking when all has landed, flushing only when it cannot write.
                await asyncio.wait({asking, flushing}, return_when=asyncio.FIRST_COMPLETED)
                await (flushing if flushing.done() else asking)
            finally:
                for task in (asking, flushing, *sharing):
                    task.cancel()
                # First of all what is paid for: a second interrupt may end this at any wait.
                self._rows.journal.flush()
                self._write_limits()
                await asyncio.gather(asking, flushing, *sharing, return_exceptions=True)
                self._rows.journal.flush()
        await self._watch.finish()
        self._measure()
        self._note_pace(began_at)
        landed = self._rows.write()
        self._rows.journal.compact()
        self._progress.finish()
        return self._manifest(landed, self._clock.monotonic() - started)

    async def _lane(self, stack: AsyncExitStack, endpoint: Endpoint, make_client: MakeChatClient) -> LimitedClient:
        client = lane_client(make_client, endpoint, self._tier, self._clock)
        stack.push_async_callback(client.aclose)
        return engine_lane(client, endpoint, self._plan.config.realtime, self._clock)

    def _land(self, answer: RequestResult) -> Sequence[RequestPlan]:
        outcome = outcome_of(answer, run_id=self._plan.run_id, now=self._clock.now())
        self._paid["requests"] += answer.attempts
        self._paid["input_tokens"] += outcome.input_tokens
        self._paid["output_tokens"] += outcome.output_tokens
        self._cost_usd += outcome.cost_usd or 0.0
        return self._rows.land(answer.plan, outcome, keep=is_final(answer))

    async def _flush_regularly(self) -> None:
        config = self._plan.config.realtime
        journal = self._rows.journal
        flushed, told_at = self._clock.monotonic(), 0.0
        while True:
            await self._clock.sleep(_LOOK_S)
            due = self._clock.monotonic() - flushed >= config.flush_seconds
            if due or journal.pending >= config.flush_replies:
                await asyncio.to_thread(journal.flush)
                flushed = self._clock.monotonic()
                told_at = self._tell(told_at)
                self._measure()
                self._watch.look(self._limiters)

    def _tell(self, told_at: float) -> float:
        """Say the latest change of a limit, if it is later than what was said; returns when it was."""
        last = max(self._changes(), key=lambda change: change.at, default=None)
        if last is None or last.at <= told_at:
            return told_at
        self._progress.say(f"{last.endpoint}: {last.what} {last.old:g} → {last.new:g}, {last.reason}")
        return last.at

    def _measure(self) -> None:
        self._meter.look([limiter.snapshot() for limiter in self._limiters], sum(self._rows.by_status().values()))

    def _changes(self) -> list[Change]:
        return sorted((change for limiter in self._limiters for change in limiter.history), key=lambda change: change.at)

    def _write_limits(self) -> None:
        """How the limits were found, for the manifest and the report. An attempt that asked nothing leaves the last one's."""
        changes = self._changes()
        if changes:
            url = self._plan.folder.limits(self._rows.number)
            endpoints = [asdict(limiter.snapshot()) for limiter in self._limiters]
            write_json(url, {"endpoints": endpoints, "changes": [asdict(change) for change in changes]})

    def _note_pace(self, began_at: float) -> None:
        if self._tier is not Lane.REALTIME:
            return
        tokens = self._paid["input_tokens"] + self._paid["output_tokens"]
        note_pace(
            self._plan, self._rows.number, self._endpoints, requests=self._paid["requests"], tokens=tokens,
            began_at=began_at, ended_at=self._clock.now(),
        )  # fmt: skip

    def _make_budget(self, budget_usd: float | None) -> Budget | None:
        limit = part_of_budget(self._plan, self._ref) if budget_usd is None else budget_usd
        if limit is None:
            return None
        return Budget(limit, tuple(self._endpoints), spent_usd=self._rows.journal.cost_of(self._plan.run_id))

    def _identity(self) -> dict[str, Any]:
        return {"run": self._ref["run"], "shard": self._rows.number, "conversations": self._ref["conversations"]}

    def _manifest(self, landed: str, seconds: float) -> dict[str, Any]:
        by_status, reused = self._rows.by_status(), self._rows.reused()
        log.info(
            "shard %d: %d rows landed, %s; %d calls, %d rows reused, $%.4f",
            self._rows.number, self._rows.expected, ", ".join(f"{n} {status}" for status, n in sorted(by_status.items())),
            self._paid["requests"], reused, self._cost_usd,
        )  # fmt: skip
        return {
            **self._identity(),
            "lane": self._tier.value,
            "landed": landed,
            "rows": self._rows.expected,
            "by_status": by_status,
            "requests": self._paid["requests"],
            "reused": reused,
            "cost_usd": self._cost_usd,
            "paid_usd": self._rows.paid_usd(),
            "input_tokens": self._paid["input_tokens"],
            "output_tokens": self._paid["output_tokens"],
            "seconds": round(seconds, 3),
        }
