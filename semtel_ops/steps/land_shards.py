"""Process shards in this process, each in its lane, as the DAG's task groups do in several tasks."""

import logging
from collections.abc import Iterator, Sequence
from typing import cast

from semtel_ops.endpoints import Lane
from semtel_ops.errors import EndpointError
from semtel_ops.runs.budget import part_of_budget
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import RoutedShard, ShardManifest, ShardResult, by_run
from semtel_ops.runs.resources import Resources
from semtel_ops.steps.classify import check_shard, classify_shard
from semtel_ops.steps.classify_batch import BatchSteps, PendingShards
from semtel_ops.steps.prepare import prepare_shard
from semtel_ops.steps.rescue import rescue_shard, shards_to_rescue
from semtel_ops.steps.route import of_lane

log = logging.getLogger(__name__)


def land_shards(routed: Sequence[RoutedShard], *, resources: Resources) -> Iterator[ShardResult]:
    """Manifests of landed shards; a rescued shard yields two: as its batch left it, if that landed, and complete.

    Batch jobs, which take hours, are submitted first and polled between the realtime shards. The realtime shards of a run spend
    its budget one after another. Called again with the same shards after a kill, it resumes.

    Args:
        routed: as `route_shards` returns them, of one run or several, prepared or not.

    Raises:
        BudgetExceededError: the next request could cost more than is left; what was answered is kept.
    """
    batched, now = of_lane(routed, Lane.BATCH), of_lane(routed, Lane.REALTIME)
    with BatchSteps(resources) as steps:
        pending = PendingShards(steps, failed=_log_failure)
        for shard in batched:
            pending.submit(_prepared(shard), shard.get("rescue_at"))
        for run, shards in by_run(now).items():
            budget = _SharedBudget(RunPlan.load(run), shards)
            for shard in shards:
                landed = classify_shard(_prepared(shard), resources=resources, budget_usd=budget.left_usd)
                budget.spend(landed)
                yield check_shard(landed)
                pending.poll()
        yield from map(check_shard, pending.wait())
    for late in shards_to_rescue(batched):
        resources.progress.say(f"shard {late['shard']} goes to the realtime lane: {late['rescue']}")
        yield rescue_shard(late, resources=resources)


class _SharedBudget:
    """What the realtime shards of one run, processed one after another, may spend together.

    Attributes:
        left_usd: None where the run has no budget.
    """

    def __init__(self, plan: RunPlan, shards: Sequence[RoutedShard]) -> None:
        parts = [part_of_budget(plan, shard) for shard in shards]
        self.left_usd = None if None in parts else sum(part or 0.0 for part in parts)

    def spend(self, landed: ShardResult) -> None:
        if self.left_usd is not None:
            self.left_usd -= cast("ShardManifest", landed).get("paid_usd", 0.0)  # a forecast pays nothing


def _prepared(shard: RoutedShard) -> RoutedShard:
    """A shard that is ready to be asked about: a forecast has prepared some already."""
    return shard if "prepared" in shard else prepare_shard(shard)


def _log_failure(shard: RoutedShard, error: EndpointError) -> None:
    log.warning("shard %d is no longer polled: %s", shard["shard"], error)
