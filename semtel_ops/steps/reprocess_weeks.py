"""A whole reprocess on one machine: the steps of its DAG, one after another, in this process."""

from collections.abc import Callable
from typing import Any

from semtel_ops.runs.progress import Progress
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import Settings
from semtel_ops.steps.alert import alert_run
from semtel_ops.steps.approval import close_reprocess, record_decision, summarize_changes
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.report import report_run
from semtel_ops.steps.reprocess import gather_week, plan_reprocess, runs_of
from semtel_ops.steps.route import route_shards
from semtel_ops.steps.validate import validate_run

Decide = Callable[[str, str], dict[str, Any]]
"""Puts a question (subject, body in Markdown) to a person; their answer is as Airflow's approval gives it."""


def reprocess_weeks(
    request: dict[str, Any], *, run_id: str, requested_by: str, settings: Settings, progress: Progress, decide: Decide
) -> dict[str, Any]:
    """All of it, for all weeks, from the plan to the reports; a dry run ends with its forecasts.

    Raises:
        QualityGateError: the gate stopped a week; the weeks it let through are published, and all have their reports.
    """
    shards = plan_reprocess(request, run_id=run_id, requested_by=requested_by, settings=settings)
    runs = runs_of(shards)
    landed = list(land_shards(route_shards(shards), resources=Resources(progress=progress)))
    gathered = [gather_week(run, landed) for run in runs]
    if gathered[0]["dry_run"]:
        return {"run_id": run_id, "dry_run": True, "weeks": gathered}
    weighed = summarize_changes([validate_run(run) for run in runs])
    answer = decide(weighed["subject"], weighed["body"]) if weighed["ask"] else None
    for run in record_decision(weighed["runs"], answer):
        publish_run(run)
    for run in runs:
        report_run(run)
        alert_run(run)
    return {"run_id": run_id, "dry_run": False, **close_reprocess(runs)}
