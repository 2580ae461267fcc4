"""
### Clean the lake

Removes files and replies that are older than `retention` in `pipeline.yaml` allows, on the first of each month. Without that
setting everything is kept. Files of runs that have not ended are kept, and labels, rows and reports of published runs.

The result of `clean` says for each kind what was removed, and what asking for the removed replies again would cost. Trigger it
with *Dry run* to see that beforehand; `semtel lake show` says how large each kind is.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

from semtel_airflow.defaults import ADHOC_ARGS, SHARD_TIMEOUT


@task(execution_timeout=SHARD_TIMEOUT)
def clean() -> dict[str, Any]:
    """Remove what is older than its retention."""
    from semtel_ops.settings import Settings
    from semtel_ops.steps.lake_clean import clean_lake

    return dict(clean_lake(settings=Settings.from_env(), dry_run=get_current_context()["params"]["dry_run"]))


with DAG(
    "semtel_lake_clean",
    schedule="0 5 1 * *",
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=ADHOC_ARGS,
    params={
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description_md="Count what would be removed, and what asking again would cost; change nothing.",
        )
    },
    doc_md=__doc__,
    description="Removes what is older than its retention from the lake, each month.",
    tags=["semantic-telemetry", "privacy"],
):
    clean()
