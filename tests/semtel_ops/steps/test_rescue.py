"""What batches leave unanswered is asked in realtime; what they answered is not paid for again."""

import json
from collections import Counter
from pathlib import Path

import pytest

from semtel_ops.endpoints.batch_client import RemoteStatus
from semtel_ops.endpoints.model import Endpoint, Lane, Price
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import PipelineConfig, Settings
from semtel_ops.steps.classify_batch import classify_shards, submit_shard
from semtel_ops.steps.lane_results import record_lane_results
from semtel_ops.steps.rescue import rescue_shard, shards_to_rescue
from semtel_ops.store.files import read_json, write_json
from semtel_ops.store.lane_ledger import LaneLedger, LaneRow
from semtel_ops.store.ledger import open_ledger
from semtel_ops.store.parquet import atomic_parquet, read_rows
from semtel_ops.store.tables import PREPARED
from semtel_ops.testing.batch_provider import BatchProvider, answered
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.scripted_client import ScriptedClient

WEEK, ROWS = "2026-W47", 20
ENDPOINT = Endpoint("east", "openai", "http://127.0.0.1:1/v1", "m", lanes=(Lane.REALTIME, Lane.BATCH), price=Price(1.0, 1.0))


class World:
    """A prepared shard in the batch lane, its provider, and a realtime endpoint that remembers what it was asked."""

    def __init__(self, folder: Path, lanes=("realtime", "batch")) -> None:
        price = {"input_per_million": 1.0, "output_per_million": 1.0}
        entry = {"name": "east", "base_url": "http://127.0.0.1:1/v1", "model": "m", "lanes": list(lanes), "price": price}
        (folder / "endpoints.yaml").write_text(json.dumps({"endpoints": [entry]}))
        self.plan = RunPlan(
            week=WEEK, run_id="r1", lake=str(folder / "lake"), config=PipelineConfig(), classifiers=("topic",),
            endpoints=str(folder / "endpoints.yaml"), include=Settings().include,
        )  # fmt: skip
        self.plan.save()
        self.shard = {"run": self.plan.url, "shard": 0, "conversations": ROWS, "lane": "batch", "rescue_at": None}
        write_json(self.plan.paths.run(WEEK, "r1").sample, {"shards": [self.shard]})
        with atomic_parquet(self.plan.paths.run(WEEK, "r1").prepared(0), PREPARED) as sink:
            sink.write([_prepared(at) for at in range(ROWS)])
        self.provider = BatchProvider(ENDPOINT)
        self.clock = ManualClock()
        self.chat = ScriptedClient(lambda _: '{"label": "science"}', ENDPOINT)

    @property
    def resources(self):
        return Resources(make_batch_client=lambda _: self.provider, make_chat_client=lambda _: self.chat, clock=self.clock)

    def rescue(self, why="its batch rows were not written"):
        return rescue_shard({**self.shard, "rescue": why}, resources=self.resources)

    def rows(self):
        return list(read_rows(self.plan.paths.run(WEEK, "r1").landed(0)))

    def answer_only(self, count):
        seen = iter(range(ROWS * 10))
        self.provider.answer = lambda line: answered(line) if next(seen) < count else None


def _prepared(at):
    return {
        "conversation_id": f"c{at}", "content_hash": f"{at:032x}", "sample_weight": 1.0, "truncated_tokens": 0,
        "turns": [{"role": "user", "content": f"question {at}"}], "compression_ratio": 1.0,
    }  # fmt: skip


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    return World(tmp_path)


def test_a_batch_that_landed_whole_needs_no_rescue(world):
    classify_shards([world.shard], resources=world.resources)
    assert shards_to_rescue([world.shard, {**world.shard, "shard": 1, "lane": "realtime"}]) == []


def test_a_batch_that_never_ends_is_stopped_and_only_the_rest_is_asked_in_realtime(world):
    world.provider.ending = RemoteStatus.IN_PROGRESS
    submit_shard(world.shard, resources=world.resources)
    (late,) = shards_to_rescue([world.shard])
    assert late["rescue"] == "its batch rows were not written"
    world.answer_only(15)
    landed = world.rescue(late["rescue"])
    assert len(world.chat.asked) == 5
    assert len(world.provider.created) == 1
    assert Counter((row["lane"], row["status"]) for row in world.rows()) == {
        ("batch", "success"): 15,
        ("realtime", "success"): 5,
    }
    assert landed["rescue"] == "its batch rows were not written"
    assert shards_to_rescue([world.shard]) == []


def test_rows_that_landed_as_expired_are_asked_in_realtime(world):
    world.provider.ending = RemoteStatus.CANCELLED
    world.answer_only(12)
    classify_shards([world.shard], resources=world.resources)
    (late,) = shards_to_rescue([world.shard])
    assert late["rescue"] == "8 of 20 rows have no batch result"
    world.rescue(late["rescue"])
    assert len(world.chat.asked) == 8
    assert {row["status"] for row in world.rows()} == {"success"}


def test_a_rescue_done_twice_asks_nothing_more(world):
    world.rescue()
    asked = len(world.chat.asked)
    world.rescue()
    assert len(world.chat.asked) == asked == ROWS


def test_a_provider_that_is_gone_does_not_keep_rows_from_landing(world):
    world.provider.ending = RemoteStatus.IN_PROGRESS
    submit_shard(world.shard, resources=world.resources)
    world.provider.fail_next(*[EndpointError("503", kind=EndpointErrorKind.AUTH, status=401)] * 50)
    world.rescue()
    assert {row["lane"] for row in world.rows()} == {"realtime"}


def test_a_job_that_will_not_stop_is_waited_for_ten_minutes_and_no_longer(world, caplog):
    world.provider.ending = RemoteStatus.IN_PROGRESS
    submit_shard(world.shard, resources=world.resources)
    world.provider.cancel = lambda _: None
    began = world.clock.now()
    world.rescue()
    assert 600 <= world.clock.now() - began < 700
    assert "were not cancelled" in caplog.text
    assert {row["status"] for row in world.rows()} == {"success"}


def test_without_a_realtime_endpoint_nobody_is_rescued(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    world = World(tmp_path, lanes=("batch",))
    assert shards_to_rescue([world.shard]) == []
    assert "no endpoint offers the realtime lane" in caplog.text


def test_the_ledger_and_lanes_json_tell_of_the_rescue_and_of_what_was_saved(world, tmp_path):
    choice = {"lane": "batch", "reason": "cheaper", "shards": [0]}
    write_json(world.plan.paths.run(WEEK, "r1").lanes, {"deadline": 0.0, "choices": [choice]})
    when = world.clock.now()
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        lanes = LaneLedger(ledger)
        lanes.save_choices([LaneRow(WEEK, "r1", 0, "batch", "cheaper", *_times(when), 20, 100, 10)])
        world.provider.ending = RemoteStatus.CANCELLED
        world.answer_only(15)
        classify_shards([world.shard], resources=world.resources)
        world.rescue("late")
        assert lanes.choices(WEEK, "r1")[0].rescue_reason == "late"
        results = record_lane_results(world.plan)
        assert record_lane_results(world.plan) == results
        records = {record.lane: record for record in lanes.records()}
    assert read_json(world.plan.paths.run(WEEK, "r1").lanes)["results"] == results
    rescued = results["rescued"]
    assert (rescued["rows"], rescued["shards"], rescued["requests"], rescued["reasons"]) == (5, 1, 5, ["late"])
    assert rescued["cost_usd"] == pytest.approx(5 * 105 / 1e6)
    assert rescued["at"] >= when
    assert {lane: held["rows"] for lane, held in results["lanes"].items()} == {"batch": 15, "realtime": 5}
    # 110 tokens a row at half of 1 USD a million: what was paid is what was saved.
    assert results["saved_usd"] == pytest.approx(15 * 110 / 2e6) == pytest.approx(results["lanes"]["batch"]["cost_usd"])
    assert set(records) == {"batch"}, "a rescue says nothing of the realtime lane's pace"
    assert (records["batch"].rows, records["batch"].tokens) == (15, 15 * 110)


def _times(when):
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(when, UTC)
    return at, at, at
