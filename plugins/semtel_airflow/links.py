"""Buttons on a task's page in Airflow that open pages of this plugin: batch jobs and report of a run, an alignment.

Airflow computes a link on the worker when a try ends or is deferred, and stores it as an XCom. A try that ended before its
arguments were rendered has no link, and its button is disabled.
"""

from typing import Any
from urllib.parse import urlencode, urlsplit

from airflow.sdk import BaseOperatorLink
from airflow.sdk.configuration import conf


class BatchJobsLink(BaseOperatorLink):
    """From a shard in the batch lane to the batch jobs of its run."""

    name = "Batch jobs"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 - Airflow's signature
        return _page_of(operator.shard["run"], "page#/batch") if isinstance(operator.shard, dict) else ""


class ReportLink(BaseOperatorLink):
    """From the task that writes a run's report to the report."""

    name = "Report"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 - Airflow's signature
        return _page_of(operator.run, "report") if isinstance(operator.run, str) else ""


class AlignmentLink(BaseOperatorLink):
    """From the task that writes the page of an alignment to the page."""

    name = "Alignment"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 - Airflow's signature
        from semtel_ops.steps.align_plan import AlignmentPlan

        if not isinstance(operator.alignment, str):
            return ""
        return f"{_below()}/semtel/alignment?{urlencode({'alignment': AlignmentPlan.load(operator.alignment).id})}"


def _page_of(run: str, page: str) -> str:
    """The address of a page about a run, below the path at which Airflow is served."""
    from semtel_ops.runs.plan import RunPlan

    plan = RunPlan.load(run)
    return f"{_below()}/semtel/{page}?{urlencode({'week': plan.week, 'run_id': plan.run_id})}"


def _below() -> str:
    """The path at which Airflow is served."""
    return urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
