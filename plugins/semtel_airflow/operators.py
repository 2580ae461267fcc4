"""A shard in the batch lane as one Airflow task, which holds a worker only while it submits and collects."""

import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NoReturn

from airflow.sdk import BaseOperator

from semtel_airflow.links import BatchJobsLink

MIN_DEFER_S = 12.0
"""Airflow 3.3 fails a task whose trigger fires within some seconds of its deferral: no trigger of ours is faster than this."""

GRACE = timedelta(hours=2)
"""How much later than the end of its own wait a trigger is given up: jobs that were cancelled may take an hour to end."""

STOP_S = 50.0
"""A killed task is given about a minute to end."""

LONGEST_WAIT = timedelta(days=3)
"""For shards that nobody rescues."""


class ClassifyBatchOperator(BaseOperator):
    """Submits a prepared shard's batch jobs, waits for them without a worker, collects, and again until the shard has landed.

    The ledger says what was submitted: a retry, a cleared task or another worker goes on with the same jobs and submits none
    twice. Jobs that are late for the shard's deadline are stopped; what they finished is kept, the rest lands as expired. A
    person who ends the task stops its jobs.

    Args:
        shard: a reference as `choose_lanes` and `prepare_shard` return it.
    """

    template_fields: Sequence[str] = ("shard",)
    ui_color = "#e6dff2"
    operator_extra_links = (BatchJobsLink(),)

    def __init__(self, *, shard: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shard = shard

    def execute(self, context: Any) -> dict[str, Any]:  # noqa: ARG002 - Airflow's signature
        from semtel_airflow.resources import task_resources
        from semtel_ops.steps.classify_batch import submit_shard

        deadline = self.shard.get("rescue_at")
        return self._go_on(submit_shard(self.shard, deadline=deadline, resources=task_resources()))

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - Airflow's signature
        """Collect what the trigger saw end.

        Raises:
            EndpointError: the jobs cannot be watched; a retry takes them up again.
        """
        from semtel_airflow.resources import task_resources
        from semtel_ops.batch.polling import Action
        from semtel_ops.steps.classify_batch import collect_shard, decide_state, polling_failed

        state = event["state"]
        decision = decide_state(state, time.time())
        if decision.action is Action.GIVE_UP:
            raise polling_failed(state, decision)
        return self._go_on(collect_shard(state, resources=task_resources()))

    def on_kill(self) -> None:
        """Stop the jobs; called while the task is on a worker. While it waits, the trigger's own does it.

        Airflow calls this from a signal's handler, where an event loop may be running already: so it takes a thread of its own.
        """
        stopping = threading.Thread(target=self._cancel, name="cancel-batch-jobs", daemon=True)
        stopping.start()
        stopping.join(STOP_S)

    def _cancel(self) -> None:
        from semtel_airflow.resources import task_resources
        from semtel_ops.steps.classify_batch import cancel_shard

        cancel_shard(self.shard, resources=task_resources())

    def _go_on(self, state: dict[str, Any]) -> dict[str, Any]:
        """The manifest of a landed shard; otherwise wait."""
        if not state["done"]:
            self._wait_for(state)
        return state

    def _wait_for(self, state: dict[str, Any]) -> NoReturn:
        from semtel_airflow.triggers import BatchShardTrigger

        jobs = ", ".join(f"{watch['provider_id']} at {watch['endpoint']}" for watch in state["watches"]) or "none yet"
        self.log.info("shard %s: waits for batch jobs: %s; %d not submitted yet", state["shard"], jobs, state["waiting"])
        now = time.time()
        self.defer(
            trigger=BatchShardTrigger(state=state, not_before=now + MIN_DEFER_S),
            method_name="execute_complete",
            timeout=_patience(state["land_by"] or state["deadline"], now),
        )


def _patience(deadline: float | None, now: float) -> timedelta:
    return LONGEST_WAIT if deadline is None else timedelta(seconds=max(0.0, deadline - now)) + GRACE
