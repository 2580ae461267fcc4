"""A whole week on one machine: the steps of the DAG, one after another, in this process."""

from typing import Any

from semtel_ops.errors import QualityGateError, ReconciliationError
from semtel_ops.runs.progress import Progress
from semtel_ops.runs.refs import ShardRef
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import Settings
from semtel_ops.steps.alert import alert_run
from semtel_ops.steps.bridge import build_bridge
from semtel_ops.steps.close import close_run
from semtel_ops.steps.extract import extract_part
from semtel_ops.steps.gather import gather_run
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.plan import list_parts, plan_run
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.report import report_run
from semtel_ops.steps.route import route_shards
from semtel_ops.steps.sample import sample_week
from semtel_ops.steps.validate import raise_if_stopped, validate_run


def ingest_week(request: dict[str, Any], *, run_id: str, settings: Settings) -> list[ShardRef]:
    """Plan, extract and sample; returns the shards."""
    run = plan_run(request, run_id=run_id, settings=settings)
    return sample_week([extract_part(part) for part in list_parts(run)])


def run_week(request: dict[str, Any], *, run_id: str, settings: Settings, progress: Progress) -> dict[str, Any]:
    """All of it, from source to report. The report is written for a stopped week too.

    Raises:
        QualityGateError: the gate stopped the week; its report says why.
    """
    shards = ingest_week(request, run_id=run_id, settings=settings)
    routed, resources, run = route_shards(shards), Resources(progress=progress), shards[0]["run"]
    build_bridge(run, routed, resources=resources, wait_for_batches=True)
    landed = list(land_shards(routed, resources=resources))
    gathered = gather_run(run, landed)
    if gathered["dry_run"]:
        return close_run(run)
    try:
        raise_if_stopped(validate_run(run))
        publish_run(run)
    except (QualityGateError, ReconciliationError):
        report_run(run)
        alert_run(run)
        close_run(run)
        raise
    report_run(run)
    alert_run(run)
    return close_run(run)
