"""The tasks that judge, publish and report a gathered week, the same in every DAG that labels."""

from typing import Any

from airflow.sdk import get_current_context

from semtel_airflow.assets import WEEKLY_LABELS
from semtel_airflow.defaults import documented_task
from semtel_airflow.xcom_args import or_skip, skip_in_dry_run


@documented_task(multiple_outputs=True)
def validate(gathered: dict[str, Any]) -> dict[str, Any]:
    """Run the quality gate. Fails if the week may not be published; the message names the checks and their limits."""
    from semtel_ops.steps.validate import raise_if_stopped, validate_run

    skip_in_dry_run()
    return raise_if_stopped(validate_run(gathered["run"]))


@documented_task(outlets=[WEEKLY_LABELS])
def publish(run: str) -> dict[str, Any]:
    """Make this run the week's labels: Parquet files, SQL rows and weekly shares. Publishing it twice changes nothing."""
    from semtel_ops.steps.publish import publish_run

    published = publish_run(run)
    get_current_context()["outlet_events"][WEEKLY_LABELS].extra = published
    return published


@documented_task(trigger_rule="all_done")
def alert(run: str | None) -> dict[str, Any]:
    """Raise and resolve the week's alerts and notify the configured channels. A channel that fails does not fail the run."""
    from semtel_airflow.resources import task_alerts
    from semtel_ops.steps.alert import alert_run

    skip_in_dry_run()
    return alert_run(or_skip(run), alerts=task_alerts())
