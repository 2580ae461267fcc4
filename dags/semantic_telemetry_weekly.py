"""
### A week of conversations in, trusted labels out

Every Monday this DAG takes the conversations of the week before, asks models what they were about, how complex they
were, who was asking and whether it helped, and publishes the answers as a table, as shares with intervals and as a page.

1. `plan` → `extract` ×parts → `sample` → `route`
2. each shard, asked now (`shard`) or in a batch (`batch`): `prepare` → `classify` → `check`
3. what batches left open: `overdue` → `rescue`
4. `gather` → `validate` → `publish` → `report` → `alert` → `close`

**Which lane.** `route` decides for each shard whether it is asked now or in a batch, which costs half and may take a day, and
says why in its log. Batches wait without a worker. What they have not answered when the deadline comes near is rescued: asked
in realtime. *Lane* and *Deadline* in the form override the choice. `flex` is realtime at a cheaper, slower tier, where an
endpoint offers one.

**How it is asked.** *Strategy* in the form, or `strategy` in `pipeline.yaml`: several conversations or all classifiers in one
call. Used only where an experiment (DAG `optimization_experiments`) speaks for it; else calls are plain, and `plan` says so.

**Run it now.** Press ▶ *Trigger*: every field of the form may stay empty. Tick *Dry run* to learn tokens, cost and time
before anything is spent.

**Run an old week.** Enter the week in the form, or use *Backfill* for a range: each run labels the week of its data interval.

**Read the result.** `report` says where the page lies. Labels are in the lake under `labels/week=…`; DAGs scheduled on
the asset `semantic_telemetry_weekly_labels` start when a week is published. *Browse → Semantic telemetry* shows weeks, runs,
quality and batches.

**Label a week again.** DAG `semantic_telemetry_reprocess`: only rows that failed, one classifier, or all; it begins dry.

**When it is red.** `close` says why in one sentence. Who is told is set under `alerts:` in `pipeline.yaml`; what an alert means
and what to press is in `docs/runbook.md`. DAG `semantic_telemetry_alert_test` shows that people can be told.

| task | it is red when | what to press |
|---|---|---|
| `plan` | the form, `pipeline.yaml` or `endpoints.yaml` is wrong; the message names field and value | correct it, *Clear* |
| `extract` | the source cannot be read | repair the source; *Clear* `plan`, which lists its files, with what comes after it |
| `sample` | the source holds nothing of the week; the message says what there is | as `extract`, or another week |
| `route` | no lane can meet the deadline; nothing was asked yet | run again with a later deadline, or force a lane |
| `rescue` | an endpoint fails, or the budget is spent | *Clear* it when the cause is mended |
| `batch.*` | one shard's batch failed after its retries | nothing: `rescue` asks what is missing |
| `shard.*` | one shard failed after its retries; the others are finished | *Clear* that shard: it goes on where it stopped |
| `validate` | the quality gate stopped the week; nothing was published | read the report, correct the cause, *Clear* |

Doing a task twice changes nothing, and no reply is paid for twice: clearing is safe. Clearing a `batch.classify` that waits
stops its jobs; what they have answered is kept, and the rest is rescued.

Tasks run in `default_pool`, so a fresh installation works. How fast endpoints are asked is found out by the tasks
themselves; no pool needs to be sized for it.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import CronDataIntervalTimetable, dag, get_current_context, task, task_group

from semtel_airflow.assets import WEEKLY_LABELS
from semtel_airflow.deadline import weekly_deadline
from semtel_airflow.defaults import DEFAULT_ARGS, SHARD_TIMEOUT
from semtel_airflow.links import ReportLink
from semtel_airflow.operators import ClassifyBatchOperator
from semtel_airflow.weekly_form import weekly_params
from semtel_airflow.xcom_args import as_list, run_of, skip_in_a_dry_run


@dag(
    schedule=CronDataIntervalTimetable("0 0 * * 1", timezone="UTC"),  # data intervals are ISO weeks: [Monday, Monday)
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # a week is compared with the weeks before it, so they run in order
    default_args=DEFAULT_ARGS,
    params=weekly_params(),
    deadline=weekly_deadline(),
    doc_md=__doc__,
    description="Labels a week of conversations and publishes what they say, behind a quality gate.",
    tags=["semantic-telemetry", "weekly", "llm"],
)
def semantic_telemetry_weekly() -> None:
    @task
    def plan(params: Any = None, dag_run: Any = None, data_interval_start: Any = None) -> list[dict]:
        """Checks form, configuration and endpoints before anything is read or paid, and cuts the source into parts."""
        from semtel_airflow.weekly_form import request_of
        from semtel_ops.settings import Settings
        from semtel_ops.steps.plan import plan_run

        request = request_of(params, data_interval_start=data_interval_start, run_after=dag_run.run_after)
        return plan_run(request, run_id=dag_run.run_id, settings=Settings.from_env())

    # Airflow shows the docstring of a task as its page, but not that of a mapped one.
    @task(
        map_index_template="part {{ task.op_kwargs['part']['part'] }}",
        doc_md="Reads one part of the source, keeps the week's conversations and scrubs personal data from them.",
    )
    def extract(part: dict) -> dict:
        from semtel_ops.steps.extract import extract_part

        return extract_part(part)

    @task
    def sample(parts: Any) -> list[dict]:
        """Removes duplicates, draws the week's sample and cuts it into shards."""
        from semtel_ops.steps.sample import sample_week

        return sample_week(as_list(parts))

    @task
    def route(shards: list[dict]) -> list[dict]:
        """Chooses a lane for each shard, with its reason. Red when no lane can meet the deadline; nothing was asked then."""
        from semtel_airflow.connections import resolve_connection
        from semtel_ops.steps.route import route_shards

        return route_shards(shards, resolve_connection=resolve_connection)

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

    shard_name = "shard {{ task.op_args[0]['shard'] }}"

    @task(map_index_template=shard_name)
    def prepare(shard: dict) -> dict:
        """Compresses and truncates each conversation to its token budget."""
        from semtel_ops.steps.prepare import prepare_shard

        return prepare_shard(shard)

    @task(map_index_template=shard_name, execution_timeout=SHARD_TIMEOUT)
    def classify(shard: dict, dag: Any = None) -> dict:
        """Asks the endpoints, as fast as they allow. Killed and cleared, it goes on; replies already paid for are kept."""
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
            map_index_template="shard {{ task.shard['shard'] }}",
            execution_timeout=SHARD_TIMEOUT,
            doc_md="Submits the shard's batch jobs and waits for them without a worker. Retried, it goes on with them.",
        )
        return check(landed.output)

    @task(trigger_rule="all_done")
    def overdue(routed: list[dict] | None) -> list[dict]:
        """Finds the shards whose batches left rows unanswered, or did not land at all."""
        from semtel_ops.steps.rescue import shards_to_rescue

        return shards_to_rescue(routed or [])

    @task(
        map_index_template="shard {{ task.op_kwargs['shard']['shard'] }}",
        execution_timeout=SHARD_TIMEOUT,
        doc_md="Stops what still runs of a shard's batches, keeps what they finished, and asks the rest in realtime.",
    )
    def rescue(shard: dict, dag: Any = None) -> dict:
        from semtel_airflow.notifiers import alert_context
        from semtel_airflow.resources import task_resources
        from semtel_ops.steps.rescue import rescue_shard

        return rescue_shard(shard, resources=task_resources(), alerts=alert_context(dag.dag_id))

    @task(trigger_rule="all_done")
    def gather(routed: list[dict] | None, now: Any, in_batches: Any, rescued: Any) -> dict:
        """Adds the shards up, and gives every row of a shard that never landed the status `missing`."""
        from semtel_ops.steps.gather import gather_run

        return gather_run(run_of(routed), [*as_list(now), *as_list(in_batches), *as_list(rescued)])

    @task
    def validate(gathered: dict) -> dict:
        """Runs the quality gate. Red means that the week is not published; the message names the checks and bounds."""
        from semtel_ops.steps.validate import raise_if_stopped, validate_run

        skip_in_a_dry_run(gathered)
        return raise_if_stopped(validate_run(gathered["run"]))

    @task(outlets=[WEEKLY_LABELS])
    def publish(verdict: dict) -> dict:
        """Makes this run the week's labels: Parquet, SQL and weekly shares. The same week again replaces itself."""
        from semtel_ops.steps.publish import publish_run

        published = publish_run(verdict["run"])
        get_current_context()["outlet_events"][WEEKLY_LABELS].extra = published
        return published

    @task(trigger_rule="all_done")
    def report(routed: list[dict] | None, gathered: dict | None) -> dict:
        """Writes the week's page, for a stopped week too: it shows what stopped it."""
        from semtel_ops.steps.report import report_run

        skip_in_a_dry_run(gathered)
        return report_run(run_of(routed))

    @task(trigger_rule="all_done")
    def alert(parts: list[dict] | None, dag: Any = None) -> dict:
        """Tells people what they should know of the week, and that it is over when it is. Never the reason for a red run."""
        from semtel_airflow.notifiers import alert_context
        from semtel_ops.steps.alert import alert_run

        return alert_run(run_of(parts), alerts=alert_context(dag.dag_id))

    @task(trigger_rule="all_done")
    def close(parts: list[dict] | None) -> dict:
        """Gives the verdict: green when every row landed and the week is published, otherwise red with the reason."""
        from semtel_ops.steps.close import close_run

        return close_run(run_of(parts, needed=True))

    parts = plan()
    routed = route(sample(extract.expand(part=parts)))
    now = label.expand(shard=realtime_shards(routed))
    in_batches = label_in_batches.expand(shard=batch_shards(routed))
    late = overdue(routed)
    in_batches >> late
    gathered = gather(routed, now, in_batches, rescue.expand(shard=late))
    published = publish(validate(gathered))
    reported = report(routed, gathered)
    reported.operator.operator_extra_links = (ReportLink(),)
    published >> reported >> alert(parts) >> close(parts)


semantic_telemetry_weekly()
