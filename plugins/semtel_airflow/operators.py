"""Operators of tasks that need more than a function: a shard in the batch lane, and the report with its button."""

import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NoReturn, cast

from airflow.sdk import BaseOperator, Context

from semtel_airflow.links import AlignmentLink, BatchJobsLink, ReportLink
from semtel_airflow.xcom_args import TaskResult, or_skip, skip_in_dry_run
from semtel_ops.runs.refs import BatchState, ShardManifest

MIN_DEFER_S = 12.0
"""Minimum wait of a trigger: Airflow 3.3 may fail a task whose trigger fires within seconds of its deferral."""

GRACE = timedelta(hours=2)
"""Time after the deadline before Airflow times out the deferral: cancelled jobs may take an hour to end."""

STOP_S = 50.0
"""How long a killed task may spend on cancelling its jobs; Airflow gives it about a minute to end."""

LONGEST_WAIT = timedelta(days=3)
"""For shards without a deadline, which are never rescued."""


class ClassifyBatchOperator(BaseOperator):
    """Submits a prepared shard's batch jobs, defers until they end, collects, and repeats until the shard has landed.

    The ledger records every submission: a retry, a cleared task or another worker continues with the same jobs and submits none
    twice. Jobs that would miss the shard's deadline are cancelled; their replies are kept, and the other rows land as expired.
    Marking the task as failed or clearing it cancels its jobs.

    Args:
        shard: a reference, as `route_shards` and `prepare_shard` return it.
    """

    template_fields: Sequence[str] = ("shard",)
    ui_color = "#e6dff2"
    operator_extra_links = (BatchJobsLink(),)

    def __init__(self, *, shard: TaskResult, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shard = shard

    def execute(self, context: Context) -> ShardManifest:  # noqa: ARG002 - Airflow's signature
        from semtel_airflow.resources import task_resources
        from semtel_ops.steps.classify_batch import submit_shard

        deadline = self.shard.get("rescue_at")
        return self._continue(submit_shard(self.shard, deadline=deadline, resources=task_resources()))

    def execute_complete(self, context: Context, event: dict[str, Any]) -> ShardManifest:  # noqa: ARG002 - Airflow's signature
        """Collect the jobs that ended.

        Raises:
            EndpointError: the jobs cannot be polled; a retry continues with them.
        """
        from semtel_airflow.resources import task_resources
        from semtel_ops.batch.polling import Action
        from semtel_ops.steps.classify_batch import collect_shard, decide_state, polling_failed

        state = event["state"]
        decision = decide_state(state, time.time())
        if decision.action is Action.GIVE_UP:
            raise polling_failed(state, decision)
        return self._continue(collect_shard(state, resources=task_resources()))

    def on_kill(self) -> None:
        """Cancel the jobs while the task is on a worker; while it is deferred, its trigger does.

        Airflow calls this from a signal handler, where an event loop may be running, so the jobs are cancelled in a thread.
        """
        stopping = threading.Thread(target=self._cancel, name="cancel-batch-jobs", daemon=True)
        stopping.start()
        stopping.join(STOP_S)

    def _cancel(self) -> None:
        from semtel_airflow.resources import task_resources
        from semtel_ops.steps.classify_batch import cancel_shard

        cancel_shard(self.shard, resources=task_resources())

    def _continue(self, state: BatchState | ShardManifest) -> ShardManifest:
        """Return the manifest of a landed shard; defer otherwise."""
        from semtel_ops.steps.classify_batch import has_landed

        if has_landed(state):
            return state
        return self._wait_for(cast("BatchState", state))

    def _wait_for(self, state: BatchState) -> NoReturn:
        from semtel_airflow.triggers import BatchShardTrigger

        jobs = ", ".join(f"{watch['provider_id']} at {watch['endpoint']}" for watch in state["watches"]) or "none yet"
        self.log.info("shard %s: waiting for batch jobs %s; %d not submitted yet", state["shard"], jobs, state["waiting"])
        now = time.time()
        self.defer(
            trigger=BatchShardTrigger(state=state, not_before=now + MIN_DEFER_S),
            method_name="execute_complete",
            timeout=_longest_wait(state["land_by"] or state["deadline"], now),
        )


def _longest_wait(deadline: float | None, now: float) -> timedelta:
    return LONGEST_WAIT if deadline is None else timedelta(seconds=max(0.0, deadline - now)) + GRACE


class ReportOperator(BaseOperator):
    """Writes the report of a run. A button on the task's page opens it.

    Args:
        run: URL of the run; None skips the task, and so does a dry run.
        required: result of an earlier task; None or an empty result skips the task, because there is nothing to report.
    """

    template_fields: Sequence[str] = ("run", "required")
    operator_extra_links = (ReportLink(),)

    def __init__(self, *, run: TaskResult, required: TaskResult = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run
        self.required = required

    def execute(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 - Airflow's signature
        from semtel_airflow.resources import task_alerts
        from semtel_ops.steps.report import report_run

        skip_in_dry_run()
        or_skip(self.required)
        return report_run(str(or_skip(self.run)), airflow_url=task_alerts().airflow_url)


class AlignmentPageOperator(BaseOperator):
    """Writes the page of an alignment. A button on the task's page opens it.

    Args:
        alignment: URL of the alignment's plan.json.
    """

    template_fields: Sequence[str] = ("alignment",)
    operator_extra_links = (AlignmentLink(),)

    def __init__(self, *, alignment: TaskResult, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alignment = alignment

    def execute(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 - Airflow's signature
        from semtel_ops.steps.align_compare import write_alignment_page

        return write_alignment_page(str(or_skip(self.alignment)))
