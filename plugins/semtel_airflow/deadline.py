"""The weekly run's deadline, watched by Airflow: it also fires for a run that hangs, which no task of the run could tell."""

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import BaseDeadlineReference, DeadlineAlert, SyncCallback

log = logging.getLogger(__name__)

WEEK_LANDS_WITHIN = timedelta(hours=48)
"""From when the run was made. A run with a deadline of its own is told of by that one, where it is later."""


class RunCreatedAt(BaseDeadlineReference):
    """When a run was made; Airflow asks once, then. A cleared run keeps its deadline.

    Not Airflow's own DAGRUN_QUEUED_AT: with that, 3.3.2 answers 500 to every Clear of a task while the deadline is ahead.
    """

    required_kwargs: frozenset[str] = frozenset()

    def _evaluate_with(self, **_: Any) -> datetime:
        return datetime.now(UTC)


def weekly_deadline() -> list[DeadlineAlert]:
    """For the DAG; none under `airflow dags test`, which in Airflow 3.3.2 fails at the end of a DAG that has one."""
    if sys.argv[1:3] == ["dags", "test"]:
        return []
    # In the executor, which knows connections; the triggerer is left to wait for batches.
    callback = SyncCallback(deadline_passed)
    return [DeadlineAlert(reference=RunCreatedAt(), interval=WEEK_LANDS_WITHIN, callback=callback)]


def deadline_passed(context: Mapping[str, Any]) -> None:
    """Raise that the run is late. Airflow gives the run as its API shows it, and the deadline."""
    from semtel_airflow.notifiers import alert_context, week_of
    from semtel_ops.steps.alert import alert_deadline

    run = context["dag_run"]
    due = _moment(context["deadline"]["deadline_time"]) or datetime.now(UTC)
    week = week_of(
        run.get("conf") or {},
        data_interval_start=_moment(run.get("data_interval_start")),
        run_after=_moment(run["run_after"]) or due,
    )
    raised = alert_deadline(week, run["dag_run_id"], due=due, alerts=alert_context(run["dag_id"]))
    log.info("deadline of %s: %s", run["dag_run_id"], "told" if raised else "nothing to tell")


def _moment(value: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
