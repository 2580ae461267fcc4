"""Every shard of a run gets a lane with a reason, before anything is asked."""

from datetime import UTC, datetime, timedelta

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.steps.route import of_lane, route_shards
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobState
from semtel_ops.store.files import read_json
from semtel_ops.store.lane_ledger import LaneLedger, LaneRecord
from semtel_ops.testing.manual_clock import ManualClock
from tests.support.shards import RUN_ID, WEEK, conversation_row, make_plan, write_conversations, write_endpoints

NOW = datetime.fromtimestamp(ManualClock().now(), UTC)


@pytest.fixture
def make_shards(tmp_path, ledger_url):
    """`make_shards(config)`: a sampled run of two shards with ten conversations each."""

    def make(config=None, *, lanes=("realtime", "batch"), chars=400, **changes):
        write_endpoints(tmp_path, lanes=lanes, price=(1_000.0, 1_000.0))  # dear, so that few conversations matter
        plan = make_plan(tmp_path, config=config, classifiers=("topic",), **changes)
        plan.save()
        for shard in range(2):
            rows = [conversation_row(10 * shard + at, shard=shard, chars=chars) for at in range(10)]
            write_conversations(plan, rows, shard=shard)
        return [{"run": plan.url, "shard": shard, "conversations": 10} for shard in range(2)]

    return make


def choose(shards, clock=None):
    return route_shards(shards, clock=clock or ManualClock())


def told(shards):
    return read_json(shards[0]["run"].replace("run.json", "lanes.json"))


def test_a_loose_deadline_sends_both_shards_into_batches_and_says_so_everywhere(make_shards, ledger, caplog):
    caplog.set_level("INFO")
    shards = make_shards({"routing": {"deadline_hours": 72}})
    routed = choose(shards)
    assert [shard["lane"] for shard in routed] == ["batch", "batch"]
    assert {key: routed[0][key] for key in shards[0]} == shards[0], "the reference goes on"
    assert "2 shards routed to the batch lane: saves $" in caplog.text
    lanes = told(shards)
    assert [(choice["lane"], choice["shards"]) for choice in lanes["choices"]] == [("batch", [0, 1])]
    assert lanes["batch"]["cost_usd"] == pytest.approx(lanes["realtime"]["cost_usd"] / 2)
    assert lanes["rescue_at"] == routed[0]["rescue_at"] < lanes["deadline"] == ManualClock().now() + 72 * 3_600
    rows = LaneLedger(ledger).choices(WEEK, RUN_ID)
    assert [(row.shard, row.lane, row.reason) for row in rows] == [(n, "batch", lanes["choices"][0]["reason"]) for n in (0, 1)]


def test_a_tight_deadline_chooses_realtime(make_shards):
    shards = make_shards(deadline=NOW + timedelta(hours=6))
    assert [shard["lane"] for shard in choose(shards)] == ["realtime", "realtime"]
    assert "the deadline is in 6 h" in told(shards)["choices"][0]["reason"]


def test_an_impossible_deadline_is_refused_with_what_would_be_right(make_shards):
    shards = make_shards({"routing": {"tokens_per_minute": 10}}, deadline=NOW + timedelta(hours=2))
    with pytest.raises(
        ConfigError, match=r"deadline: .* cannot be met: .* tokens need about .* 2 h are left; nothing was asked"
    ):
        choose(shards)
    assert told(shards) is None, "a later, possible try begins anew"


def test_an_impossible_deadline_is_only_warned_of_where_the_lane_is_forced(make_shards, caplog):
    shards = make_shards({"lane": "realtime", "routing": {"tokens_per_minute": 10}}, deadline=NOW + timedelta(hours=2))
    assert [shard["lane"] for shard in choose(shards)] == ["realtime", "realtime"]
    assert "expected to miss its deadline" in caplog.text


def test_without_a_deadline_no_run_is_refused(make_shards):
    shards = make_shards({"routing": {"tokens_per_minute": 0.01}})
    assert [shard["lane"] for shard in choose(shards)] == ["realtime", "realtime"]
    assert told(shards)["deadline"] == ManualClock().now() + 48 * 3_600


def test_endpoints_without_a_batch_lane_answer_in_realtime(make_shards):
    shards = make_shards(lanes=("realtime",))
    assert [shard["lane"] for shard in choose(shards)] == ["realtime", "realtime"]
    assert told(shards)["batch"] is None


def test_a_forced_lane_that_nobody_offers_is_a_setting_that_is_wrong(make_shards):
    shards = make_shards({"lane": "batch"}, lanes=("realtime",))
    with pytest.raises(ConfigError, match="lane: 'batch' is not offered by any endpoint"):
        choose(shards)


def test_a_saving_that_is_not_worth_a_wait_stays_in_realtime(make_shards):
    shards = make_shards({"routing": {"min_saving_usd": 1_000}})
    assert "less than the minimum of $1,000" in (choose(shards), told(shards)["choices"][0]["reason"])[1]


def test_what_is_cut_off_before_it_is_sent_is_not_counted(make_shards):
    choose(shards := make_shards({"tokens": {"max_per_conversation": 1_000}}, chars=4_000))
    short = told(shards)["input_tokens"]
    choose(shards := make_shards({"tokens": {"max_per_conversation": 1_000}}, chars=4_000_000))
    assert told(shards)["input_tokens"] == short


def test_chosen_again_a_run_keeps_its_deadline_while_that_is_ahead(make_shards):
    shards, clock = make_shards({"routing": {"deadline_hours": 72}}), ManualClock()
    choose(shards, clock)
    deadline = told(shards)["deadline"]
    clock.advance(50 * 3_600)
    assert [shard["lane"] for shard in choose(shards, clock)] == ["realtime", "realtime"], "22 h are too few for a batch now"
    assert told(shards)["deadline"] == deadline


def test_a_cleared_run_whose_deadline_has_passed_is_not_refused(make_shards):
    shards, clock = make_shards(deadline=NOW + timedelta(hours=6)), ManualClock()
    choose(shards, clock)
    clock.advance(7 * 3_600)
    assert [shard["lane"] for shard in choose(shards, clock)] == ["realtime", "realtime"]


def test_a_shard_whose_jobs_are_under_way_stays_in_the_batch_lane(make_shards, ledger):
    shards = make_shards(deadline=NOW + timedelta(hours=6))
    job = BatchJob(
        job_key="j", week=WEEK, run_id=RUN_ID, shard=1, round=1, endpoint="east", model="m", queue="q", fingerprint="f",
        dialect="d", input_url="i", keys_url="k", requests=10, bytes=1, tokens=1, created_at=0.0,
        state=JobState.SUBMITTED, provider_id="batch_1",
    )  # fmt: skip
    BatchLedger(ledger, "me").add([job], known=0)
    routed = choose(shards)
    assert [shard["lane"] for shard in routed] == ["realtime", "batch"]
    assert of_lane(routed, "batch") == [routed[1]]
    assert of_lane(routed, "realtime") == [routed[0]]


def test_the_pace_of_earlier_runs_is_what_the_choice_goes_by(make_shards, ledger):
    record = LaneRecord("2026-W46", "r0", "realtime", "east", 1_000, 1_000, 600_000, 100.0, 1.0, 0.0, NOW)
    LaneLedger(ledger).save_records([record])
    choose(shards := make_shards())
    assert told(shards)["realtime"]["tokens_per_minute"] == 360_000
    assert told(shards)["realtime"]["source"] == "measured in 1 run"


def test_a_dry_run_notes_its_choice_and_forecasts_in_realtime(make_shards, ledger):
    shards = make_shards(dry_run=True)
    assert [shard["lane"] for shard in choose(shards)] == ["realtime", "realtime"]
    assert told(shards)["choices"][0]["lane"] == "batch"
    assert LaneLedger(ledger).choices(WEEK, RUN_ID) == []


def test_no_shards_need_no_lane():
    assert choose([]) == []
