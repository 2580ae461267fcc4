"""What a metrics system is told of a shard."""

import pytest

from semtel_ops.concurrency.endpoint_limiter import Snapshot
from semtel_ops.runs.metrics import ShardMeter, count_landed
from semtel_ops.testing.manual_clock import ManualClock


class Heard:
    """Remembers what was counted, added up, and what was last said of each gauge."""

    def __init__(self):
        self.counts, self.gauges = {}, {}

    def count(self, name, value, tags):
        key = (name, *tags.values())
        self.counts[key] = self.counts.get(key, 0) + value

    def gauge(self, name, value, tags):
        self.gauges[name, *tags.values()] = value


def snapshot(endpoint="east", successes=0, refusals=0, limit=8, inflight=5):
    return Snapshot(endpoint, limit, inflight, "closed", None, None, 1.0, "", 0.1, successes, refusals, 0)


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def clock():
    return ManualClock(1_000.0)


def test_a_landed_shard_is_counted_by_lane_and_status(heard):
    landed = {"requests": 40, "input_tokens": 900, "output_tokens": 80, "cost_usd": 0.5, "reused": 3,
              "by_status": {"success": 38, "error": 2}}  # fmt: skip
    count_landed(heard, landed, "batch")
    assert heard.counts == {
        ("semtel.requests", "batch"): 40,
        ("semtel.input_tokens", "batch"): 900,
        ("semtel.output_tokens", "batch"): 80,
        ("semtel.cost_usd", "batch"): 0.5,
        ("semtel.rows", "batch", "success"): 38,
        ("semtel.rows", "batch", "error"): 2,
        ("semtel.rows_reused", "batch"): 3,
    }


def test_a_price_nobody_knows_is_not_counted(heard):
    count_landed(heard, {"requests": 1, "cost_usd": None}, "realtime")
    assert heard.counts == {("semtel.requests", "realtime"): 1}


def test_goodput_and_refusals_are_of_the_time_since_the_last_look(heard, clock):
    meter = ShardMeter(heard, clock, expected_rows=100, due_at=None)
    clock.advance(2)
    meter.look([snapshot(successes=20, refusals=3)], 20)
    clock.advance(10)
    meter.look([snapshot(successes=50, refusals=4, limit=12)], 50)
    assert heard.counts == {("semtel.refusals", "east"): 4}
    assert heard.gauges == {
        ("semtel.concurrency", "east"): 12, ("semtel.in_flight", "east"): 5, ("semtel.goodput", "east"): 3.0,
    }  # fmt: skip


def test_the_margin_to_the_deadline_goes_by_the_pace_of_this_attempt(heard, clock):
    meter = ShardMeter(heard, clock, expected_rows=100, due_at=clock.now() + 100)
    meter.look([], 40)
    assert heard.gauges == {}, "rows of an earlier attempt are no pace"
    clock.advance(10)
    meter.look([], 60)
    assert heard.gauges[("semtel.deadline_margin_s",)] == 100 - 10 - 20
    clock.advance(50)
    meter.look([], 100)
    assert heard.gauges[("semtel.deadline_margin_s",)] == 40
