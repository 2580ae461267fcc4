"""Buttons on a task's page in the UI that lead to this project's own page: a shard's batch jobs, a run's report.

Airflow asks for a link whenever a try ends or is deferred, on the worker, and keeps the answer as an XCom. A try that ended
before it had its arguments has none to give, and the button stays grey.
"""

from typing import Any
from urllib.parse import urlencode, urlsplit

from airflow.sdk import BaseOperatorLink
from airflow.sdk.configuration import conf


class BatchJobsLink(BaseOperatorLink):
    """From a shard that is asked in batches to the jobs of its run."""

    name = "Batch jobs"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 - Airflow's signature
        return _page_of(operator.shard, "page#/batch")


class ReportLink(BaseOperatorLink):
    """From the task that wrote a run's report to the report."""

    name = "Report"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 - Airflow's signature
        routed = operator.op_args[0]
        return _page_of(routed[0], "report") if isinstance(routed, list) and routed else ""


def _page_of(reference: Any, page: str) -> str:
    """A page about the run that a reference to a part or a shard names; an Airflow below a path has it below that too."""
    from semtel_ops.runs.plan import RunPlan

    if not isinstance(reference, dict):
        return ""
    plan = RunPlan.load(reference["run"])
    below = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    return f"{below}/semtel/{page}?{urlencode({'week': plan.week, 'run_id': plan.run_id})}"
