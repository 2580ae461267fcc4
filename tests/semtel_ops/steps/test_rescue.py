"""What batches leave unanswered is asked in realtime; what they answered is not paid for again."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from semtel_ops.endpoints.batch_client import RemoteStatus
from semtel_ops.errors import EndpointError, EndpointErrorKind, ResultsLostError
from semtel_ops.steps.lane_results import record_lane_results
from semtel_ops.steps.rescue import rescue_shard, shards_to_rescue
from semtel_ops.store.files import read_json, write_json
from semtel_ops.store.lane_ledger import LaneLedger, LaneRow
from semtel_ops.store.ledger_open import open_ledger
from tests.support.shards import RUN_ID, WEEK, write_endpoints

ROWS = 20


@pytest.fixture
def bench(make_shard):
    """A shard in the batch lane, with one classifier, whose endpoint also answers in realtime."""
    bench = make_shard(lanes=("realtime", "batch"), classifiers=("topic",), conversations=ROWS, ledger=True)
    bench.ref |= {"lane": "batch", "rescue_at": None}
    return bench


def rescue(bench, why="its batch rows were not written"):
    return rescue_shard({**bench.ref, "rescue": why}, resources=bench.resources)


def test_a_batch_that_landed_whole_needs_no_rescue(bench):
    bench.run_batches()
    assert shards_to_rescue([bench.ref, {**bench.ref, "shard": 1, "lane": "realtime"}]) == []


def test_a_batch_that_never_ends_is_stopped_and_only_the_rest_is_asked_in_realtime(bench):
    bench.provider.ending = RemoteStatus.IN_PROGRESS
    bench.submit()
    (late,) = shards_to_rescue([bench.ref])
    assert late["rescue"] == "its batch rows were not written"
    bench.answer_only(15)
    landed = rescue(bench, late["rescue"])
    assert len(bench.asked) == 5
    assert len(bench.provider.created) == 1
    assert Counter((row["lane"], row["status"]) for row in bench.rows()) == {
        ("batch", "success"): 15,
        ("realtime", "success"): 5,
    }
    assert landed["rescue"] == "its batch rows were not written"
    assert shards_to_rescue([bench.ref]) == []


def test_rows_that_landed_as_expired_are_asked_in_realtime(bench):
    bench.provider.ending = RemoteStatus.CANCELLED
    bench.answer_only(12)
    bench.run_batches()
    (late,) = shards_to_rescue([bench.ref])
    assert late["rescue"] == "8 of 20 rows have no batch result"
    rescue(bench, late["rescue"])
    assert len(bench.asked) == 8
    assert {row["status"] for row in bench.rows()} == {"success"}


def test_a_rescue_done_twice_asks_nothing_more(bench):
    rescue(bench)
    asked = len(bench.asked)
    rescue(bench)
    assert len(bench.asked) == asked == ROWS


def test_a_provider_that_is_gone_does_not_keep_rows_from_landing(bench):
    bench.provider.ending = RemoteStatus.IN_PROGRESS
    bench.submit()
    bench.provider.fail_next(*[EndpointError("503", kind=EndpointErrorKind.AUTH, status=401)] * 50)
    rescue(bench)
    assert {row["lane"] for row in bench.rows()} == {"realtime"}


def test_a_job_that_will_not_stop_is_waited_for_ten_minutes_and_no_longer(bench, caplog):
    bench.provider.ending = RemoteStatus.IN_PROGRESS
    bench.submit()
    bench.provider.cancel = lambda _: None
    began = bench.clock.now()
    rescue(bench)
    assert 600 <= bench.clock.now() - began < 700
    assert "were not cancelled within 10 min" in caplog.text
    assert {row["status"] for row in bench.rows()} == {"success"}


def test_without_a_realtime_endpoint_nobody_is_rescued(bench, caplog):
    write_endpoints(bench.folder, lanes=("batch",))
    assert shards_to_rescue([bench.ref]) == []
    assert "no endpoint offers the realtime lane" in caplog.text


def test_the_ledger_and_lanes_json_tell_of_the_rescue_and_of_what_was_saved(bench, ledger_url):
    choice = {"lane": "batch", "reason": "cheaper", "shards": [0]}
    write_json(bench.plan.folder.lanes, {"deadline": 0.0, "choices": [choice]})
    when = bench.clock.now()
    with open_ledger(ledger_url) as ledger:
        lanes = LaneLedger(ledger)
        lanes.save_choices([LaneRow(WEEK, RUN_ID, 0, "batch", "cheaper", *_times(when), 20, 100, 10)])
        bench.provider.ending = RemoteStatus.CANCELLED
        bench.answer_only(15)
        bench.run_batches()
        rescue(bench, "late")
        assert lanes.choices(WEEK, RUN_ID)[0].rescue_reason == "late"
        results = record_lane_results(bench.plan)
        assert record_lane_results(bench.plan) == results
        records = {record.lane: record for record in lanes.records()}
    assert read_json(bench.plan.folder.lanes)["results"] == results
    rescued = results["rescued"]
    assert (rescued["rows"], rescued["shards"], rescued["requests"], rescued["reasons"]) == (5, 1, 5, ["late"])
    assert rescued["cost_usd"] == pytest.approx(5 * (100 + 5 * 2) / 1e6)
    assert rescued["at"] >= when
    assert {lane: held["rows"] for lane, held in results["lanes"].items()} == {"batch": 15, "realtime": 5}
    # 100 tokens in and 10 out a row, at half the price: what was paid is what was saved.
    assert (
        results["saved_usd"] == pytest.approx(15 * (100 + 10 * 2) / 2e6) == pytest.approx(results["lanes"]["batch"]["cost_usd"])
    )
    assert set(records) == {"batch"}, "a rescue says nothing of the realtime lane's pace"
    assert (records["batch"].rows, records["batch"].tokens) == (15, 15 * 110)


def _times(when):
    at = datetime.fromtimestamp(when, UTC)
    return at, at, at


def test_results_that_may_be_paid_for_are_not_asked_in_realtime(bench):
    bench.submit()
    bench.provider.download = lambda *_: (_ for _ in ()).throw(
        EndpointError("gone", kind=EndpointErrorKind.DEPLOYMENT, status=404)
    )
    with pytest.raises(ResultsLostError, match="give-up"):
        rescue(bench)
    assert bench.asked == []
