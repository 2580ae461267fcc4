"""
### Label a week of conversations

Every Monday this DAG samples the conversations of the previous week, classifies them with language models (topic, complexity,
expertise, satisfaction, …), and publishes the labels as a table, as weekly shares with confidence intervals, and as a report.

1. `plan` → `list_parts` → `extract` (one task per part of the source) → `sample` → `route`
2. For each shard, in realtime (`realtime`) or in batch jobs (`batch`): `prepare` → `classify` → `check`
3. For rows that batch jobs left unanswered: `find_unanswered` → `rescue`
4. If last week had another labeller: `bridge`, which labels part of last week again
5. `gather` → `validate` → `publish` → `report` → `alert` → `close`

**Lanes.** `route` chooses a lane for each shard and logs the reason. Batch jobs cost half as much and take up to a day; their
tasks wait without occupying a worker. Rows still unanswered shortly before the deadline are requested in realtime. *Lane* and
*Deadline* in the form take precedence over the choice. `flex` is a slower, cheaper tier of the realtime lane, where an endpoint
offers it.

**Strategy.** One request can carry several conversations or all classifiers: set *Strategy* in the form or `strategy` in
`pipeline.yaml`. A strategy is used only if an experiment (DAG `optimization_experiments`) supports it. Otherwise each request
carries one conversation and one classifier, and `plan` logs why.

**Labeller.** A new model is used only with an alignment on record. Otherwise the last aligned model is asked, the log of `plan`
says so, and an alert has the command that compares both (`model_gate` in `pipeline.yaml`). In the first week of another
labeller, `bridge` separates what the labeller changed from what the users did.

**Run it now.** Press ▶ *Trigger*; every field may stay empty. *Dry run* forecasts tokens, cost and time, and sends no requests.

**Run another week.** Enter the week in the form. For a range of weeks use *Backfill*: each run labels its data interval.

**Read the result.** The *Report* button in the *Details* of `report` opens the report; *Browse → Semantic telemetry* shows
weeks, runs, quality and batch jobs. DAGs scheduled on the asset `semantic_telemetry_weekly_labels` start when a week is
published.

**Label a week again.** Use the DAG `semantic_telemetry_reprocess`: for failed rows only, for one classifier, or for everything.

**If the run failed.** The log of `close` states the reason in one sentence. `alerts:` in `pipeline.yaml` configures who is
notified, the DAG `semantic_telemetry_alert_test` tests it, and `docs/runbook.md` explains each alert.

| Failed task | Cause | What to do |
|---|---|---|
| `plan` | The form, `pipeline.yaml` or `endpoints.yaml` is invalid; the message names the field | Correct it, then *Clear* |
| `extract` | The source cannot be read | Correct the source, then *Clear* `plan` and its downstream tasks |
| `sample` | The source has no conversations of the week; the message says what it has | As for `extract`, or run another week |
| `route` | No lane can meet the deadline; no request was sent | Trigger again with a later *Deadline*, or choose a *Lane* |
| `plan` | No model is aligned, and no aligned one answers | Compare them as the message says, then *Clear* |
| `bridge` | An endpoint fails | Correct the cause, then *Clear* |
| `realtime.*` | One shard failed after its retries; the others are complete | *Clear* that shard: it continues |
| `batch.*` | One shard's batch jobs failed after their retries | Nothing: `rescue` requests what is missing in realtime |
| `rescue` | An endpoint fails | Correct the cause, then *Clear* |
| `realtime.*`, `rescue` | The budget is spent | Trigger the week again with a higher *Maximum cost* |
| `validate` | The quality gate stopped the week; nothing was published | Read the report, correct the cause, then reprocess |
| | The limit of a check in `pipeline.yaml` was wrong | Correct it, then *Clear* `plan` and its downstream tasks |

Clearing is always safe: repeating a task changes nothing, and no request is paid for twice. Clearing a `batch.classify` that is
waiting cancels its jobs; replies that they already returned are kept, and `rescue` requests the rest.

Tasks run in `default_pool` and find the limits of the endpoints by themselves. To limit them together with other DAGs, name
pools for them in Airflow's configuration: `[semtel] realtime_pool` and `[semtel] batch_pool`.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import CronDataIntervalTimetable, chain, get_current_context, task

from semtel_airflow.deadline import DeadlineDAG, weekly_deadline
from semtel_airflow.defaults import DEFAULT_ARGS, documented_task
from semtel_airflow.lanes import bridge_weeks, label_shards, route
from semtel_airflow.operators import ReportOperator
from semtel_airflow.publishing import alert, publish, validate
from semtel_airflow.weekly_form import weekly_params
from semtel_airflow.xcom_args import as_list, or_fail, or_skip
from semtel_ops.runs.refs import ExtractedPart, PartRef, RoutedShard, ShardManifest, ShardRef, ShardResult


@task
def plan() -> str:
    """Check the form, the configuration and the endpoints before anything is read or paid for. Returns the run's URL."""
    from semtel_airflow.connections import resolve_connection
    from semtel_airflow.weekly_form import request_of
    from semtel_ops.settings import Settings
    from semtel_ops.steps.plan import plan_run

    context = get_current_context()
    dag_run = context["dag_run"]
    request = request_of(context["params"], data_interval_start=context.get("data_interval_start"), run_after=dag_run.run_after)
    return plan_run(request, run_id=dag_run.run_id, settings=Settings.from_env(), resolve_connection=resolve_connection)


@task
def list_parts(run: str) -> list[PartRef]:
    """List the parts into which the source is cut, one for each `extract`."""
    from semtel_ops.steps.plan import list_parts

    return list_parts(run)


@documented_task(map_index_template="part {{ task.op_kwargs['part']['part'] }}")
def extract(part: PartRef) -> ExtractedPart:
    """Read one part of the source, keep the week's conversations and remove personal data from them."""
    from semtel_ops.steps.extract import extract_part

    return extract_part(part)


@task
def sample(parts: list[ExtractedPart] | ExtractedPart) -> list[ShardRef]:
    """Remove duplicates, draw the week's sample and split it into shards."""
    from semtel_ops.steps.sample import sample_week

    return sample_week(as_list(parts))


@task(trigger_rule="all_done")
def gather(
    run: str,
    routed: list[RoutedShard] | None,
    realtime: list[ShardResult] | None,
    batch: list[ShardManifest] | None,
    rescued: list[ShardManifest] | None,
) -> dict[str, Any]:
    """Add up the shards. Every row of a shard that did not land gets the status `missing`."""
    from semtel_ops.steps.gather import gather_run

    or_skip(routed)
    return gather_run(run, [*as_list(realtime), *as_list(batch), *as_list(rescued)])


@task(trigger_rule="all_done")
def close(run: str | None) -> dict[str, Any]:
    """Decide the state of the run: success if every row landed and the week is published, otherwise failed with the reason."""
    from semtel_ops.steps.close import close_run

    return close_run(or_fail(run))


with DeadlineDAG(
    "semantic_telemetry_weekly",
    schedule=CronDataIntervalTimetable("0 0 * * 1", timezone="UTC"),  # data intervals are ISO weeks: [Monday, Monday)
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # a week is compared with the weeks before it, so they run in order
    default_args=DEFAULT_ARGS,
    params=weekly_params(),
    deadline=weekly_deadline(),
    doc_md=__doc__,
    description="Labels a week of conversations and publishes the result behind a quality gate.",
    tags=["semantic-telemetry", "weekly", "llm"],
):
    run = plan()
    routed = route(sample(extract.expand(part=list_parts(run))))
    gathered = gather(run, routed, **label_shards(routed)._asdict())
    judged = validate.override(trigger_rule="none_failed_min_one_success")(gathered)
    bridge_weeks(run, routed) >> [gathered, judged]  # its cost is the run's
    published = publish(judged["run"])
    report = ReportOperator(
        task_id="report",
        run=run,
        required=routed,
        trigger_rule="all_done",
        doc_md="Write the week's report, for a stopped week too: the report shows what stopped it.",
    )
    chain(published, report, alert(run), close(run))
