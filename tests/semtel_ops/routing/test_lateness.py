"""Whether a run's batches are late, from what they have left and the realtime lane's pace."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.routing import RealtimePace, Work, judge
from semtel_ops.routing.lane import CANCEL_S, RESCUE_MARGIN
from semtel_ops.routing.lateness import STALL_S

NOW, HOUR = 1_000_000.0, 3_600.0
PACE = RealtimePace(100.0, "measured in this run")
# An hour of the realtime lane: 360,000 tokens at 100 a second.
JOB = Work(1_000, 360.0, completed=0, submitted_at=NOW - 10 * HOUR)


def found(*works, in_h, **more):
    return judge(works, **{"pace": PACE, "now": NOW, **more}, deadline=NOW + in_h * HOUR)


def test_a_batch_that_has_done_nothing_is_stopped_while_realtime_can_still_do_all_of_it():
    # Half as much again as the hour, and ten minutes for jobs to stop: 1.67 h.
    assert not found(JOB, in_h=1.7).late
    assert found(JOB, in_h=1.7).stop_at == NOW + 1.7 * HOUR - 1.5 * HOUR - CANCEL_S
    late = found(JOB, in_h=1.6)
    assert late.late
    assert late.reason == (
        "1,000 of 1,000 requests are left; stopping the batch and sending them in realtime takes 1.7 h (measured in this run), "
        "but the deadline is in 1.6 h"
    )


def test_what_a_batch_finishes_puts_its_end_off():
    half = replace(JOB, completed=500, advanced_at=NOW - 2 * STALL_S)
    assert found(half, in_h=2).stop_at == NOW + 2 * HOUR - 0.75 * HOUR - CANCEL_S


def test_a_slower_realtime_lane_stops_it_earlier():
    assert found(JOB, in_h=3, pace=RealtimePace(50.0, "measured in this run")).late


def test_steady_progress_that_ends_in_time_is_not_stopped():
    # 900 of 1,000 in ten hours: the rest in 1.1 h, in 1.4 h with a quarter more. Realtime would need 0.32 h.
    steady = replace(JOB, completed=900, tokens=3_600.0, advanced_at=NOW - 60)
    going = found(steady, in_h=1.5)
    assert (going.late, going.stop_at) == (False, NOW + 1.5 * HOUR)
    assert "at the current rate they end in 1.4 h" in going.reason
    assert found(steady, in_h=1.3).late, "that pace ends too late"


def test_progress_that_has_stalled_is_none():
    steady = replace(JOB, completed=900, tokens=3_600.0, advanced_at=NOW - STALL_S - 1)
    assert found(steady, in_h=1.5).late


def test_where_the_provider_is_silent_all_of_it_counts_as_left():
    assert found(replace(JOB, completed=None), in_h=1.6).late


def test_one_job_that_makes_no_progress_stops_all_of_them():
    steady = replace(JOB, completed=999, advanced_at=NOW - 60)
    assert not found(steady, in_h=1.0).late
    assert found(steady, JOB, in_h=1.0).late, "the rescue is one, and begins when the last has stopped"


def test_what_is_done_and_only_not_handed_over_yet_is_waited_for():
    done = replace(JOB, completed=1_000, advanced_at=NOW - 2 * HOUR)
    assert not found(done, in_h=0.1).late


def test_what_ended_jobs_left_is_asked_in_time_though_the_others_are_on_course():
    steady = replace(JOB, completed=900, tokens=3_600.0, advanced_at=NOW - 60)
    assert not found(steady, in_h=3.0, owed_tokens=360_000).late
    assert found(steady, in_h=2.0, owed_tokens=360_000).late


def test_young_jobs_are_not_stopped_for_a_realtime_lane_that_could_not_do_it_in_time_either():
    slow = RealtimePace(5.0, "measured in this run")  # 20 h for the job
    young = replace(JOB, submitted_at=NOW, due_at=NOW + 15 * HOUR)
    kept = found(young, in_h=18, pace=slow)
    assert (kept.late, kept.stop_at) == (False, young.due_at)
    assert "comparable jobs should end in 15 h" in kept.reason
    assert found(young, in_h=14, pace=slow).late, "they are due too late themselves"
    assert found(replace(young, due_at=NOW - 1), in_h=18, pace=slow).late, "they should have ended by now"
    assert found(young, in_h=22, pace=slow).late, "realtime can still do it"


def test_past_the_deadline_everything_is_late():
    assert found(JOB, in_h=-1).late
    assert "the deadline has passed" in found(JOB, in_h=-1).reason


WORKS = st.builds(
    Work,
    st.integers(0, 10**6),
    st.floats(0, 1e5),
    completed=st.none() | st.integers(0, 10**6),
    submitted_at=st.none() | st.floats(NOW - 1e6, NOW),
    advanced_at=st.none() | st.floats(NOW - 1e6, NOW),
    due_at=st.none() | st.floats(NOW - 1e6, NOW + 1e6),
)


@given(st.lists(WORKS, max_size=8), st.floats(0.1, 1e6), st.floats(-50, 50), st.floats(0, 1e7))
def test_whatever_is_let_run_can_be_rescued_later_or_ends_by_itself(works, rate, in_h, owed):
    pace = RealtimePace(rate, "assumed")
    deadline = NOW + in_h * HOUR
    verdict = judge(works, pace, now=NOW, deadline=deadline, owed_tokens=owed)
    assert verdict.stop_at <= deadline
    assert verdict.reason
    if not verdict.late:
        left = sum(work.left * work.tokens for work in works) + owed
        rescued_in_time = verdict.stop_at + CANCEL_S + RESCUE_MARGIN * left / rate <= deadline + 1e-3
        on_course = all((end := work.ends_at(NOW)) is not None and end <= deadline for work in works)
        hopeless = NOW + CANCEL_S + left / rate > deadline
        assert rescued_in_time or on_course or (hopeless and NOW < verdict.stop_at <= deadline)
