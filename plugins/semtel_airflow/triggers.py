"""The trigger of `ClassifyBatchOperator`: looks at a shard's jobs, and fires when a worker has something to do."""

import asyncio
import time
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

LONGEST_NAP_S = 60.0
"""A triggerer that is told to stop waits for naps to end."""


class BatchShardTrigger(BaseTrigger):
    """Polls until there is something to collect or polling is in vain; collects nothing itself.

    What it holds is small, absolute in time and free of secrets, so that another triggerer goes on with it. Blocking calls
    are made in threads. A triggerer that stops (`cleanup`) leaves the jobs alone; a person who ends the task (`on_kill`) stops
    them.

    Args:
        state: of `semtel_ops.steps.classify_batch`.
        not_before: seconds since 1970 before which it must not fire: Airflow fails a task whose trigger fires while it is still
            being deferred.
    """

    def __init__(self, state: dict[str, Any], not_before: float) -> None:
        super().__init__()
        self.state = state
        self.not_before = not_before

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.{type(self).__name__}", {"state": self.state, "not_before": self.not_before}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        # The first import takes a second, and all triggers of a triggerer share one event loop.
        classify_batch = await asyncio.to_thread(import_module, "semtel_ops.steps.classify_batch")
        resources = await asyncio.to_thread(import_module, "semtel_airflow.resources")
        with classify_batch.BatchSteps(resources.task_resources()) as steps:
            while True:
                decision = classify_batch.decide_state(self.state, time.time())
                if decision.action in {"collect", "give_up"}:
                    break
                if decision.action == "wait":
                    await asyncio.sleep(min(max(0.0, decision.at - time.time()), LONGEST_NAP_S))
                    continue
                self.state = await asyncio.to_thread(self._poll, steps)
                self.log.info("shard %s: %s", self.state["shard"], classify_batch.describe_state(self.state, time.time()))
        await asyncio.sleep(max(0.0, self.not_before - time.time()))
        yield TriggerEvent({"state": self.state})

    def _poll(self, steps: Any) -> dict[str, Any]:
        """The state after every poll that is due; blocks."""
        state: dict[str, Any] = asyncio.run(steps.poll(self.state))
        steps.release()
        return state

    async def on_kill(self) -> None:
        from semtel_airflow.resources import task_resources
        from semtel_ops.steps.classify_batch import cancel_shard

        await asyncio.to_thread(cancel_shard, self.state, resources=task_resources())
        self.log.info("shard %s: its batch jobs were told to stop", self.state["shard"])
