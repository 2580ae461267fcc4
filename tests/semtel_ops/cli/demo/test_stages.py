from semtel_ops.cli.demo.stages import STAGES, failed_instances, stages


def instance(task_id, state, *, map_index=-1, end="2026-11-23T10:00:00Z"):
    return {"task_id": task_id, "state": state, "map_index": map_index, "end_date": end}


def named(found):
    return {stage.name: stage for stage in found}


def test_stages_come_in_the_graphs_order_however_the_api_lists_them():
    found = stages([instance("close", None), instance("realtime.check", None), instance("plan", "success")])
    assert tuple(stage.name for stage in found) == STAGES


def test_a_mapped_task_is_one_stage():
    states = ["success", "running", "up_for_retry", "failed", "upstream_failed", "skipped", None]
    stage = named(stages([instance("realtime.classify", state, map_index=at) for at, state in enumerate(states)]))["classify"]
    assert (stage.total, stage.done, stage.failed, stage.running, stage.retrying, stage.skipped) == (7, 2, 2, 1, 1, 1)
    assert not stage.finished


def test_a_lane_that_no_shard_takes_is_no_part_of_a_stage():
    found = [instance("realtime.classify", "success", map_index=0), instance("batch.classify", "skipped")]
    stage = named(stages(found))["classify"]
    assert (stage.total, stage.done, stage.skipped) == (1, 1, 0)


def test_a_stage_nobody_has_heard_of_is_not_finished():
    assert not named(stages([]))["plan"].finished


def test_a_stage_is_finished_when_every_instance_ended_well_or_badly():
    assert named(stages([instance("extract", "success", map_index=0), instance("extract", "failed", map_index=1)]))[
        "extract"
    ].finished


def test_those_that_failed_themselves_come_in_the_order_they_ended():
    found = failed_instances(
        [
            instance("close", "failed", end="2026-11-23T10:02:00Z"),
            instance("publish", "upstream_failed"),
            instance("validate", "failed", end="2026-11-23T10:01:00Z"),
        ]
    )
    assert [one["task_id"] for one in found] == ["validate", "close"]
