"""The links on a task's page: computed on a worker, kept as XComs."""

from types import SimpleNamespace

import pytest

from semtel_airflow.links import BatchJobsLink, ReportLink
from semtel_airflow.operators import AlignmentPageOperator, ClassifyBatchOperator, ReportOperator
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.align_plan import AlignmentPlan

RUN_ID = "scheduled__2026-11-23T00:00:00+00:00"


@pytest.fixture
def reference(monkeypatch):
    monkeypatch.setattr(RunPlan, "load", lambda _: SimpleNamespace(week="2026-W40", run_id=RUN_ID))
    return {"run": "lake/run.json", "shard": 3}


def test_a_shard_in_batches_leads_to_the_jobs_of_its_run(reference):
    operator = ClassifyBatchOperator(task_id="classify", shard=reference)
    (link,) = operator.operator_extra_links
    assert link.get_link(operator, ti_key=None) == (
        "/semtel/page#/batch?week=2026-W40&run_id=scheduled__2026-11-23T00%3A00%3A00%2B00%3A00"
    )


def test_the_task_that_reports_leads_to_the_report(reference):
    operator = ReportOperator(task_id="report", run=reference["run"])
    (link,) = operator.operator_extra_links
    address = link.get_link(operator, ti_key=None)
    assert address.startswith("/semtel/report?week=2026-W40&run_id=")


def test_the_task_that_writes_an_alignment_leads_to_its_page(monkeypatch):
    monkeypatch.setattr(AlignmentPlan, "load", lambda _: SimpleNamespace(id="luna 2"))
    operator = AlignmentPageOperator(task_id="report", alignment="lake/experiments/luna/plan.json")
    (link,) = operator.operator_extra_links
    assert link.get_link(operator, ti_key=None) == "/semtel/alignment?alignment=luna+2"


def test_an_airflow_below_a_path_has_its_pages_there(reference, monkeypatch):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://data.example/airflow/")
    link = BatchJobsLink().get_link(SimpleNamespace(shard=reference), ti_key=None)
    assert link.startswith("/airflow/semtel/page#/batch?")


def test_a_try_without_arguments_has_no_link_and_does_not_fail_for_it():
    assert BatchJobsLink().get_link(SimpleNamespace(shard="{{ nothing }}"), ti_key=None) == ""
    assert ReportLink().get_link(SimpleNamespace(run=None), ti_key=None) == ""
