"""
### Correct shares with gold labels

People label conversations at any time. A week's shares are corrected with gold labels when it is published, and once a day this
DAG corrects published weeks again with the gold labels that there are now. It changes the corrected columns of `weekly_share`
and the reports of weeks where they changed, and nothing else. It sends no requests.

Trigger it to see new gold labels in the shares at once, or for one week only.

| Failed task | Cause | What to do |
|---|---|---|
| `correct` | The week of the form is not published | Trigger it with one that is |
| | Another run of the week was published meanwhile | *Clear*: it starts again |
"""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

from semtel_airflow.defaults import ADHOC_ARGS, SHARD_TIMEOUT


@task(execution_timeout=SHARD_TIMEOUT)
def correct() -> dict[str, Any]:
    """Correct the shares of one published week, or of all of them."""
    from semtel_ops.settings import Settings
    from semtel_ops.steps.correct import correct_weeks

    return dict(correct_weeks(settings=Settings.from_env(), week=get_current_context()["params"]["week"]))


with DAG(
    "semtel_correct",
    schedule="30 4 * * *",
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=ADHOC_ARGS,
    params={
        "week": Param(
            None,
            type=["null", "string"],
            pattern=r"^\d{4}-W\d{2}$",
            title="Week",
            description_md="A published ISO week, such as 2026-W47. Empty: every published week.",
        )
    },
    doc_md=__doc__,
    description="Corrects the label shares of published weeks with the gold labels that there are now.",
    tags=["semantic-telemetry", "gold"],
):
    correct()
