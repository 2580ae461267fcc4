"""
### Relabel published weeks

For weeks whose labels are wrong or incomplete: choose the rows to label again; all other rows are carried over. A reprocess is
a run of the week like any other, with a run id of its own. The rows of earlier runs are kept, and the ledger records who
started the reprocess and why.

1. `plan` → `route`
2. For each shard of all weeks, in realtime (`realtime`) or in batch jobs (`batch`): `prepare` → `classify` → `check`
3. For rows that batch jobs left unanswered: `find_unanswered` → `rescue`
4. For each week: `gather` → `validate`
5. For all weeks together: `summarize_changes` → `needs_approval` → `approve` → `record_decision`
6. For each week: `publish` → `report` → `alert`; finally `close`

**Start with a dry run.** *Dry run* is ticked by default. It counts rows by status and forecasts requests, tokens, the cost in
both lanes and how many replies are reused. It sends no requests and writes only the folder of its own run; the log of `gather`
has the result. Then trigger again without it.

**What is requested again.** For selected rows without success, requests are always sent again. For other selected rows, replies
on record are reused at no cost, unless the prompt, the model or the text has changed, or *Fresh* is ticked.

**Several weeks** form one run. Shards of all weeks are labelled side by side. Each week is validated and published by itself,
and compared with the weeks before it as this run labels them. A week that the quality gate stops does not delay the others.

**Approval.** Before a published week is replaced, `approve` waits under *Required Actions* and shows what would change, what it
cost and the verdict of the quality gate. If a person rejects the change, or nobody answers within 7 days, the published labels
stay. Untick *Ask before publishing* to publish without approval.

| Failed task | Cause | What to do |
|---|---|---|
| `plan` | The form is invalid, or a week has no run or sample to start from; the message names it | Trigger again |
| `realtime.*`, `batch.*` | One shard failed after its retries; the others are complete | *Clear* that shard: it continues |
| `validate` | The quality gate stopped that week; it is not published | Read its report, correct the cause, then reprocess |
| `close` | A week is not published; the message says why | See the first failed task |

Clearing is always safe: repeating a task changes nothing, and no request is paid for twice.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, chain, get_current_context, task

from semtel_airflow.defaults import DEFAULT_ARGS, documented_task
from semtel_airflow.lanes import MACROS, label_shards, route
from semtel_airflow.operators import ReportOperator
from semtel_airflow.publishing import alert, publish, validate
from semtel_airflow.reprocess_form import reprocess_params
from semtel_airflow.xcom_args import as_list, or_fail, or_skip
from semtel_ops.runs.refs import ShardManifest, ShardRef, ShardResult

DECIDE_WITHIN = timedelta(days=7)
"""An approval without an answer counts as rejected after this time."""

WEEK = "{{ week_of_run(task.op_kwargs['run']) }}"


@task
def plan() -> list[ShardRef]:
    """Check the form and select the rows to label again. Returns the shards of all weeks; sends no requests."""
    from semtel_airflow.connections import resolve_connection
    from semtel_airflow.reprocess_form import reprocess_request_of
    from semtel_ops.settings import Settings
    from semtel_ops.steps.reprocess import plan_reprocess

    context = get_current_context()
    dag_run = context["dag_run"]
    return plan_reprocess(
        reprocess_request_of(context["params"]),
        run_id=dag_run.run_id,
        requested_by=dag_run.triggering_user_name or "Airflow",
        settings=Settings.from_env(),
        resolve_connection=resolve_connection,
    )


@task
def list_runs(shards: list[ShardRef]) -> list[str]:
    """List the runs, one for each week."""
    from semtel_ops.steps.reprocess import runs_of

    return runs_of(shards)


@documented_task(trigger_rule="all_done", map_index_template=WEEK)
def gather(
    run: str,
    realtime: list[ShardResult] | None,
    batch: list[ShardManifest] | None,
    rescued: list[ShardManifest] | None,
) -> dict[str, Any]:
    """Add up the week's shards. Every row of a shard that did not land gets the status `missing`."""
    from semtel_ops.steps.reprocess import gather_week

    return gather_week(run, [*as_list(realtime), *as_list(batch), *as_list(rescued)])


@task(trigger_rule="all_done", multiple_outputs=True)
def summarize_changes(verdicts: list[dict[str, Any]] | dict[str, Any] | None) -> dict[str, Any]:
    """Compare the weeks that passed the quality gate with what is published. Skipped if there are none."""
    from semtel_ops.steps.approval import summarize_changes

    return summarize_changes(or_skip(as_list(verdicts)))


@task.short_circuit(ignore_downstream_trigger_rules=False)
def needs_approval(ask: bool) -> bool:
    """Skip `approve` if no published week would be replaced, or the form does not ask for approval."""
    return ask


@task(trigger_rule="none_failed")
def record_decision(runs: list[str] | None, response: dict[str, Any] | None) -> list[str]:
    """Record who decided what. Returns the runs to publish: all of them, or none if they were rejected."""
    from semtel_ops.steps.approval import record_decision

    return record_decision(or_skip(runs), response)


@task(trigger_rule="all_done")
def close(runs: list[str] | None) -> dict[str, Any]:
    """Decide the state of the run: success if every week is published or was rejected, otherwise failed with the reason."""
    from semtel_ops.steps.approval import close_reprocess

    return close_reprocess(or_fail(runs))


with DAG(
    "semantic_telemetry_reprocess",
    schedule=None,
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=False,  # it has no schedule: it runs when a person triggers it
    max_active_runs=1,  # two runs that replace one week would each be compared with what the other replaces
    default_args=DEFAULT_ARGS,
    params=reprocess_params(),
    user_defined_macros=MACROS,
    doc_md=__doc__,
    description="Labels selected rows of published weeks again and replaces the weeks once a person approves.",
    tags=["semantic-telemetry", "reprocess", "llm"],
):
    shards = plan()
    runs = list_runs(shards)
    labelled = label_shards(route(shards), name_weeks=True)
    changes = summarize_changes(
        validate.override(map_index_template="{{ task.op_kwargs['gathered']['week'] }}").expand(
            gathered=gather.partial(**labelled._asdict()).expand(run=runs)
        )
    )
    # Not the approval operator: it would skip what follows a rejection, including the record of it.
    approve = HITLOperator(
        task_id="approve",
        options=["Approve", "Reject"],
        subject=changes["subject"],
        body=changes["body"],
        response_timeout=DECIDE_WITHIN,
        execution_timeout=None,
        defaults="Reject",
        doc_md="Wait for a decision, without occupying a worker. *Approve* publishes the weeks; *Reject* changes nothing.",
    )
    chain(needs_approval(changes["ask"]), approve)
    published = publish.override(map_index_template=WEEK).expand(run=record_decision(changes["runs"], approve.output))
    report = ReportOperator.partial(
        task_id="report",
        trigger_rule="all_done",
        map_index_template="{{ week_of_run(task.run) }}",
        doc_md="Write the week's report, for a stopped or rejected week too: the report shows why.",
    ).expand(run=runs)
    chain(published, report, alert.override(map_index_template=WEEK).expand(run=runs), close(runs))
