"""Who may go, and what a full queue teaches."""

from collections.abc import Callable

import pytest

from semtel_ops.batch.queue import TURN_S, admits, is_token_limit, learn, stated_limit
from semtel_ops.store.batch_ledger import BatchJob, JobState

MakeJob = Callable[..., BatchJob]
NOW = 1_000_000.0


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        ("Enqueued token limit reached for gpt-4o-mini in organization org-x. Limit: 2,000,000 enqueued tokens.", 2_000_000),
        ("Enqueued token limit reached for simulated-small. Limit: 12000 enqueued tokens. Please try again", 12_000),
        ("token_limit_exceeded", None),
        ("The queue is full", None),
    ],
)
def test_the_limit_is_read_from_a_refusal_that_names_it(message: str, limit: int | None) -> None:
    assert stated_limit(message) == limit


def test_a_full_queue_is_known_by_code_or_by_words() -> None:
    assert is_token_limit("token_limit_exceeded", "")
    assert is_token_limit(None, "Enqueued token limit reached for m.")
    assert not is_token_limit("rate_limit_exceeded", "Rate limit reached.")


def test_without_a_known_limit_nobody_waits(make_job: MakeJob) -> None:
    assert admits(make_job(), [make_job("other", state=JobState.SUBMITTED, tokens=10**12)], None, NOW) is None


def test_a_job_waits_for_room_that_submitted_jobs_hold(make_job: MakeJob) -> None:
    other = make_job("a", state=JobState.SUBMITTED, tokens=600)
    mine = make_job("b", tokens=500)
    assert "600 of 1,000" in (admits(mine, [other, mine], 1_000, NOW) or "")
    assert admits(make_job("b", tokens=400), [other, mine], 1_000, NOW) is None


def test_an_empty_queue_takes_any_job(make_job: MakeJob) -> None:
    assert admits(make_job(tokens=10**9), [], 1_000, NOW) is None


def test_a_small_job_does_not_overtake_a_large_one_for_ever(make_job: MakeJob) -> None:
    running = make_job("a", state=JobState.SUBMITTED, tokens=500)
    large, small = make_job("b", tokens=600, touched_at=NOW), make_job("c", tokens=300)
    assert "is ahead in the queue" in (admits(small, [running, large, small], 1_000, NOW) or "")
    assert admits(small, [running, large, small], 1_000, NOW + TURN_S) is None


def test_a_refused_job_waits_for_its_time(make_job: MakeJob) -> None:
    assert "30 s" in (admits(make_job(not_before=NOW + 30), [], None, NOW) or "")


def test_the_wait_after_a_refusal_doubles_up_to_an_hour(make_job: MakeJob) -> None:
    waits = [learn(make_job(refusals=n), 5_000, "full", backoff_s=30, jitter=1.0).wait_s for n in (0, 1, 2, 20)]
    assert waits == [30, 60, 120, 3_600]
    assert learn(make_job(), 5_000, "full", backoff_s=30, jitter=0.0).wait_s == 15


def test_a_silent_provider_teaches_that_what_was_held_and_this_are_too_much(make_job: MakeJob) -> None:
    lesson = learn(make_job(tokens=1_000), 5_000, "full", backoff_s=1, jitter=0)
    assert (lesson.limit, lesson.split) == (5_999, False)


def test_a_job_larger_than_the_stated_limit_is_split_at_once(make_job: MakeJob) -> None:
    assert learn(make_job(tokens=5_000), 0, "Limit: 4,000 tokens", backoff_s=1, jitter=0).split
    assert not learn(make_job(tokens=5_000, requests=1), 0, "Limit: 4,000 tokens", backoff_s=1, jitter=0).split


def test_a_job_refused_thrice_while_alone_is_split(make_job: MakeJob) -> None:
    splits = [learn(make_job(refusals=n), 0, "full", backoff_s=1, jitter=0).split for n in range(3)]
    assert splits == [False, False, True]
