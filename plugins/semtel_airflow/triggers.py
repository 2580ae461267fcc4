"""The trigger of `ClassifyBatchOperator`: polls a shard's jobs and fires when a worker is needed."""

import asyncio
import time
from collections.abc import AsyncIterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from semtel_ops.runs.refs import BatchState

if TYPE_CHECKING:
    from semtel_ops.steps.classify_batch import BatchSteps

MAX_SLEEP_S = 60.0
"""Longest sleep: a triggerer that shuts down waits for sleeping triggers."""


class BatchShardTrigger(BaseTrigger):
    """Polls until there are results to collect or polling has failed for good; the operator collects.

    Its state is small and has absolute times and no secrets, so another triggerer can continue with it. Blocking calls run in
    threads. Shutting down a triggerer (`cleanup`) does not affect the jobs; ending the task (`on_kill`) cancels them.

    Args:
        state: of `semtel_ops.steps.classify_batch`.
        not_before: seconds since 1970 before which it must not fire: Airflow fails a task whose trigger fires while the task is
            still being deferred.
    """

    def __init__(self, state: BatchState, not_before: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's
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
                    await asyncio.sleep(min(max(0.0, decision.at - time.time()), MAX_SLEEP_S))
                    continue
                self.state = await asyncio.to_thread(self._poll, steps)
                self.log.info("shard %s: %s", self.state["shard"], classify_batch.describe_state(self.state, time.time()))
        await asyncio.sleep(max(0.0, self.not_before - time.time()))
        yield TriggerEvent({"state": self.state})

    def _poll(self, steps: "BatchSteps") -> BatchState:
        """Poll the jobs that are due and return the new state. Blocks."""
        state = asyncio.run(steps.poll(self.state))
        steps.release()
        return state

    async def on_kill(self) -> None:
        from semtel_airflow.resources import task_resources
        from semtel_ops.steps.classify_batch import cancel_shard

        await asyncio.to_thread(cancel_shard, self.state, resources=task_resources())
        self.log.info("shard %s: its batch jobs are being cancelled", self.state["shard"])
