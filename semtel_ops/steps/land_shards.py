"""Process shards in this process, each in its lane, as the DAG's task groups do in several tasks."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from typing import cast

from semtel_ops.batch.polling import Action
from semtel_ops.clock import Clock
from semtel_ops.endpoints import Lane
from semtel_ops.errors import EndpointError
from semtel_ops.runs.budget import part_of_budget
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import BatchState, RoutedShard, ShardManifest, ShardResult, by_run
from semtel_ops.runs.resources import Resources
from semtel_ops.steps.classify import check_shard, classify_shard
from semtel_ops.steps.classify_batch import BatchSteps, decide_state, has_landed
from semtel_ops.steps.prepare import prepare_shard
from semtel_ops.steps.rescue import rescue_shard, shards_to_rescue
from semtel_ops.steps.route import of_lane

log = logging.getLogger(__name__)


def land_shards(routed: Sequence[RoutedShard], *, resources: Resources) -> Iterator[ShardResult]:
    """Manifests of landed shards, a rescued one twice: as its batch left it, if that landed, and whole.

    Batch jobs, which take hours, are submitted first and polled between the shards that are asked now; those of a run share its
    budget one after another. Killed and called again with the same shards, it goes on.

    Args:
        routed: as `route_shards` returns them, of one run or several, prepared or not.

    Raises:
        BudgetExceededError: the next request could cost more than is left; what was answered is kept.
    """
    batched, now = of_lane(routed, Lane.BATCH), of_lane(routed, Lane.REALTIME)
    with BatchSteps(resources) as steps:
        under_way = _UnderWay(steps, resources.clock)
        under_way.begin([_prepared(shard) for shard in batched])
        for run, shards in by_run(now).items():
            budget = _SharedBudget(RunPlan.load(run), shards)
            for shard in shards:
                landed = classify_shard(_prepared(shard), resources=resources, budget_usd=budget.left_usd)
                budget.spend(landed)
                yield check_shard(landed)
                under_way.poll()
        yield from map(check_shard, under_way.wait())
    for late in shards_to_rescue(batched):
        resources.progress.say(f"shard {late['shard']} goes to the realtime lane: {late['rescue']}")
        yield rescue_shard(late, resources=resources)


class _SharedBudget:
    """What shards of one run, asked one after another, may spend together.

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


class _UnderWay:
    """Shards whose jobs run. One whose jobs cannot be polled is left to its rescue."""

    def __init__(self, steps: BatchSteps, clock: Clock) -> None:
        self._steps = steps
        self._clock = clock
        self._states: list[BatchState] = []
        self._landed: list[ShardManifest] = []

    def begin(self, shards: Sequence[RoutedShard]) -> None:
        for shard in shards:
            try:
                self._sort_in(asyncio.run(self._steps.collect(shard, shard.get("rescue_at"))))
            except EndpointError as error:
                log.warning("shard %d: its batches cannot be submitted: %s", shard["shard"], error)

    def poll(self) -> None:
        """Do what is due for any of them."""
        due, self._states = self._states, []
        for state in due:
            if decide_state(state, self._clock.now()).action is Action.WAIT:
                self._states.append(state)
                continue
            try:
                self._sort_in(asyncio.run(self._steps.step(state)))
            except EndpointError as error:
                log.warning("%s", error)

    def wait(self) -> list[ShardManifest]:
        """Manifests of all complete shards, once no job is in progress."""
        while self._states:
            at = min(decide_state(state, self._clock.now()).at for state in self._states)
            asyncio.run(self._clock.sleep(max(0.05, at - self._clock.now())))
            self.poll()
        return self._landed

    def _sort_in(self, state: BatchState | ShardManifest) -> None:
        if has_landed(state):
            self._landed.append(state)
        else:
            self._states.append(cast("BatchState", state))
