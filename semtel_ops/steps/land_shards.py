"""Take a run's shards to their rows in this process, each in the lane it was given: what the DAG's two routes do in many."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from semtel_ops.batch.polling import Action
from semtel_ops.clock import Clock
from semtel_ops.errors import EndpointError
from semtel_ops.runs.budget import part_of_budget
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import Resources
from semtel_ops.steps.classify import check_shard, classify_shard
from semtel_ops.steps.classify_batch import BatchSteps, decide_state
from semtel_ops.steps.prepare import prepare_shard
from semtel_ops.steps.rescue import rescue_shard, shards_to_rescue
from semtel_ops.steps.route import of_lane

log = logging.getLogger(__name__)


def land_shards(routed: Sequence[dict[str, Any]], *, resources: Resources) -> Iterator[dict[str, Any]]:
    """Manifests of landed shards, a rescued one twice: as its batch left it, if that landed, and whole.

    Batch jobs, which take hours, are submitted first and looked at between the shards that are asked now; those share what
    is theirs of the budget one after another. Killed and called again with the same shards, it goes on.

    Args:
        routed: as `choose_lanes` returns them, prepared or not.

    Raises:
        BudgetExceededError: the next request could cost more than is left; what was answered is kept.
    """
    if not routed:
        return
    plan = RunPlan.load(routed[0]["run"])
    batched, now = of_lane(routed, "batch"), of_lane(routed, "realtime")
    under_way = _UnderWay(BatchSteps(resources), resources.clock)
    under_way.begin([_prepared(shard) for shard in batched])
    parts = [part_of_budget(plan, shard) for shard in now]
    left_usd = None if None in parts else sum(part or 0.0 for part in parts)
    for shard in now:
        landed = classify_shard(_prepared(shard), resources=resources, budget_usd=left_usd)
        if left_usd is not None and not plan.dry_run:
            left_usd -= landed["paid_usd"]
        yield check_shard(landed)
        under_way.look()
    yield from map(check_shard, under_way.wait())
    for late in shards_to_rescue(batched):
        resources.progress.say(f"shard {late['shard']} goes to the realtime lane: {late['rescue']}")
        yield rescue_shard(late, resources=resources)


def _prepared(shard: dict[str, Any]) -> dict[str, Any]:
    """A shard that is ready to be asked about: a forecast has prepared some already."""
    return shard if "prepared" in shard else prepare_shard(shard)


class _UnderWay:
    """Shards whose jobs run, as states of `BatchSteps`. One whose jobs cannot be watched is left to its rescue."""

    def __init__(self, steps: BatchSteps, clock: Clock) -> None:
        self._steps = steps
        self._clock = clock
        self._states: list[dict[str, Any]] = []
        self._landed: list[dict[str, Any]] = []

    def begin(self, shards: Sequence[dict[str, Any]]) -> None:
        for shard in shards:
            try:
                self._keep(asyncio.run(self._steps.collect(shard, shard["rescue_at"])))
            except EndpointError as error:
                log.warning("shard %d: its batches cannot be submitted: %s", shard["shard"], error)

    def look(self) -> None:
        """Do what is due for any of them."""
        due, self._states = self._states, []
        for state in due:
            if decide_state(state, self._clock.now()).action is Action.WAIT:
                self._states.append(state)
                continue
            try:
                self._keep(asyncio.run(self._steps.step(state)))
            except EndpointError as error:
                log.warning("%s", error)

    def wait(self) -> list[dict[str, Any]]:
        """Manifests of all that landed, once nothing is under way."""
        while self._states:
            at = min(decide_state(state, self._clock.now()).at for state in self._states)
            asyncio.run(self._clock.sleep(max(0.05, at - self._clock.now())))
            self.look()
        return self._landed

    def _keep(self, state: dict[str, Any]) -> None:
        (self._landed if state["done"] else self._states).append(state)
