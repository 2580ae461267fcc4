"""Classify one shard in the realtime lane: one row per (conversation, classifier), whether it succeeds or fails."""

import asyncio
from collections import Counter
from functools import partial
from typing import cast

from semtel_ops.alerts.context import AlertContext
from semtel_ops.endpoints import Lane
from semtel_ops.errors import ReconciliationError
from semtel_ops.humanize import compact, estimate, number
from semtel_ops.runs.metrics import Metrics, NoMetrics, count_landed
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import RoutedShard, ShardManifest, ShardRef, ShardResult
from semtel_ops.runs.resources import OpenRun, Resources, open_run
from semtel_ops.shards.forecast import Forecaster
from semtel_ops.shards.outage_monitor import OutageMonitor
from semtel_ops.shards.realtime import RealtimeShard, endpoints_offering
from semtel_ops.shards.rows import ShardRows
from semtel_ops.steps.alert import alert_outages, alert_progress
from semtel_ops.store.parquet import count_rows, read_rows
from semtel_ops.tokens import TiktokenCounter

_FORECAST_CONVERSATIONS = 100


def classify_shard(
    shard: ShardRef,
    *,
    resources: Resources | None = None,
    alerts: AlertContext | None = None,
    budget_usd: float | None = None,
) -> ShardResult:
    """Ask about every prepared conversation of a shard and write its rows.

    What the journal knows is not asked again: killed at any moment and started again, it goes on where the last flush was,
    and done twice, it asks nothing. The rows' file is replaced whole.

    Args:
        alerts: how to raise that an endpoint has been down for long, while it is.
        budget_usd: budget of this shard; by default its conversations' part of the run's budget, if there is one.

    Returns:
        The manifest of the landed shard; in a dry run what it is expected to come to, with nothing asked.

    Raises:
        BudgetExceededError: the next request could cost more than is left.
        EndpointError: no endpoint accepts us (a wrong key, an unknown deployment).
    """
    resources = resources or Resources()
    run = open_run(shard["run"], resources)
    work = RealtimeShard(run, shard, _lane_of(run, shard), resources, budget_usd=budget_usd)
    if run.plan.dry_run:
        return work.forecast()
    notify = partial(alert_outages, run.plan, alerts=alerts, clock=resources.clock)
    return asyncio.run(work.run(OutageMonitor(run.plan, resources.clock, notify)))


def forecast_of(shard: ShardRef, conversations: int, *, lane: Lane = Lane.REALTIME) -> str:
    """What labelling so many conversations should take, in one line, judged by the first hundred of a prepared shard.

    Stored replies are not deducted: it is the cost of a run from scratch.
    """
    resources = Resources()
    run = open_run(shard["run"], resources)
    plan, endpoints = run.plan, endpoints_offering(run.plan, run.endpoints, lane)
    rows = ShardRows(plan, shard, run.specs, [e.asked for e in endpoints], resources.progress, resources.clock)
    forecaster = Forecaster(TiktokenCounter.for_model(endpoints[0].model), endpoints, measured=rows.measured_tokens)
    members = 0
    for first in rows.plans():
        members += len(first.members)
        for request in rows.likely(first):
            forecaster.add(request)
        if members >= _FORECAST_CONVERSATIONS * len(plan.classifiers):
            break
    scale, cost = conversations * len(plan.classifiers) / max(1, members), forecaster.cost_usd(endpoints, lane)
    total = forecaster.total
    thoughts = f"{compact(total.thought_tokens * scale)} tokens of thought (assumed), " if total.thought_tokens else ""
    return (
        f"forecast: {number(total.requests * scale)} requests, {compact(total.input_tokens * scale)} input tokens, "
        f"{thoughts}{estimate(None if cost is None else cost * scale)}"
    )


def _lane_of(run: OpenRun, shard: ShardRef) -> Lane:
    """The lane of a shard that is not in batches: flex if it was chosen, else realtime; a forecast is made for any lane."""
    routed = cast("RoutedShard", shard)  # a shard that was not routed has no lane yet
    if not run.plan.dry_run:
        return Lane.FLEX if routed.get("lane") == Lane.FLEX else Lane.REALTIME
    chosen = Lane(routed.get("forecast_lane", Lane.REALTIME))
    offered = {lane for endpoint in run.endpoints for lane in endpoint.lanes}
    return chosen if chosen in offered or Lane.BATCH not in offered else Lane.BATCH


def check_shard(shard: ShardResult, *, metrics: Metrics | None = None, alerts: AlertContext | None = None) -> ShardResult:
    """Check that a shard has exactly one row per conversation and classifier, and record the progress of the run.

    Args:
        metrics: receives the shard's counts of requests and rows.
        alerts: used to notify about a nearly spent budget while the run continues.

    Raises:
        ReconciliationError: rows are missing or duplicated; the shard must not be published.
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
            f"shard {shard['shard']}: {expected} rows expected, {len(seen)} members written, {twice} of them more than once; "
            "clear the shard to write its rows again"
        )
    landed = cast("ShardManifest", shard)
    count_landed(metrics or NoMetrics(), landed, lane=landed["lane"])
    if plan.ledger:
        alert_progress(plan, landed, alerts=alerts)
    return landed
