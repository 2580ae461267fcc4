"""The lane groups in a DAG of their own."""

import pytest
from airflow.sdk import DAG

from semtel_airflow.lanes import MACROS, label_shards, route

ASKING = {"realtime.classify", "batch.classify", "rescue"}


def lanes(**options):
    with DAG("lanes", schedule=None, user_defined_macros=MACROS) as dag:
        label_shards(route([]), **options)
    return dag


def test_each_lane_is_a_straight_line_and_the_rescue_waits_for_the_batches_alone():
    upstream = {task.task_id: task.upstream_task_ids for task in lanes().tasks}
    for lane in ("realtime", "batch"):
        assert f"{lane}.prepare" in upstream[f"{lane}.classify"]
        assert f"{lane}.classify" in upstream[f"{lane}.check"]
    assert upstream["find_unanswered"] == {"route", "batch.check"}
    assert upstream["rescue"] == {"find_unanswered"}


def test_tasks_run_in_the_default_pool_unless_the_installation_names_others(monkeypatch):
    assert {task.pool for task in lanes().tasks} == {"default_pool"}
    monkeypatch.setenv("AIRFLOW__SEMTEL__REALTIME_POOL", "east")
    monkeypatch.setenv("AIRFLOW__SEMTEL__BATCH_POOL", "east_batch")
    pools = {task.task_id: task.pool for task in lanes().tasks}
    assert {name: pool for name, pool in pools.items() if pool != "default_pool"} == {
        "realtime.classify": "east",
        "rescue": "east",
        "batch.classify": "east_batch",
    }


@pytest.mark.parametrize(("options", "name"), [({}, "shard 3"), ({"name_weeks": True}, "shard 3 of 2026-W47")])
def test_mapped_tasks_are_named_by_their_shard_and_on_request_by_its_week(options, name):
    shard = {"run": "lake/runs/week=2026-W47/run=r/run.json", "shard": 3}
    dag = lanes(**options)
    for task_id in ("realtime.prepare", *ASKING):
        task = dag.get_task(task_id)
        template = getattr(task, "map_index_template", None) or task.partial_kwargs["map_index_template"]
        rendered = dag.get_template_env().from_string(template).render(task=Task(shard))
        assert rendered == name, task_id


class Task:
    def __init__(self, shard):
        self.shard = shard
        self.op_kwargs = {"shard": shard}
