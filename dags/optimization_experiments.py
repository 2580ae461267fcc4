"""
### Measure what fewer requests and tokens cost in quality

Labels one sample of conversations with every strategy of a grid: several conversations in a request, all classifiers in one
request, a grader that reviews packed labels, other token budgets, other models. Then it compares the labels with those of plain
requests (one conversation and one classifier each) or with golden labels, and recommends a strategy.

`plan` → `forecast` → `measure` (one task per cell of the grid) → `compare` → `report`

**Start with a dry run.** *Dry run* is ticked by default: `forecast` logs the requests, the tokens and the cost of every cell.
Then trigger again without it, with the same name. *Maximum cost* applies to the whole experiment.

**Read the result.** The log of `report` has the path of the report. The report has the table, the charts, the cheapest strategy
that reaches *Minimum kappa*, and the lines to paste into `pipeline.yaml`.

**Why it matters.** A weekly run uses a configured strategy only if an experiment supports it: one with the same strategy,
prompts and models that is recent enough and in which every classifier reaches the minimum kappa. Otherwise the run sends plain
requests, and the log of its `plan` says why.

| Failed task | Cause | What to do |
|---|---|---|
| `plan` | The form or a file is invalid, or the name belongs to an experiment with another sample | Correct it, then *Clear* |
| `measure` | The budget is spent | Trigger again with the same name and a higher *Maximum cost* |
| `measure` | An endpoint fails | Correct the cause, then *Clear*: it continues |
| `compare` | A cell has no result | *Clear* that cell |

Cells run one after another: they share the endpoints' quota, so running them side by side would gain nothing, and the budget
stays exact. No request is paid for twice: cells with the same requests share their replies, and replies to plain requests of
weekly runs are reused.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, get_current_context, task

from semtel_airflow.defaults import ADHOC_ARGS, SHARD_TIMEOUT, documented_task
from semtel_airflow.experiment_form import experiment_params
from semtel_airflow.xcom_args import as_list
from semtel_ops.runs.refs import CellRef


@task
def plan() -> list[CellRef]:
    """Check the form and the files, draw the sample, and expand the grid into cells."""
    from semtel_airflow.experiment_form import experiment_of
    from semtel_ops.settings import Settings
    from semtel_ops.steps.experiment_plan import plan_in_lake

    context = get_current_context()
    dag_run = context["dag_run"]
    name, request = experiment_of(context["params"], run_id=dag_run.run_id, run_after=dag_run.run_after)
    return plan_in_lake(request, experiment_id=name, settings=Settings.from_env())


@task(execution_timeout=SHARD_TIMEOUT)
def forecast(cells: list[CellRef]) -> list[CellRef]:
    """Log the requests, tokens and cost of each cell. In a dry run, the remaining tasks are skipped."""
    from semtel_airflow.connections import resolve_connection
    from semtel_ops.steps.experiment import forecast_experiment

    return forecast_experiment(cells, resolve_connection=resolve_connection)


@documented_task(
    map_index_template="{{ task.op_kwargs['cell']['name'] }}", max_active_tis_per_dagrun=1, execution_timeout=SHARD_TIMEOUT
)
def measure(cell: CellRef) -> dict[str, Any]:
    """Label the sample with one strategy, as often as the experiment repeats it. Cleared after a failure, it continues."""
    from semtel_airflow.connections import resolve_connection
    from semtel_ops.steps.experiment_cell import measure_cell

    return measure_cell(cell, resolve_connection=resolve_connection)


@task
def compare(cells: list[dict[str, Any]] | dict[str, Any]) -> dict[str, Any]:
    """Compare every cell with the baseline and record the results, which decide whether weekly runs use a strategy."""
    from semtel_ops.steps.experiment import compare_experiment

    return compare_experiment(as_list(cells)[0]["experiment"])


@task
def report(compared: dict[str, Any]) -> dict[str, Any]:
    """Write the report and log its path."""
    from semtel_ops.steps.experiment import write_page

    return {**compared, **write_page(compared["plan"])}


with DAG(
    "optimization_experiments",
    schedule=None,
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=False,  # it has no schedule: it runs when a person triggers it
    max_active_runs=1,  # a cell's budget counts what the cells before it have spent
    default_args=ADHOC_ARGS,
    params=experiment_params(),
    doc_md=__doc__,
    description="Measures what packing, combining, truncating and other models cost in quality, and recommends a strategy.",
    tags=["semantic-telemetry", "experiment", "llm"],
):
    report(compare(measure.expand(cell=forecast(plan()))))
