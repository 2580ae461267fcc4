"""Rescue: send requests without a batch result in the realtime lane, while there is time before the deadline.

Finished batch results are collected first, so that only the rest is paid at the realtime price. An interrupted rescue can be
repeated: progress is recorded in ledger and journal.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

from semtel_ops.alerts.context import AlertContext
from semtel_ops.clock import Clock
from semtel_ops.endpoints import Lane
from semtel_ops.endpoints.catalog import EndpointsFile
from semtel_ops.errors import DamagedFileError, EndpointError, ResultsLostError
from semtel_ops.humanize import count, duration, number
from semtel_ops.routing.lane import CANCEL_S
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import BatchState, RoutedShard, ShardManifest, by_run
from semtel_ops.runs.resources import Resources, has_ledger, ledger_of
from semtel_ops.settings import load_yaml
from semtel_ops.steps.classify import check_shard, classify_shard
from semtel_ops.steps.classify_batch import BatchSteps, has_landed
from semtel_ops.steps.prepare import prepare_shard
from semtel_ops.store.files import exists
from semtel_ops.store.lane_ledger import LaneLedger
from semtel_ops.store.parquet import count_rows, read_rows
from semtel_ops.words import RowStatus

log = logging.getLogger(__name__)

_UNANSWERED = frozenset({RowStatus.EXPIRED, RowStatus.ERROR, RowStatus.MISSING})
_LOOK_S = 15.0


def shards_to_rescue(routed: Sequence[RoutedShard]) -> list[RoutedShard]:
    """The batch shards that are incomplete, or complete but with rows that have no batch result.

    They may belong to several runs. `rescue` is set to the reason. Runs without a realtime endpoint cannot be rescued.
    """
    batched = [shard for shard in routed if shard["lane"] == Lane.BATCH]
    return [late for run, shards in by_run(batched).items() for late in _to_rescue(RunPlan.load(run), shards)]


def _to_rescue(plan: RunPlan, batched: Sequence[RoutedShard]) -> list[RoutedShard]:
    stops = _stops(plan)
    late: list[RoutedShard] = [
        {**shard, "rescue": "; ".join(filter(None, (why, stops.get(shard["shard"]))))}
        for shard in batched
        if (why := _why_rescue(plan, shard)) is not None
    ]
    if late and not _answers_at_once(plan):
        log.warning("no endpoint offers the realtime lane to rescue %s with unanswered rows", count(len(late), "shard"))
        return []
    for shard in late:
        log.info("shard %d goes to the realtime lane: %s", shard["shard"], shard["rescue"])
    return late


def rescue_shard(
    shard: RoutedShard, *, resources: Resources | None = None, alerts: AlertContext | None = None
) -> ShardManifest:
    """Cancel a shard's jobs, collect their results, send the rest in realtime, and write the shard's rows.

    Raises:
        ResultsLostError: a job's results may have been billed and cannot be read; nothing is sent again.
        ReconciliationError: the shard does not have one row for each conversation and classifier.
    """
    resources = resources or Resources()
    plan = RunPlan.load(shard["run"])
    if not exists(plan.folder.prepared(shard["shard"])):
        prepare_shard(shard)
    with BatchSteps(resources) as steps:
        _collect_remaining(shard, steps, resources.clock)
    landed = cast("ShardManifest", classify_shard(shard, resources=resources, alerts=alerts))
    if has_ledger(plan):
        with ledger_of(plan) as ledger:
            at = datetime.fromtimestamp(resources.clock.now(), UTC)
            LaneLedger(ledger).note_rescue(plan.week, plan.run_id, shard["shard"], at=at, reason=shard["rescue"])
    check_shard(landed, metrics=resources.metrics, alerts=alerts)
    return {**landed, "rescue": shard["rescue"]}


def _collect_remaining(shard: RoutedShard, steps: BatchSteps, clock: Clock) -> None:
    """Cancel and collect, waiting as long as cancellation takes; results that are still missing are requested again."""
    try:
        asyncio.run(_collect(shard, steps, clock))
    except ResultsLostError:
        raise  # these answers may be paid for
    except EndpointError as error:
        log.warning("shard %d: results of its batch jobs cannot be collected: %s", shard["shard"], error)


async def _collect(shard: RoutedShard, steps: BatchSteps, clock: Clock) -> None:
    now = clock.now()
    # `stopped` ends the deadline estimate: all running jobs are cancelled.
    state = await steps.collect(cast("BatchState", {**shard, "stopped": True}), now)
    while not has_landed(state) and clock.now() - now < CANCEL_S:
        await clock.sleep(_LOOK_S)
        state = await steps.collect(cast("BatchState", state), now)
    if not has_landed(state):
        waited = duration(clock.now() - now)
        log.warning(
            "shard %d: its batch jobs were not cancelled within %s; their requests are sent again", shard["shard"], waited
        )


def _stops(plan: RunPlan) -> dict[int, str]:
    """Why jobs were cancelled, by shard."""
    if not has_ledger(plan):
        return {}
    with ledger_of(plan) as ledger:
        rows = LaneLedger(ledger).choices(plan.week, plan.run_id)
    return {row.shard: f"its jobs were cancelled: {row.stop_reason}" for row in rows if row.stop_reason is not None}


def _why_rescue(plan: RunPlan, shard: RoutedShard) -> str | None:
    url = plan.folder.landed(shard["shard"])
    expected = shard["conversations"] * len(plan.classifiers)
    try:
        if count_rows(url) != expected:
            return "its batch rows were not written"
    except DamagedFileError as error:
        return str(error)  # the journal has the replies
    left = sum(1 for row in read_rows(url, ["status", "lane", "carried_from"], 50_000) if _unanswered(row))
    return f"{number(left)} of {count(expected, 'row')} have no batch result" if left else None


def _unanswered(row: dict[str, Any]) -> bool:
    carried = row["carried_from"] is not None  # a reprocess that did not ask about it again
    return row["status"] in _UNANSWERED and row["lane"] != Lane.REALTIME and not carried


def _answers_at_once(plan: RunPlan) -> bool:
    endpoints = load_yaml(plan.endpoints, EndpointsFile).endpoints
    wanted = [endpoint for endpoint in endpoints if plan.uses(endpoint)]
    return any(Lane.REALTIME in endpoint.lanes for endpoint in wanted)
