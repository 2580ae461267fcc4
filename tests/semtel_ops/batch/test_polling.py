"""When to look again: pure, no mocks, no sleep."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.batch.polling import (
    Action,
    PollPolicy,
    Watch,
    after_cancel,
    after_error,
    after_success,
    decide,
    decide_all,
    next_poll_at,
)
from semtel_ops.endpoints.batch_client import RemoteJob, RemoteStatus
from semtel_ops.errors import EndpointError, EndpointErrorKind

START = 1_000_000.0
WATCH = Watch("job", "batch_1", "east", START)
POLICY = PollPolicy()
DOWN = EndpointError("down", kind=EndpointErrorKind.CONNECTION)
REFUSED = EndpointError("wrong key", kind=EndpointErrorKind.AUTH, status=401)


def test_a_new_job_is_looked_at_after_the_shortest_wait() -> None:
    assert decide(WATCH, START).action is Action.WAIT
    assert decide(WATCH, START).at == START + POLICY.min_s
    assert decide(WATCH, START + POLICY.min_s).action is Action.POLL


def test_the_wait_grows_with_the_age_of_the_job_up_to_the_longest() -> None:
    waits = [next_poll_at(replace(WATCH, polled_at=START + age), POLICY) - START - age for age in (0, 10, 100, 1_000, 86_400)]
    assert waits == [2.0, 2.0, 10.0, 100.0, 300.0]


def test_a_day_costs_some_three_hundred_looks() -> None:
    watch, looks = WATCH, 0
    while next_poll_at(watch, POLICY) < START + 86_400:
        watch = after_success(watch, RemoteJob("batch_1", RemoteStatus.IN_PROGRESS), next_poll_at(watch, POLICY))
        looks += 1
    assert 250 < looks < 400


@pytest.mark.parametrize("status", [s for s in RemoteStatus if s.ended])
def test_an_ended_job_is_collected_whatever_else_is_true(status: RemoteStatus) -> None:
    watch = replace(WATCH, status=status, deadline=START, failing_since=START, failures=9, refused=True)
    assert decide(watch, START + 1e6).action is Action.COLLECT


def test_a_job_past_its_deadline_is_cancelled_once_and_then_watched_until_it_ends() -> None:
    watch = replace(WATCH, deadline=START + 10)
    assert decide(watch, START + 9.9).at <= START + 10
    assert decide(watch, START + 10).action is Action.POLL, "it may have finished a lot since the last look"
    watch = replace(watch, polled_at=START + 10)
    assert decide(watch, START + 10).action is Action.CANCEL
    watch = after_cancel(watch, START + 10)
    assert decide(watch, START + 10).action is Action.WAIT
    assert decide(watch, START + 20).action is Action.POLL


def test_a_deadline_that_every_look_puts_off_a_little_is_not_looked_at_without_end() -> None:
    watch = replace(WATCH, polled_at=START + 10, deadline=START + 10.001)
    assert decide(watch, START + 10.001).action is Action.WAIT
    assert decide(watch, START + 10.001).at == START + 10 + POLICY.min_s


def test_a_look_that_finds_more_done_is_remembered() -> None:
    watch = after_success(WATCH, RemoteJob("batch_1", RemoteStatus.IN_PROGRESS, total=10, completed=4), START + 2)
    assert watch.advanced_at == START + 2
    assert (
        after_success(watch, RemoteJob("batch_1", RemoteStatus.IN_PROGRESS, total=10, completed=4), START + 9).advanced_at
        == START + 2
    )


def test_a_cancelled_job_that_never_ends_is_given_up() -> None:
    watch = after_cancel(replace(WATCH, polled_at=START + 5_000), START)
    assert decide(watch, START + 5_000).action is Action.GIVE_UP


def test_looks_in_vain_are_borne_for_the_patience_and_forgotten_after_one_that_is_not() -> None:
    watch = after_error(after_error(WATCH, DOWN, START + 2), DOWN, START + 600)
    assert decide(watch, START + 3_601).action is not Action.GIVE_UP
    assert decide(watch, START + 3_602).action is Action.GIVE_UP
    assert "down" in decide(watch, START + 3_602).reason
    assert (
        decide(after_success(watch, RemoteJob("batch_1", RemoteStatus.IN_PROGRESS), START + 700), START + 3_602).action
        is Action.POLL
    )


def test_a_refused_key_gives_up_at_the_third_look() -> None:
    watch = after_error(after_error(WATCH, REFUSED, START + 2), REFUSED, START + 4)
    assert decide(watch, START + 4).action is not Action.GIVE_UP
    assert decide(after_error(watch, REFUSED, START + 6), START + 6).action is Action.GIVE_UP


def test_counts_that_a_provider_leaves_out_stay_as_they_were() -> None:
    watch = after_success(WATCH, RemoteJob("batch_1", RemoteStatus.IN_PROGRESS, total=10, completed=4), START + 2)
    assert (after_success(watch, RemoteJob("batch_1", RemoteStatus.FINALIZING), START + 4).total, watch.completed) == (10, 4)


def test_of_several_jobs_whatever_is_due_comes_first_and_otherwise_the_earliest_wait() -> None:
    young, old = WATCH, replace(WATCH, polled_at=START - 100, submitted_at=START - 9_000)
    assert decide_all([young, old], START).at == START + 2.0
    assert decide_all([young, replace(old, status=RemoteStatus.COMPLETED)], START).action is Action.COLLECT
    assert decide_all([], START).action is Action.COLLECT


def test_a_job_that_waits_for_its_turn_wakes_whoever_collects() -> None:
    assert decide_all([], START, wake_at=START + 5).at == START + 5
    assert decide_all([WATCH], START, wake_at=START + 1).at == START + 1
    assert decide_all([WATCH], START + 1, wake_at=START + 1).action is Action.COLLECT


@given(
    st.builds(
        Watch, st.text(), st.text(), st.text(), st.floats(0, 2e9), deadline=st.none() | st.floats(0, 2e9),
        status=st.sampled_from(RemoteStatus), polled_at=st.none() | st.floats(0, 2e9), failing_since=st.none() | st.floats(0, 2e9),
        failures=st.integers(0, 9), refused=st.booleans(), cancelled_at=st.none() | st.floats(0, 2e9),
    ),
    st.floats(0, 2e9),
)  # fmt: skip
def test_any_watch_survives_json_and_never_waits_for_the_past(watch: Watch, now: float) -> None:
    assert Watch.from_json(json.loads(json.dumps(watch.to_json()))) == watch
    decision = decide(watch, now)
    assert decision.at > now if decision.action is Action.WAIT else decision.at == now


UNKNOWN = RemoteJob("batch_1", RemoteStatus.UNKNOWN, word="napping")


def test_an_unknown_state_is_polled_as_any_that_is_under_way_and_given_up_after_twice_the_window() -> None:
    watch = after_success(WATCH, UNKNOWN, START + 100)
    assert decide(watch, START + 101).action is Action.WAIT
    assert decide(watch, START + 200).action is Action.POLL
    assert decide(watch, START + POLICY.unknown_s - 1).action is Action.POLL
    late = decide(watch, START + POLICY.unknown_s)
    assert (late.action, "'napping', which is unknown" in late.reason) == (Action.GIVE_UP, True)
    assert decide(replace(watch, status=RemoteStatus.IN_PROGRESS), START + 9 * POLICY.unknown_s).action is Action.POLL


def test_an_unknown_state_at_the_deadline_is_cancelled_and_then_given_up() -> None:
    watch = replace(after_success(WATCH, UNKNOWN, START + 100), deadline=START + 50)
    assert decide(watch, START + 100).action is Action.CANCEL
    watch = after_cancel(watch, START + 100)
    assert decide(watch, START + 100 + POLICY.cancel_grace_s).action is Action.GIVE_UP


_STATES = st.sampled_from([*RemoteStatus, DOWN, REFUSED])


@given(st.lists(_STATES, min_size=1, max_size=8), st.none() | st.floats(0, 3e5))
def test_whatever_a_provider_says_the_polls_are_bounded_and_an_unknown_state_ends(
    states: list[Any], late_s: float | None
) -> None:
    """The states come in turn and then the last one stays: an end, an unknown state or an error that lasts."""
    watch, now, polls = replace(WATCH, deadline=None if late_s is None else START + late_s), START, 0
    end = states[-1]
    if isinstance(end, RemoteStatus) and not end.ended and end is not RemoteStatus.UNKNOWN and late_s is None:
        return  # a job may run for as long as its provider says that it runs
    while (decision := decide(watch, now)).action not in {Action.COLLECT, Action.GIVE_UP}:
        if decision.action is Action.WAIT:
            assert decision.at > now
            now = decision.at
            continue
        if decision.action is Action.CANCEL:
            watch = after_cancel(watch, now)
        said = states[min(polls, len(states) - 1)]
        polls += 1
        failed = isinstance(said, EndpointError)
        watch = after_error(watch, said, now) if failed else after_success(watch, RemoteJob("batch_1", said), now)
        assert polls < 2_500
    assert now <= START + (late_s or 0) + POLICY.unknown_s + POLICY.patience_s + POLICY.max_s
