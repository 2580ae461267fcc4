"""How the weekly DAG behaves around its steps: what runs, what is left out, and when the run is red."""

from datetime import UTC, datetime

import pytest

from semtel_ops.errors import ConfigError, QualityGateError, ReconciliationError

pytestmark = pytest.mark.airflow


LEFT_OUT = {"batch.prepare", "batch.classify", "batch.check", "rescue", "bridge"}
"""What is left out when every shard is asked in realtime, by the labeller of last week."""


def fail_with(error):
    def step(*_, **__):
        raise error

    return step


@pytest.fixture
def told(monkeypatch):
    """What those who wait for an asset are told with its event."""
    from airflow.sdk.execution_time.context import OutletEventAccessor

    told = []
    original = OutletEventAccessor.__setattr__

    def remember(self, name, value):
        if name == "extra":
            told.append(value)
        original(self, name, value)

    monkeypatch.setattr(OutletEventAccessor, "__setattr__", remember)
    return told


def test_a_good_week_goes_through_every_step_each_shard_through_its_own_and_those_who_wait_are_told(steps, run_weekly, told):
    steps.parts = steps.shards = 2
    state, states = run_weekly({"week": "2026-W40"})
    assert state == "success"
    assert {name for name, at in states.items() if at != "success"} == LEFT_OUT
    assert {states[name] for name in LEFT_OUT} == {"skipped"}
    assert sorted(steps.of("extract")) == [0, 1]
    assert steps.of("sample") == [[0, 1]]
    assert sorted(steps.of("classify")) == sorted(steps.of("check")) == [0, 1]
    assert steps.of("gather") == [[0, 1]]
    assert [name for name, _ in steps.calls[-6:]] == ["gather", "validate", "publish", "report", "alert", "close"]
    assert {key: told[-1][key] for key in ("week", "rows")} == {"week": "2026-W40", "rows": 30}


def test_a_bridge_is_built_beside_the_shards_and_before_the_run_is_added_up(steps, run_weekly):
    steps.bridge_to = "2026-W39"
    state, states = run_weekly({"week": "2026-W40"})
    assert steps.of("gather") == [[0]], "a single shard is gathered as a list"
    assert state == states["bridge"] == states["validate"] == "success"
    assert steps.of("bridge") == [[0]]
    names = [name for name, _ in steps.calls]
    assert names.index("route") < names.index("bridge") < names.index("gather")


def test_a_bridge_that_fails_leaves_the_week_unjudged_until_it_is_cleared(steps, run_weekly):
    steps.build_bridge = fail_with(ReconciliationError("no endpoint answers"))
    steps.close_run = fail_with(ReconciliationError("the week is not published"))
    state, states = run_weekly({"week": "2026-W40"})
    assert (states["bridge"], states["validate"], states["publish"]) == ("failed", "upstream_failed", "upstream_failed")
    assert steps.of("gather") == [[0]]
    assert state == "failed"


def test_one_failing_shard_stops_neither_the_others_nor_the_gathering(steps, run_weekly):
    steps.shards = 3

    def classify(shard, *, resources, alerts):
        if shard["shard"] == 1:
            raise ReconciliationError("shard 1 is broken")
        return shard

    steps.classify_shard = classify
    steps.close_run = fail_with(ReconciliationError("rows are missing"))
    state, states = run_weekly({"week": "2026-W40"})
    assert [states[f"realtime.check[{at}]"] for at in range(3)] == ["success", "upstream_failed", "success"]
    assert steps.of("gather") == [[0, 2]], "identity travels in the value: places in the list are renumbered"
    assert states["report"] == "success"
    assert state == "failed"


def test_each_shard_goes_through_its_own_lane_and_through_no_other(steps, run_weekly):
    steps.shards = 3
    steps.batched = (1, 2)
    state, states = run_weekly({"week": "2026-W40"})
    assert state == "success"
    assert steps.of("classify") == [0]
    assert sorted(steps.of("submit")) == [1, 2]
    assert sorted(steps.of("prepare")) == sorted(steps.of("check")) == [0, 1, 2]
    assert [sorted(shards) for shards in steps.of("gather")] == [[0, 1, 2]]
    assert states["rescue"] == "skipped"


def test_a_week_all_in_batches_leaves_the_realtime_group_out(steps, run_weekly):
    steps.batched = (0,)
    state, states = run_weekly({"week": "2026-W40"})
    assert state == "success"
    assert {states[f"realtime.{name}"] for name in ("prepare", "classify", "check")} == {"skipped"}
    assert steps.of("gather") == [[0]]


def test_what_a_batch_leaves_is_rescued_before_the_week_is_gathered(steps, run_weekly):
    steps.shards = 2
    steps.batched = steps.late = (1,)
    steps.submit_shard = fail_with(ReconciliationError("the batch is broken"))
    state, states = run_weekly({"week": "2026-W40"})
    assert states["batch.classify[0]"] == "failed"
    assert steps.of("rescue") == [1]
    assert [sorted(shards) for shards in steps.of("gather")] == [[0, 1]]
    assert state == "success", "a batch that failed and was rescued is no failure of the week"


def test_a_deadline_no_lane_can_meet_stops_the_run_before_anything_is_asked(steps, run_weekly):
    steps.route_shards = fail_with(ConfigError("deadline", "2026-11-24", "cannot be met"))
    steps.close_run = fail_with(ReconciliationError("its rows were never gathered"))
    state, states = run_weekly({"week": "2026-W40"})
    assert states["route"] == "failed"
    assert states["gather"] == states["report"] == "skipped"
    assert steps.of("prepare") == steps.of("classify") == steps.of("submit") == steps.of("rescue") == []
    assert state == states["close"] == "failed"


def test_a_failing_shard_can_still_end_in_a_green_run_when_close_says_so(steps, run_weekly):
    steps.prepare_shard = fail_with(ReconciliationError("broken"))
    state, states = run_weekly({"week": "2026-W40"})
    assert steps.of("gather") == [[]]
    assert states["close"] == "success"
    assert state == "success", "the state of the run is the verdict of close alone"


def test_a_stopping_gate_publishes_nothing_and_still_reports(steps, run_weekly):
    steps.raise_if_stopped = fail_with(QualityGateError("too many errors"))
    steps.close_run = fail_with(QualityGateError("the gate stopped the week"))
    state, states = run_weekly({"week": "2026-W40"})
    assert (states["validate"], states["publish"], states["report"], states["close"]) == (
        "failed",
        "upstream_failed",
        "success",
        "failed",
    )
    assert steps.of("publish") == []
    assert state == "failed"


def test_a_dry_run_publishes_nothing_and_is_green(steps, run_weekly):
    state, states = run_weekly({"week": "2026-W40", "dry_run": True})
    assert {states[name] for name in ("validate", "publish", "report")} == {"skipped"}
    assert {states[name] for name in ("gather", "close")} == {"success"}
    assert steps.of("validate") == steps.of("publish") == steps.of("report") == []
    assert state == "success"


def test_a_wrong_setting_fails_at_once_and_nothing_else_is_tried(steps, run_weekly):
    steps.plan_run = fail_with(ConfigError("classifiers", ["topc"], "is not a classifier; did you mean topic?"))
    state, states = run_weekly({"week": "2026-W40", "classifiers": ["topc"]})
    assert states["plan"] == "failed"
    assert states["gather"] == states["report"] == "skipped"
    assert states["close"] == "failed"
    assert state == "failed"
    assert steps.calls == [("failure", ("plan", "ConfigError", False)), ("failure", ("close", "AirflowFailException", False))]


def test_a_source_that_cannot_be_sampled_is_not_gathered_but_judged(steps, run_weekly):
    steps.sample_week = fail_with(ConfigError("source", "x", "holds nothing of the week"))
    steps.close_run = fail_with(ReconciliationError("its rows were never gathered"))
    state, states = run_weekly({"week": "2026-W40"})
    assert states["gather"] == states["validate"] == states["report"] == "skipped"
    assert state == states["close"] == "failed"


def test_a_form_without_a_week_means_the_data_interval_and_a_key_it_does_not_know_reaches_plan(steps, run_weekly):
    steps.parts = 0
    run_weekly({"smaple_size": 3}, logical_date=datetime(2026, 9, 28, tzinfo=UTC))
    # A run by hand gets the last complete interval before its date, as a person means it; a backfill its own.
    assert steps.request == {"week": "2026-W39", "smaple_size": 3, "dry_run": False}
