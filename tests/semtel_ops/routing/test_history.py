"""Paces of the lanes: measured where enough was seen, else configured, else assumed."""

from datetime import UTC, datetime, timedelta

import pytest

from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.endpoints.model import Limits
from semtel_ops.routing import RealtimePace, batch_pace, flex_pace, realtime_pace
from semtel_ops.settings import RoutingConfig
from semtel_ops.store.batch_ledger import BatchJob, JobState
from semtel_ops.store.lane_ledger import LaneRecord, ShardPace

CONFIG = RoutingConfig(batch_hours=24, tokens_per_minute=6_000)
THEN = datetime(2026, 11, 16, tzinfo=UTC)


def make_endpoint(name="east", tpm=None, lanes=(Lane.REALTIME, Lane.BATCH)):
    return Endpoint(name, "openai", "http://127.0.0.1:1/v1", "m", lanes=lanes, limits=Limits(tpm=tpm))


def make_record(tokens, seconds=1_000.0, endpoints="east", lane="realtime", requests=10_000):
    return LaneRecord("2026-W46", "r", lane, endpoints, requests, requests, tokens, seconds, 1.0, 0.0, THEN)


def make_job(hours, status="completed", **changes):
    values = {
        "job_key": "j", "week": "2026-W46", "run_id": "r", "shard": 0, "round": 1, "endpoint": "east", "model": "m",
        "queue": "q", "fingerprint": "f", "dialect": "d", "input_url": "i", "keys_url": "k", "requests": 10, "bytes": 1,
        "tokens": 1, "created_at": 0.0, "state": JobState.DONE, "provider_status": status, "answered": 10,
        "submitted_at": THEN, "finished_at": THEN + timedelta(hours=hours),
    }  # fmt: skip
    return BatchJob(**{**values, **changes})


def test_the_middle_one_of_the_latest_five_runs_is_the_pace():
    records = [make_record(tokens) for tokens in (100_000, 300_000, 200_000, 900_000, 250_000, 1, 1)]
    pace = realtime_pace(records, [make_endpoint()], CONFIG)
    assert (pace.tokens_per_s, pace.source) == (250.0, "measured in 5 runs")


@pytest.mark.parametrize(
    "record",
    [
        make_record(500_000, seconds=20.0),
        make_record(500_000, requests=40),
        make_record(500_000, endpoints="east,west"),
        make_record(500_000, lane="batch"),
    ],
)
def test_short_runs_and_runs_of_other_endpoints_or_lanes_tell_nothing(record):
    pace = realtime_pace([record], [make_endpoint()], CONFIG)
    assert (pace.tokens_per_s, pace.source) == (100.0, "assumed: routing.tokens_per_minute")


def test_unmeasured_endpoints_are_believed_most_of_their_configured_quota():
    pace = realtime_pace([], [make_endpoint(tpm=60_000), make_endpoint("west", tpm=30_000)], CONFIG)
    assert (pace.tokens_per_s, pace.source) == (1_200.0, "from limits.tpm")
    assert "assumed" in realtime_pace([], [make_endpoint(tpm=60_000), make_endpoint("west")], CONFIG).source


def test_without_a_realtime_endpoint_there_is_no_pace():
    assert realtime_pace([], [make_endpoint(lanes=(Lane.BATCH,))], CONFIG) is None


def test_nine_of_ten_jobs_took_no_longer_than_the_batch_pace():
    pace = batch_pace([make_job(hours) for hours in range(1, 12)], held_tokens=7, queue_tokens=100, config=CONFIG)
    assert pace.turnaround_s == 10 * 3_600
    assert (pace.source, pace.held_tokens, pace.queue_tokens) == ("90th percentile of the latest 11 jobs", 7, 100)


def test_a_stopped_job_counts_as_one_that_takes_the_whole_window():
    jobs = [make_job(1, "cancelled") for _ in range(6)]
    assert batch_pace(jobs, held_tokens=0, queue_tokens=None, config=CONFIG).turnaround_s == 24 * 3_600


def test_few_jobs_and_jobs_that_have_not_ended_tell_nothing():
    jobs = [make_job(1)] * 4 + [make_job(1, answered=None, state=JobState.FAILED)] * 9
    assert batch_pace(jobs, held_tokens=0, queue_tokens=None, config=CONFIG).source == "assumed: routing.batch_hours"


def test_what_the_run_did_itself_outweighs_earlier_runs_once_it_is_enough():
    def pace(shard, began, ended, requests=300):
        return ShardPace("2026-W47", "r", shard, "east", requests, 6_000, began, ended)

    def found(*paces):
        return realtime_pace([], [make_endpoint()], CONFIG, this_run=paces)

    together = found(pace(0, 0.0, 100.0), pace(1, 50.0, 120.0))
    assert (together.tokens_per_s, together.source) == (100.0, "measured in this run")
    assert found(pace(0, 0.0, 100.0), pace(1, 7_200.0, 7_300.0)).tokens_per_s == 60.0, "hours between shards do not count"
    assert found(pace(0, 0.0, 100.0)).source == "assumed: routing.tokens_per_minute", "too few requests"


def test_flex_is_taken_for_a_share_of_realtime_until_it_is_measured():
    config = RoutingConfig(flex_pace=0.5)
    both = [make_endpoint(lanes=(Lane.REALTIME, Lane.FLEX))]
    realtime = RealtimePace(100.0, "measured in 3 runs")
    assert flex_pace([], both, config, realtime) == RealtimePace(50.0, "assumed: routing.flex_pace")
    record = make_record(80_000, lane="flex")
    assert flex_pace([record], both, config, realtime) == RealtimePace(80.0, "measured in 1 run")
    assert flex_pace([record], [make_endpoint()], config, realtime) is None
