"""The tasks that label routed shards: the realtime lane, the batch lane and the rescue, the same in every DAG that labels."""

from typing import Any, NamedTuple

from airflow.sdk import task, task_group
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowSkipException

from semtel_airflow.defaults import SHARD_TIMEOUT, documented_task
from semtel_airflow.operators import ClassifyBatchOperator
from semtel_airflow.xcom_args import TaskResult, or_skip
from semtel_ops.runs.refs import RoutedShard, ShardManifest, ShardRef, ShardResult
from semtel_ops.store.layout import week_of_run

MACROS = {"week_of_run": week_of_run}
"""For `user_defined_macros` of a DAG whose mapped tasks are named by their week."""


class LabelledShards(NamedTuple):
    """Manifests of the shards that landed, by lane. A rescued shard may be in `batch` too."""

    realtime: TaskResult
    batch: TaskResult
    rescued: TaskResult


@task
def route(shards: list[ShardRef]) -> list[RoutedShard]:
    """Choose the lane of each shard and log why. Fails, before anything is paid for, if no lane can meet the deadline."""
    from semtel_airflow.connections import resolve_connection
    from semtel_ops.steps.route import route_shards

    return route_shards(shards, resolve_connection=resolve_connection)


# Two lists instead of a branch: inside a mapped group Airflow would run both sides of a branch.
@task
def realtime_shards(routed: list[RoutedShard]) -> list[RoutedShard]:
    """List the shards of the realtime lane. If there are none, the group `realtime` is skipped."""
    from semtel_ops.steps.route import of_lane

    return of_lane(routed, "realtime")


@task
def batch_shards(routed: list[RoutedShard]) -> list[RoutedShard]:
    """List the shards of the batch lane. If there are none, the group `batch` is skipped."""
    from semtel_ops.steps.route import of_lane

    return of_lane(routed, "batch")


@documented_task()
def prepare(shard: RoutedShard) -> RoutedShard:
    """Compress and truncate each conversation to its token budget."""
    from semtel_ops.steps.prepare import prepare_shard

    return prepare_shard(shard)


@documented_task(execution_timeout=SHARD_TIMEOUT)
def classify(shard: RoutedShard) -> ShardResult:
    """Send the requests as fast as the endpoints allow. Cleared after a failure, it continues: no request is paid for twice."""
    from semtel_airflow.resources import task_alerts, task_resources
    from semtel_ops.steps.classify import classify_shard

    return classify_shard(shard, resources=task_resources(), alerts=task_alerts())


@documented_task()
def check(shard: ShardResult) -> ShardResult:
    """Verify that the shard has exactly one row per conversation and classifier, and alert when the budget is nearly spent."""
    from semtel_airflow.metrics import AirflowMetrics
    from semtel_airflow.resources import task_alerts
    from semtel_ops.steps.classify import check_shard

    return check_shard(shard, metrics=AirflowMetrics(), alerts=task_alerts())


@task(trigger_rule="all_done")
def find_unanswered(routed: list[RoutedShard] | None) -> list[RoutedShard]:
    """List the shards of the batch lane that did not land, or landed with unanswered rows."""
    from semtel_ops.steps.rescue import shards_to_rescue

    return shards_to_rescue(routed or [])


@documented_task(execution_timeout=SHARD_TIMEOUT)
def rescue(shard: RoutedShard) -> ShardManifest:
    """Cancel what is left of a shard's batch jobs, keep the replies they returned, and request the rest in realtime."""
    from semtel_airflow.resources import task_alerts, task_resources
    from semtel_ops.steps.rescue import rescue_shard

    return rescue_shard(shard, resources=task_resources(), alerts=task_alerts())


# all_done: where nothing was routed, it is skipped as `gather` is, and not failed.
@documented_task(trigger_rule="all_done", execution_timeout=SHARD_TIMEOUT)
def bridge(run: str, routed: list[RoutedShard] | None) -> dict[str, Any]:
    """Label part of last week again with this week's labeller, if last week had another one; otherwise skipped.

    What differs on these conversations is the labeller's part of a change, and what is left of it the users'.
    """
    from semtel_airflow.resources import task_resources
    from semtel_ops.steps.bridge import build_bridge

    built = build_bridge(run, or_skip(routed), resources=task_resources())
    if built["bridge"] is None:
        raise AirflowSkipException("last week has the same labeller, or none that a bridge could lead from")
    return built


def bridge_weeks(run: TaskResult, routed: TaskResult) -> TaskResult:
    """Add the task that builds the bridge to last week, in the pool of the realtime lane."""
    pool = conf.get("semtel", "realtime_pool", fallback="default_pool")
    return bridge.override(pool=pool)(run, routed)


def label_shards(routed: TaskResult, *, name_weeks: bool = False, named: str | None = None) -> LabelledShards:
    """Add the tasks that label routed shards to the current DAG.

    Tasks that call endpoints run in the pools that `[semtel] realtime_pool` and `batch_pool` of Airflow's configuration name.

    Args:
        name_weeks: name mapped tasks by the week of their shard too; the DAG must have `MACROS`.
        named: macro of the DAG that names a mapped task by the URL of its run, in place of the number of its shard.
    """
    realtime_pool = conf.get("semtel", "realtime_pool", fallback="default_pool")
    batch_pool = conf.get("semtel", "batch_pool", fallback="default_pool")
    name = _name("task.op_kwargs['shard']", named, name_weeks=name_weeks)

    # The groups are linear: a join or a branch inside a mapped group would let a failed shard stop the others.
    @task_group
    def realtime(shard: RoutedShard) -> TaskResult:
        """Label a shard in realtime, as fast as the endpoints allow."""
        prepared = prepare.override(map_index_template=name)(shard=shard)
        classified = classify.override(map_index_template=name, pool=realtime_pool)(shard=prepared)
        return check.override(map_index_template=name)(shard=classified)

    @task_group
    def batch(shard: RoutedShard) -> TaskResult:
        """Label a shard in batch jobs: at half the price, usually within a day."""
        prepared = prepare.override(map_index_template=name)(shard=shard)
        classified = ClassifyBatchOperator(
            task_id="classify",
            shard=prepared,
            pool=batch_pool,
            map_index_template=_name("task.shard", named, name_weeks=name_weeks),
            execution_timeout=SHARD_TIMEOUT,
            doc_md="Submit the shard's batch jobs and wait, without occupying a worker. A retry continues with the same jobs.",
        )
        return check.override(map_index_template=name)(shard=classified.output)

    batched = batch.expand(shard=batch_shards(routed))
    unanswered = find_unanswered(routed)
    batched >> unanswered
    rescued = rescue.override(map_index_template=name, pool=realtime_pool).expand(shard=unanswered)
    return LabelledShards(realtime.expand(shard=realtime_shards(routed)), batched, rescued)


def _name(shard: str, named: str | None, *, name_weeks: bool) -> str:
    """The template of a mapped task's name, from the Jinja expression of its shard."""
    if named is not None:
        return f"{{{{ {named}({shard}['run']) }}}}"
    week = f" of {{{{ week_of_run({shard}['run']) }}}}" if name_weeks else ""
    return f"shard {{{{ {shard}['shard'] }}}}{week}"
