"""What each lane did is added up from the rows: for the report, and as the pace that the next run's lanes are chosen by."""

from datetime import UTC, datetime, timedelta

import pytest

from semtel_ops.steps.lane_results import record_lane_results
from semtel_ops.store.files import exists, read_json, write_json
from semtel_ops.store.lane_ledger import LaneLedger, LaneRow
from semtel_ops.testing.landed import make_landed_rows, write_landed
from tests.support.shards import RUN_ID, WEEK, make_plan, write_endpoints

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def plan(tmp_path, ledger):
    write_endpoints(tmp_path, lanes=("realtime", "batch", "flex"))
    return make_plan(tmp_path, classifiers=("topic",))


def shard_of(number, conversations=4, **changes):
    """Rows of a shard, of 110 tokens and $0.50 each, ten seconds apart."""
    rows = make_landed_rows(
        run_id=RUN_ID, conversations=conversations, labels={"topic": {"science": 1}}, shards=1, endpoints=[("east", "m")]
    )
    usual = {"shard": number, "input_tokens": 100, "output_tokens": 10, "cost_usd": 0.5}
    return [{**row, **usual, "classified_at": NOON + timedelta(seconds=10 * at), **changes} for at, row in enumerate(rows)]


def route(plan, **lanes):
    """lanes.json, by which these shards were sent to these lanes."""
    choices = [{"lane": lane, "reason": "cheaper", "shards": shards} for lane, shards in lanes.items()]
    write_json(plan.folder.lanes, {"deadline": 0.0, "choices": choices})


def results_of(plan, *shards):
    write_landed(plan.paths, [row for shard in shards for row in shard])
    return record_lane_results(plan)


def records(ledger):
    return {record.lane: record for record in LaneLedger(ledger).records()}


def test_a_run_that_landed_nothing_did_nothing(plan, ledger):
    results = record_lane_results(plan)
    assert (results["lanes"], results["saved_usd"]) == ({}, 0.0)
    assert results["rescued"] == {
        "rows": 0, "shards": 0, "requests": 0, "cost_usd": 0.0, "at": None, "stopped_at": None, "reasons": [],
    }  # fmt: skip
    assert records(ledger) == {}
    assert not exists(plan.folder.lanes), "a run that was not routed has no document to complete"


def test_each_lane_has_its_rows_calls_tokens_and_money(plan):
    route(plan, realtime=[0], batch=[1])
    results = results_of(plan, shard_of(0), shard_of(1, 2, lane="batch", calls=0.5))
    assert results["lanes"] == {
        "batch": {"rows": 2, "requests": 1, "tokens": 220, "cost_usd": 1.0, "endpoints": ["east"]},
        "realtime": {"rows": 4, "requests": 4, "tokens": 440, "cost_usd": 2.0, "endpoints": ["east"]},
    }
    assert read_json(plan.folder.lanes)["results"] == results
    assert read_json(plan.folder.lanes)["choices"][0]["shards"] == [0], "the choices stay"


def test_rows_without_a_lane_are_left_out(plan):
    missing = {"lane": None, "endpoint": None, "model": None, "status": "missing"}
    assert results_of(plan, shard_of(0, **missing))["lanes"] == {}


def test_what_other_runs_paid_for_is_a_row_of_the_lane_and_no_pace(plan, ledger):
    results = results_of(plan, shard_of(0, reused=True))
    assert results["lanes"]["realtime"] == {"rows": 4, "requests": 0, "tokens": 0, "cost_usd": 0.0, "endpoints": ["east"]}
    assert records(ledger) == {}


def test_the_pace_of_a_lane_is_from_its_first_answer_to_its_last(plan, ledger):
    results_of(plan, shard_of(0))
    record = records(ledger)["realtime"]
    assert (record.week, record.run_id, record.endpoints) == (WEEK, RUN_ID, "east")
    assert (record.rows, record.requests, record.tokens, record.seconds) == (4, 4, 440, 30.0)
    assert (record.cost_usd, record.saved_usd) == (2.0, 0.0)


def test_recorded_twice_it_is_recorded_once(plan, ledger):
    route(plan, realtime=[0])
    first = results_of(plan, shard_of(0))
    assert record_lane_results(plan) == first
    assert len(LaneLedger(ledger).records()) == 1


@pytest.mark.parametrize("lane", ["batch", "flex"])
def test_half_the_price_saves_as_much_as_was_paid(plan, ledger, lane):
    route(plan, **{lane: [0]})
    results = results_of(plan, shard_of(0, lane=lane))
    assert results["saved_usd"] == pytest.approx(2.0)
    assert records(ledger)[lane].saved_usd == pytest.approx(2.0)


def test_an_unknown_price_makes_cost_and_saving_unknown(plan, ledger):
    route(plan, batch=[0])
    results = results_of(plan, shard_of(0, lane="batch", cost_usd=None))
    assert (results["lanes"]["batch"]["cost_usd"], results["saved_usd"]) == (None, None)
    assert records(ledger)["batch"].saved_usd is None


def test_realtime_answers_in_shards_of_cheaper_lanes_tell_no_pace(plan, ledger):
    route(plan, realtime=[0], batch=[1], flex=[2])
    results = results_of(plan, shard_of(0), shard_of(1, lane="realtime"), shard_of(2, lane="realtime"))
    assert results["lanes"]["realtime"]["rows"] == 12
    assert records(ledger)["realtime"].rows == 4


def test_a_rescue_is_what_realtime_did_in_shards_that_were_rescued(plan, ledger):
    route(plan, batch=[0, 1])
    rows = [LaneRow(WEEK, RUN_ID, number, "batch", "cheaper", NOON, NOON, None, 4, 400, 40) for number in (0, 1)]
    lanes = LaneLedger(ledger)
    lanes.save_choices(rows)
    lanes.note_stop(WEEK, RUN_ID, at=NOON, reason="no progress")
    lanes.note_rescue(WEEK, RUN_ID, 1, at=NOON + timedelta(minutes=5), reason="late")
    results = results_of(plan, shard_of(0, lane="batch"), shard_of(1, 3, lane="realtime"))
    assert results["rescued"] == {
        "rows": 3, "shards": 1, "requests": 3, "cost_usd": 1.5, "at": NOON.timestamp() + 300,
        "stopped_at": NOON.timestamp(), "reasons": ["late"],
    }  # fmt: skip


def test_endpoints_that_are_gone_from_the_file_are_not_named(plan):
    results = results_of(plan, shard_of(0, endpoint="north"))
    assert (results["lanes"]["realtime"]["rows"], results["lanes"]["realtime"]["endpoints"]) == (4, [])


def test_a_run_without_a_ledger_makes_no_file_for_its_pace(tmp_path):
    write_endpoints(tmp_path)
    plan = make_plan(tmp_path, classifiers=("topic",), ledger=False)
    assert results_of(plan, shard_of(0))["lanes"]["realtime"]["rows"] == 4
    assert not exists(f"{plan.lake}/batch.db")
