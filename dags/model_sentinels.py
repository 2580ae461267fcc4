"""
### Sentinels

Every morning, the same conversations are asked at each endpoint by plain requests, for cents. A model that changes is noticed
on the day on which it changes, not in the report of the week.

1. `look_at_models`: endpoints are asked when their model shuts down. An alert 90, 30 and 7 days before has the command that
   compares the model with its successor.
2. `ask_sentinels`: 100 conversations of the last published week, asked and compared. Two things raise an alert on the same day:
   another model answers under the name that is asked for, or more labels differ from the labels of reference than those of an
   unchanged model do.

**The first run** measures the labels of reference: all conversations are asked ten times. *Dry run* says beforehand what that
costs. `sentinels` in `pipeline.yaml` has the number of conversations, the classifiers and the budget of a day.

**After an alert** compare the model as it answers now (`model_alignment`, `semtel align`). To accept it, trigger this DAG with
*New baseline*. `semtel sentinels show` has every day.

| Failed task | Cause | What to do |
|---|---|---|
| `look_at_models` | `endpoints.yaml` or `models.yaml` is wrong; the log names the setting | Correct it, then *Clear* |
| `ask_sentinels` | An endpoint did not answer; the others are done | *Clear*, or wait for tomorrow |
| `ask_sentinels` | The budget of the day is used up | Raise `sentinels.budget_usd`, or wait: the rest is asked tomorrow |

Clearing is always safe: what was answered is not asked again.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

from semtel_airflow.defaults import ADHOC_ARGS, SHARD_TIMEOUT


@task
def look_at_models() -> dict[str, Any]:
    """Ask each endpoint, once a day and for free, when its model shuts down, and raise an alert in time."""
    from semtel_airflow.resources import task_alerts, task_resources
    from semtel_ops.settings import Settings
    from semtel_ops.steps.model_listing import look_at_models as look

    return look(settings=Settings.from_env(), resources=task_resources(), alerts=task_alerts())


@task(execution_timeout=SHARD_TIMEOUT, trigger_rule="all_done")
def ask_sentinels() -> dict[str, Any]:
    """Ask the sentinels of today and judge their answers. A day that was asked is not asked again."""
    from semtel_airflow.resources import task_alerts, task_resources
    from semtel_ops.settings import Settings
    from semtel_ops.steps.sentinels import run_sentinels

    params = get_current_context()["params"]
    return run_sentinels(
        settings=Settings.from_env(),
        resources=task_resources(),
        alerts=task_alerts(),
        new_baseline=params["new_baseline"],
        dry_run=params["dry_run"],
    )


with DAG(
    "model_sentinels",
    schedule="30 4 * * *",
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # two runs would measure the same day
    default_args=ADHOC_ARGS,
    params={
        "new_baseline": Param(
            False,
            type="boolean",
            title="New baseline",
            description_md="Accept how the models answer now: their answers of today become the labels of reference.",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description_md="Forecast the requests and the cost of today; ask and record nothing.",
        ),
    },
    doc_md=__doc__,
    description="Asks fixed conversations every day, and tells a person when a model has changed or retires.",
    tags=["semantic-telemetry", "models"],
):
    look_at_models() >> ask_sentinels()
