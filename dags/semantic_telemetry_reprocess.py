"""
### Label weeks again, without losing what was there

For a week whose labels are wrong or missing: choose which rows are asked again; all others are carried over. It is a run of
the week like any other, with its own id; the rows of the earlier run are kept, and the ledger says who had it done and why.

1. `plan` → `route`
2. each shard of all weeks, asked now (`shard`) or in a batch (`batch`): `prepare` → `classify` → `check`
3. what batches left open: `overdue` → `rescue`
4. each week: `gather` → `validate`, then `summarize_changes` → `ask`, if need be → `record_decision`
5. each week: `publish` → `report` → `alert`, then `close`

**First dry.** *Dry run* is ticked: it counts the rows by what they were, the calls, the tokens, the price in both lanes, and
what would come out the same; it asks nothing and leaves only its own folder. See the log of `gather`. Then untick it.

**What is asked again.** Rows that did not succeed are always asked anew. Rows that did are answered from what is known, for
nothing, unless something that decides the answer is different (prompt, model, text) or *Fresh* is ticked.

**A range of weeks** is one run: shards of all weeks are asked side by side, each week is judged and published for itself, and
a week is compared with the weeks before it as this run labels them. A week the gate stops does not hold up the others.

**Who decides.** Where a published week would be replaced, `ask` waits under *Required Actions* and shows what changes, what
it cost and what the gate says. Rejected, or nobody for a week: the week stays as it is. Untick *Ask before publishing* to
leave it out.

| task | it is red when | what to press |
|---|---|---|
| `plan` | the form is wrong, or a week has no run or no sample to begin with; the message names it | trigger again |
| `shard.*`, `batch.*` | one shard failed after its retries; the others are finished | *Clear* that shard: it goes on |
| `validate` | the gate stopped that week; it is not published | read its report, correct the cause, reprocess |
| `close` | a week is not published; it says why in a sentence | see the first failed task |

Doing a task twice changes nothing, and no reply is paid for twice: clearing is safe.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import dag, get_current_context, task, task_group

from semtel_airflow.assets import WEEKLY_LABELS
from semtel_airflow.defaults import DEFAULT_ARGS, SHARD_TIMEOUT
from semtel_airflow.operators import ClassifyBatchOperator
from semtel_airflow.reprocess_form import reprocess_params
from semtel_airflow.xcom_args import as_list, needed, or_skip, skip_in_a_dry_run

ANSWER_WITHIN = timedelta(days=7)
"""After this nobody is waited for, and the weeks stay as they are."""


@dag(
    schedule=None,
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=False,  # it runs only when somebody triggers it, and then should
    max_active_runs=1,  # two runs that replace one week would each be compared with what the other replaces
    default_args=DEFAULT_ARGS,
    params=reprocess_params(),
    doc_md=__doc__,
    description="Labels chosen rows of published weeks again, and replaces the weeks when a person agrees.",
    tags=["semantic-telemetry", "reprocess", "llm"],
)
def semantic_telemetry_reprocess() -> None:
    @task
    def plan(params: Any = None, dag_run: Any = None) -> list[dict]:
        """Checks the form, finds the rows that are asked again, and returns the shards of all weeks. Asks nothing."""
        from semtel_airflow.reprocess_form import reprocess_request_of
        from semtel_ops.settings import Settings
        from semtel_ops.steps.reprocess import plan_reprocess

        return plan_reprocess(
            reprocess_request_of(params),
            run_id=dag_run.run_id,
            requested_by=dag_run.triggering_user_name or "Airflow",
            settings=Settings.from_env(),
        )

    @task
    def weeks(shards: list[dict]) -> list[str]:
        """The run of each week: what comes after the asking is done for each of them."""
        from semtel_ops.steps.reprocess import runs_of

        return runs_of(shards)

    @task
    def route(shards: list[dict]) -> list[dict]:
        """Chooses a lane for each shard, with its reason. Red when no lane can meet the deadline; nothing was asked then."""
        from semtel_airflow.connections import resolve_connection
        from semtel_ops.steps.reprocess import route_weeks

        return route_weeks(shards, resolve_connection=resolve_connection)

    # Two lists, not a branch: inside a mapped group Airflow would run both sides.
    @task
    def realtime_shards(routed: list[dict]) -> list[dict]:
        """The shards that are asked now. Empty: the group after it is left out."""
        from semtel_ops.steps.route import of_lane

        return of_lane(routed, "realtime")

    @task
    def batch_shards(routed: list[dict]) -> list[dict]:
        """The shards that are asked in batches. Empty: the group after it is left out."""
        from semtel_ops.steps.route import of_lane

        return of_lane(routed, "batch")

    shard_name = "shard {{ task.op_args[0]['shard'] }} of {{ task.op_args[0]['run'].split('week=')[1][:8] }}"

    @task(map_index_template=shard_name)
    def prepare(shard: dict) -> dict:
        """Compresses and truncates each conversation that is asked about to its token budget."""
        from semtel_ops.steps.prepare import prepare_shard

        return prepare_shard(shard)

    @task(map_index_template=shard_name, execution_timeout=SHARD_TIMEOUT)
    def classify(shard: dict, dag: Any = None) -> dict:
        """Asks about the chosen rows and carries the others over. Killed and cleared, it goes on."""
        from semtel_airflow.notifiers import alert_context
        from semtel_airflow.resources import task_resources
        from semtel_ops.steps.classify import classify_shard

        return classify_shard(shard, resources=task_resources(), alerts=alert_context(dag.dag_id))

    @task(map_index_template=shard_name)
    def check(shard: dict, dag: Any = None) -> dict:
        """Sees that the shard has exactly one row for each conversation and classifier. Tells when the budget runs out."""
        from semtel_airflow.metrics import AirflowMetrics
        from semtel_airflow.notifiers import alert_context
        from semtel_ops.steps.classify import check_shard

        return check_shard(shard, metrics=AirflowMetrics(), alerts=alert_context(dag.dag_id))

    # A straight line, so that one failing shard stops itself alone: joins and branches inside a mapped group do not.
    @task_group(group_id="shard")
    def label(shard: dict) -> Any:
        return check(classify(prepare(shard)))

    @task_group(group_id="batch")
    def label_in_batches(shard: dict) -> Any:
        landed = ClassifyBatchOperator(
            task_id="classify",
            shard=prepare(shard),
            map_index_template="shard {{ task.shard['shard'] }} of {{ task.shard['run'].split('week=')[1][:8] }}",
            execution_timeout=SHARD_TIMEOUT,
            doc_md="Submits the shard's batch jobs and waits for them without a worker. Retried, it goes on with them.",
        )
        return check(landed.output)

    @task(trigger_rule="all_done")
    def overdue(routed: list[dict] | None) -> list[dict]:
        """Finds the shards whose batches left rows unanswered, or did not land at all."""
        from semtel_ops.steps.reprocess import weeks_to_rescue

        return weeks_to_rescue(routed or [])

    @task(
        map_index_template="shard {{ task.op_kwargs['shard']['shard'] }} "
        "of {{ task.op_kwargs['shard']['run'].split('week=')[1][:8] }}",
        execution_timeout=SHARD_TIMEOUT,
        doc_md="Stops what still runs of a shard's batches, keeps what they finished, and asks the rest in realtime.",
    )
    def rescue(shard: dict, dag: Any = None) -> dict:
        from semtel_airflow.notifiers import alert_context
        from semtel_airflow.resources import task_resources
        from semtel_ops.steps.rescue import rescue_shard

        return rescue_shard(shard, resources=task_resources(), alerts=alert_context(dag.dag_id))

    week_name = "{{ task.op_kwargs['run'].split('week=')[1][:8] }}"

    @task(
        trigger_rule="all_done",
        map_index_template=week_name,
        doc_md="Adds the week's shards up, and gives every row of a shard that never landed the status `missing`.",
    )
    def gather(run: str, now: Any, in_batches: Any, rescued: Any) -> dict:
        from semtel_ops.steps.reprocess import gather_week

        return gather_week(run, [*as_list(now), *as_list(in_batches), *as_list(rescued)])

    @task(
        map_index_template="{{ task.op_kwargs['gathered']['week'] }}",
        doc_md="Runs the quality gate. Red means that this week is not published; the message names checks and bounds.",
    )
    def validate(gathered: dict) -> dict:
        from semtel_ops.steps.validate import raise_if_stopped, validate_run

        skip_in_a_dry_run(gathered)
        return raise_if_stopped(validate_run(gathered["run"]))

    @task(trigger_rule="all_done")
    def summarize_changes(verdicts: Any) -> dict:
        """Compares the weeks the gate let through with what is published. Left out where there is none."""
        from semtel_ops.steps.approval import summarize_changes

        return summarize_changes(or_skip(as_list(verdicts)))

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def to_be_asked(weighed: dict) -> bool:
        """Whether a person decides; otherwise the question is left out."""
        return bool(weighed["ask"])

    @task(trigger_rule="none_failed")
    def record_decision(weighed: dict | None, answer: dict | None) -> list[str]:
        """Notes what was decided and by whom, and returns the runs that are published: none where they were turned down."""
        from semtel_ops.steps.approval import record_decision

        return record_decision(or_skip(weighed)["runs"], answer)

    @task(
        outlets=[WEEKLY_LABELS],
        map_index_template=week_name,
        doc_md="Makes this run the week's labels: Parquet, SQL and weekly shares. The same week again replaces itself.",
    )
    def publish(run: str) -> dict:
        from semtel_ops.steps.publish import publish_run

        published = publish_run(run)
        get_current_context()["outlet_events"][WEEKLY_LABELS].extra = published
        return published

    @task(
        trigger_rule="all_done",
        map_index_template=week_name,
        doc_md="Writes the week's page, for a stopped or rejected run too: it shows what stopped it.",
    )
    def report(run: str, params: Any = None) -> dict:
        from semtel_ops.steps.report import report_run

        skip_in_a_dry_run(params)
        return report_run(run)

    @task(
        trigger_rule="all_done",
        map_index_template=week_name,
        doc_md="Tells people what they should know of the week, and that it is over when it is.",
    )
    def alert(run: str, params: Any = None, dag: Any = None) -> dict:
        from semtel_airflow.notifiers import alert_context
        from semtel_ops.steps.alert import alert_run

        skip_in_a_dry_run(params)
        return alert_run(run, alerts=alert_context(dag.dag_id))

    @task(trigger_rule="all_done")
    def close(runs: list[str] | None) -> dict:
        """Gives the verdict: green when every week is published or a person turned it down, otherwise red with the reason."""
        from semtel_ops.steps.approval import close_reprocess

        return close_reprocess(needed(runs))

    shards = plan()
    runs = weeks(shards)
    routed = route(shards)
    now = label.expand(shard=realtime_shards(routed))
    in_batches = label_in_batches.expand(shard=batch_shards(routed))
    late = overdue(routed)
    in_batches >> late
    landed = {"now": now, "in_batches": in_batches, "rescued": rescue.expand(shard=late)}
    weighed = summarize_changes(validate.expand(gathered=gather.partial(**landed).expand(run=runs)))
    # Not the approval operator: it would leave out what comes after a no, and with it the note that there was one.
    ask = HITLOperator(
        task_id="ask",
        options=["Approve", "Reject"],
        subject="{{ ti.xcom_pull(task_ids='weigh')['subject'] }}",
        body="{{ ti.xcom_pull(task_ids='weigh')['body'] }}",
        response_timeout=ANSWER_WITHIN,
        execution_timeout=None,
        defaults="Reject",
        doc_md="Waits for a person, without a worker. Approve publishes; Reject leaves the weeks as they are.",
    )
    to_be_asked(weighed) >> ask
    published = publish.expand(run=record_decision(weighed, ask.output))
    published >> report.expand(run=runs) >> alert.expand(run=runs) >> close(runs)


semantic_telemetry_reprocess()
