"""What Airflow calls when a run is late."""

from datetime import UTC, datetime

import pytest
from airflow.sdk import DAG

from semtel_airflow import deadline
from semtel_ops.steps import alert

CONTEXT = {
    "dag_run": {
        "dag_id": "semantic_telemetry_weekly",
        "dag_run_id": "scheduled__2026-11-23",
        "conf": {},
        "data_interval_start": "2026-11-16T00:00:00Z",
        "run_after": "2026-11-23T00:00:00Z",
    },
    "deadline": {"id": "…", "deadline_time": datetime(2026, 11, 25, tzinfo=UTC)},
}


@pytest.fixture
def raised(monkeypatch):
    calls = []
    monkeypatch.setattr(alert, "alert_deadline", lambda week, run_id, **named: calls.append((week, run_id, named["due"])))
    return calls


def test_the_week_is_that_of_the_data_interval_or_of_the_form(raised):
    deadline.deadline_passed(CONTEXT)
    deadline.deadline_passed({**CONTEXT, "dag_run": {**CONTEXT["dag_run"], "conf": {"week": "2026-W40"}}})
    due = datetime(2026, 11, 25, tzinfo=UTC)
    assert raised == [("2026-W47", "scheduled__2026-11-23", due), ("2026-W40", "scheduled__2026-11-23", due)]


def test_a_run_by_hand_without_an_interval_is_of_the_week_before(raised):
    deadline.deadline_passed({**CONTEXT, "dag_run": {**CONTEXT["dag_run"], "data_interval_start": None}})
    assert raised[0][0] == "2026-W47"


def test_a_test_run_goes_without_the_deadline_and_leaves_it_as_it_was(monkeypatch):
    seen = []

    def test(self, *_, **named):
        seen.append((self.deadline, named))
        raise KeyboardInterrupt

    monkeypatch.setattr(DAG, "test", test)
    dag = deadline.DeadlineDAG("with_a_deadline", schedule=None, deadline=deadline.weekly_deadline())
    (alert,) = dag.deadline
    assert alert.interval == deadline.WEEK_LANDS_WITHIN
    with pytest.raises(KeyboardInterrupt):
        dag.test(run_conf={"week": "2026-W40"})
    assert seen == [(None, {"run_conf": {"week": "2026-W40"}})]
    assert dag.deadline == [alert]
