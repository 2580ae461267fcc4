"""The choice of lane, from inputs alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.endpoints import Lane
from semtel_ops.routing import BatchPace, LaneChoice, Load, RealtimePace, RoutingInputs, choose_lane, route
from semtel_ops.routing.lane import CANCEL_S, RESCUE_MARGIN, Ahead, seconds_late

NOW = 1_000_000.0
HOUR = 3_600.0
# One hour of realtime work: 100 tokens a second.
SHARD = Load(1_000, 350_000, 10_000)


def inputs(**changes):
    values = {
        "now": NOW,
        "deadline": NOW + 48 * HOUR,
        "load": SHARD,
        "realtime": RealtimePace(100.0, "measured in 3 runs"),
        "batch": BatchPace(20 * HOUR, "90th percentile of the latest 12 jobs"),
        "realtime_usd": 40.0,
        "batch_usd": 20.0,
        "min_saving_usd": 1.0,
    }
    return RoutingInputs(**{**values, **changes})


def choose(**changes):
    return choose_lane(inputs(**changes), SHARD, Ahead())


def test_a_loose_deadline_and_a_real_saving_choose_the_batch_and_say_why():
    choice = choose()
    assert choice.lane is Lane.BATCH
    assert "saves $20.00 of $40.00" in choice.reason
    assert "20 h (90th percentile of the latest 12 jobs)" in choice.reason
    assert choice.due_at == NOW + 20 * HOUR


def test_the_rescue_begins_while_the_realtime_lane_can_still_do_everything():
    # 360,000 tokens at 100 a second are an hour; half as much again, and ten minutes for jobs to stop.
    assert choose().rescue_at == NOW + 48 * HOUR - 1.5 * HOUR - CANCEL_S


def test_a_tight_deadline_chooses_realtime_and_names_the_times():
    choice = choose(deadline=NOW + 21 * HOUR)
    assert choice.lane is Lane.REALTIME
    assert "a batch takes 20 h" in choice.reason
    assert "plus 1.7 h reserved for its rescue" in choice.reason
    assert "the deadline is in 21 h" in choice.reason
    assert choice.due_at == NOW + HOUR
    assert choice.rescue_at is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch": None}, "no endpoint offers the batch lane"),
        ({"batch_usd": None}, "unknown"),
        ({"realtime_usd": 1.0, "batch_usd": 0.5}, "would save $0.50, less than the minimum of $1.00"),
        ({"batch_usd": 40.0, "min_saving_usd": 0.0}, "would save $0.00"),
        ({"requested": "realtime"}, "requested: lane realtime"),
    ],
)
def test_what_speaks_against_a_batch_is_said(changes, words):
    choice = choose(**changes)
    assert choice.lane is Lane.REALTIME
    assert words in choice.reason


FLEX = {"flex": RealtimePace(25.0, "assumed: routing.flex_pace"), "flex_usd": 20.0}


def test_a_deadline_too_near_for_a_batch_but_not_for_flex_chooses_flex_and_says_both():
    choice = choose(deadline=NOW + 10 * HOUR, **FLEX)
    assert (choice.lane, choice.due_at, choice.rescue_at) == (Lane.FLEX, NOW + 4 * HOUR, None)
    assert "a batch takes 20 h" in choice.reason
    assert "flex saves $20.00 of $40.00 over the run and takes 4 h (assumed: routing.flex_pace)" in choice.reason


def test_a_loose_deadline_still_chooses_the_batch_where_flex_is_offered():
    assert choose(**FLEX).lane is Lane.BATCH


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"deadline": NOW + 5 * HOUR}, "flex takes 4 h plus a reserve of 50%, past the deadline"),
        ({"deadline": NOW + 10 * HOUR, "flex_usd": 39.5}, "flex would save $0.50"),
        ({"deadline": NOW + 10 * HOUR, "flex_usd": None}, "the saving of flex is unknown"),
    ],
)
def test_what_speaks_against_flex_is_said_too(changes, words):
    choice = choose(**{**FLEX, **changes})
    assert choice.lane is Lane.REALTIME
    assert "a batch takes 20 h" in choice.reason
    assert words in choice.reason


def test_flex_that_was_asked_for_is_flex_whatever_it_saves():
    assert choose(requested="flex", **FLEX).reason == "requested: lane flex"
    assert choose(realtime=None, realtime_usd=None, batch=None, **FLEX).lane is Lane.FLEX


def test_shards_go_to_flex_until_its_pace_is_used_up():
    run = inputs(load=sum([SHARD] * 4, Load()), deadline=NOW + 13 * HOUR, **FLEX)
    assert [choice.lane for choice in route(run, [SHARD] * 4)] == [Lane.FLEX] * 2 + [Lane.REALTIME] * 2


def test_a_forced_batch_keeps_its_time_until_the_deadline_itself():
    choice = choose(requested="batch", deadline=NOW + HOUR, realtime_usd=None, batch_usd=None)
    assert (choice.lane, choice.rescue_at) == (Lane.BATCH, NOW + HOUR)
    assert choose(requested="batch", deadline=NOW - 1).rescue_at is None, "nothing is stopped the moment it begins"


def test_where_nobody_answers_at_once_the_batch_is_waited_for():
    choice = choose(realtime=None, realtime_usd=None)
    assert (choice.lane, choice.rescue_at) == (Lane.BATCH, None)


def test_jobs_under_way_keep_their_shard_in_the_batch_lane():
    choice = choose_lane(inputs(deadline=NOW + 21 * HOUR), SHARD, Ahead(), under_way=True)
    assert choice.lane is Lane.BATCH
    assert "in progress" in choice.reason


def test_jobs_under_way_past_the_deadline_are_rescued_at_once():
    assert choose_lane(inputs(deadline=NOW - 1), SHARD, Ahead(), under_way=True).rescue_at == NOW


def test_a_queue_that_holds_one_shard_at_a_time_splits_the_run_between_the_lanes():
    pace = BatchPace(10 * HOUR, "assumed", queue_tokens=400_000)
    choices = route(inputs(load=sum([SHARD] * 6, Load()), batch=pace), [SHARD] * 6)
    # Turns of ten hours, and each shard more keeps another 1.5 h free: the fourth would end at 40 h + 6.2 h, the fifth at 50 h.
    assert [choice.lane for choice in choices] == [Lane.BATCH] * 4 + [Lane.REALTIME] * 2
    assert choices[-1].due_at == NOW + 2 * HOUR


def test_what_others_hold_in_the_queue_comes_first():
    pace = BatchPace(20 * HOUR, "assumed", queue_tokens=400_000, held_tokens=800_000)
    assert choose(batch=pace).lane is Lane.REALTIME


def test_a_run_that_no_lane_can_finish_is_known_to_be_late():
    run = inputs(deadline=NOW + HOUR / 2)
    assert seconds_late(run, route(run, [SHARD])) == pytest.approx(HOUR / 2)
    assert seconds_late(inputs(), route(inputs(), [SHARD])) == 0.0


@given(
    tokens=st.lists(st.integers(0, 10**7), min_size=1, max_size=20),
    in_h=st.floats(-5, 200),
    turn_h=st.floats(0.01, 48),
    rate=st.floats(0.1, 1e6),
    queue=st.none() | st.integers(1, 10**8),
)
def test_whatever_goes_into_a_batch_by_choice_can_be_rescued_before_the_deadline(tokens, in_h, turn_h, rate, queue):
    loads = [Load(1, count, 0) for count in tokens]
    run = inputs(
        load=sum(loads, Load()),
        deadline=NOW + in_h * HOUR,
        realtime=RealtimePace(rate, "measured"),
        batch=BatchPace(turn_h * HOUR, "assumed", queue),
    )
    choices = route(run, loads)
    batched = [(choice, load) for choice, load in zip(choices, loads, strict=True) if choice.lane is Lane.BATCH]
    stops = {choice.rescue_at for choice, _ in batched}
    assert len(stops) <= 1, "all batches are stopped at the same time"
    for stop in stops:
        again_s = RESCUE_MARGIN * sum(load.tokens for _, load in batched) / rate
        assert stop + CANCEL_S + again_s <= run.deadline + 1e-3
        assert all(choice.due_at <= stop + 1e-3 for choice, _ in batched)


def test_every_choice_carries_its_reason():
    choices = [choose(), choose(batch=None), choose(realtime=None), choose(requested="batch"), choose(requested="realtime")]
    assert all(isinstance(choice, LaneChoice) and choice.reason for choice in choices)
