"""The deadline of the weekly run. Airflow monitors it, because no task can report that the run hangs."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import BaseDeadlineReference, DeadlineAlert

log = logging.getLogger(__name__)

WEEK_LANDS_WITHIN = timedelta(hours=48)
"""Counted from the creation of the run. A later deadline in the run's form takes precedence."""


class RunCreatedAt(BaseDeadlineReference):
    """The time at which a run is created. A cleared run keeps its deadline.

    Airflow's own DAGRUN_QUEUED_AT is not used: with it, Airflow 3.3.2 answers 500 when a task is cleared before the deadline.
    """

    required_kwargs: frozenset[str] = frozenset()

    def _evaluate_with(self, **_: Any) -> datetime:
        return datetime.now(UTC)


class DeadlineDAG(DAG):
    """A DAG with a deadline that `airflow dags test` can run.

    In Airflow 3.3.2, `airflow dags test` fails at the end of a run of a DAG with a deadline (apache/airflow#73428), so a test
    run has no deadline. Nothing else differs; an Airflow with the fix does not need this class.
    """

    def test(self, *args: Any, **kwargs: Any) -> Any:
        deadline, self.deadline = self.deadline, None
        try:
            return super().test(*args, **kwargs)
        finally:
            self.deadline = deadline


def weekly_deadline() -> DeadlineAlert:
    """The deadline of every weekly run."""
    # An executor callback can use connections, and leaves the triggerer to wait for batch jobs.
    callback = SyncCallback(deadline_passed)
    return DeadlineAlert(reference=RunCreatedAt(), interval=WEEK_LANDS_WITHIN, callback=callback)


def deadline_passed(context: Mapping[str, Any]) -> None:
    """Raise an alert that the run is late. `context` has the run in the format of Airflow's API, and the deadline."""
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
    log.info("deadline of %s: %s", run["dag_run_id"], "alert raised" if raised else "no alert needed")


def _moment(value: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
