"""
### What fewer calls and fewer tokens cost in quality

Asks one sample of conversations in every way of a grid: several conversations a call, several classifiers a call, a grader
that looks again, other budgets of tokens, other models. Compares the labels with those of plain calls (or with golden ones),
and says which strategy to use.

`plan` → `forecast` → `ask` ×cells → `compare` → `page`

**Try it.** Press ▶ *Trigger* with *Dry run* as it is: `forecast` says in its log what every cell would ask and cost. Nothing is
asked. Trigger again with *Dry run* off and the same name to ask. *Maximum cost* holds for the whole experiment.

**Read the result.** `page` says where the page lies: the table, the pictures, the setting to use under the floor, and the lines
to paste into `pipeline.yaml`.

**Why it matters.** A weekly run that is configured to use a strategy looks for an experiment that speaks for it: of the same
strategy, prompts and models, not too old, every kappa above the floor. Without one it asks plain calls and says so.

| task | it is red when | what to press |
|---|---|---|
| `plan` | the form or a file is wrong, or the name is that of an experiment with another sample | correct it, *Clear* |
| `ask` | the budget is spent, or an endpoint fails | raise the budget under the same name; *Clear* goes on where it stopped |
| `compare` | a cell did not land | *Clear* that cell |

Cells are asked one after another: they share the endpoints' quota, so nothing is won by asking them at once, and the budget is
exact. No reply is paid for twice: cells and repeats that ask the same share answers, and plain calls of weekly runs are reused.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import dag, task

from semtel_airflow.defaults import ADHOC_ARGS, SHARD_TIMEOUT
from semtel_airflow.experiment_form import experiment_params
from semtel_airflow.xcom_args import as_list


@dag(
    schedule=None,
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=False,  # it runs only when somebody triggers it, and then should
    max_active_runs=1,  # a cell's budget counts what the cells before it have spent
    default_args=ADHOC_ARGS,
    params=experiment_params(),
    doc_md=__doc__,
    description="Measures what packing, combining, cutting and other models cost in quality, and recommends one.",
    tags=["semantic-telemetry", "experiment", "llm"],
)
def optimization_experiments() -> None:
    @task
    def plan(params: Any = None, dag_run: Any = None) -> list[dict]:
        """Checks form and files, draws the sample, and unfolds the grid into cells."""
        from semtel_airflow.experiment_form import experiment_of
        from semtel_ops.settings import Settings
        from semtel_ops.steps.experiment_plan import plan_in_lake

        name, request = experiment_of(params, run_id=dag_run.run_id, run_after=dag_run.run_after)
        return plan_in_lake(request, experiment_id=name, settings=Settings.from_env())

    @task(execution_timeout=SHARD_TIMEOUT)
    def forecast(cells: list[dict]) -> list[dict]:
        """Says what each cell would ask and cost. In a dry run, that is all: what comes after is left out."""
        from semtel_airflow.connections import resolve_connection
        from semtel_ops.steps.experiment import forecast_experiment

        return forecast_experiment(cells, resolve_connection=resolve_connection)

    @task(
        map_index_template="{{ task.op_kwargs['cell']['name'] }}",
        max_active_tis_per_dagrun=1,
        execution_timeout=SHARD_TIMEOUT,
        doc_md="Asks the sample by one strategy, as often as the experiment repeats. Cleared, it goes on where it stopped.",
    )
    def ask(cell: dict) -> dict:
        from semtel_airflow.connections import resolve_connection
        from semtel_ops.steps.experiment_cell import measure_cell

        return measure_cell(cell, resolve_connection=resolve_connection)

    @task
    def compare(cells: Any) -> dict:
        """Compares every cell with the baseline, and puts the results on record for the gate of weekly runs."""
        from semtel_ops.steps.experiment import compare_experiment

        return compare_experiment(as_list(cells)[0]["experiment"])

    @task
    def page(compared: dict) -> dict:
        """Writes the page, and says where it lies."""
        from semtel_ops.steps.experiment import write_page

        return {**compared, **write_page(compared["plan"])}

    page(compare(ask.expand(cell=forecast(plan()))))


optimization_experiments()
