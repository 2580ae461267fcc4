"""Intents all or none, changes by the owner alone, room taken once."""

import threading
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.errors import StoreError
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobOwnershipLostError, JobState
from semtel_ops.store.ledger_open import open_ledger

NOW = 1_000_000.0


def make_job(key: str, **changes: Any) -> BatchJob:
    values: dict[str, Any] = {
        "job_key": key, "week": "2026-W47", "run_id": "r", "shard": 0, "round": 1, "endpoint": "east", "model": "m", "queue": "q",
        "fingerprint": "f", "dialect": "d", "input_url": "u", "keys_url": "k", "requests": 1, "bytes": 1, "tokens": 600,
        "created_at": NOW, "touched_at": NOW,
    }  # fmt: skip
    return BatchJob(**{**values, **changes})


@pytest.fixture
def jobs(ledger_url):
    with open_ledger(ledger_url) as ledger:
        yield BatchLedger(ledger, "me")


def admit_within(limit: int) -> Any:
    def admits(job: BatchJob, queued: Any, learned: int | None) -> str | None:
        held = sum(one.tokens for one in queued if one.state is not JobState.INTENT and one.job_key != job.job_key)
        return "full" if held + job.tokens > (learned or limit) else None

    return admits


def test_intents_are_written_all_or_none(jobs):
    assert jobs.add([make_job("a"), make_job("b")], known=0)
    assert not jobs.add([make_job("c"), make_job("a")], known=2), "a key twice"
    assert not jobs.add([make_job("c")], known=0), "others have planned since"
    assert [job.job_key for job in jobs.of_shard("2026-W47", "r", 0)] == ["a", "b"]


def test_a_job_reads_back_as_it_was_written(jobs):
    jobs.add([make_job("a")], known=0)
    assert jobs.get("a") == make_job("a")
    with pytest.raises(StoreError, match="semtel batch list"):
        jobs.get("nobody")


def test_only_the_owner_changes_a_job_and_only_from_the_state_it_saw(jobs, ledger_url):
    jobs.add([make_job("a")], known=0)
    mine = jobs.claim(make_job("a"), now=NOW)
    with open_ledger(ledger_url) as ledger:
        other = BatchLedger(ledger, "other")
        with pytest.raises(JobOwnershipLostError):
            other.move(mine, JobState.UPLOADING, now=NOW)
        theirs = other.claim(mine, now=NOW)
        with pytest.raises(JobOwnershipLostError):
            jobs.move(mine, JobState.UPLOADING, now=NOW)
        moved = other.move(theirs, JobState.UPLOADING, now=NOW, message="on its way")
        with pytest.raises(JobOwnershipLostError):
            other.move(theirs, JobState.UPLOADED, now=NOW)
    assert jobs.get("a") == moved


def test_a_misspelled_column_is_an_error(jobs):
    jobs.add([make_job("a")], known=0)
    with pytest.raises(TypeError, match="colour"):
        jobs.move(jobs.claim(make_job("a"), now=NOW), JobState.UPLOADED, now=NOW, colour="red")


def test_room_is_taken_once_by_tasks_that_ask_at_the_same_moment(jobs, ledger_url):
    jobs.add([make_job(f"job{n}") for n in range(6)], known=0)
    taken: list[str] = []

    def take(number: int) -> None:
        with open_ledger(ledger_url) as ledger:
            mine = BatchLedger(ledger, f"task{number}")
            job = mine.claim(mine.get(f"job{number}"), now=NOW)
            _, reason = mine.reserve(job, JobState.UPLOADING, now=NOW, admits=admit_within(1_300), learned_since=0)
            if reason is None:
                taken.append(job.job_key)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 2
    assert sorted(job.job_key for job in jobs.all() if job.state is JobState.UPLOADING) == sorted(taken)


def test_a_job_that_died_before_it_was_sent_holds_no_room_after_an_hour(jobs):
    jobs.add([make_job("a"), make_job("b")], known=0)
    dead, mine = (jobs.claim(jobs.get(key), now=NOW) for key in "ab")
    jobs.reserve(dead, JobState.UPLOADING, now=NOW, admits=admit_within(1_000), learned_since=0)
    assert jobs.reserve(mine, JobState.UPLOADING, now=NOW + 60, admits=admit_within(1_000), learned_since=0)[1] == "full"
    assert jobs.reserve(mine, JobState.UPLOADING, now=NOW + 3_700, admits=admit_within(1_000), learned_since=0)[1] is None


def test_a_learned_limit_is_forgotten_when_it_is_old(jobs):
    jobs.learn_limit("q", 500, now=NOW)
    jobs.learn_limit("q", 700, now=NOW + 1)
    assert (jobs.learned_limit("q", since=NOW), jobs.learned_limit("q", since=NOW + 2), jobs.learned_limit("p", since=0)) == (
        700,
        None,
        None,
    )


def test_an_end_seen_by_others_frees_the_room(jobs):
    jobs.add([make_job("a")], known=0)
    job = jobs.move(jobs.claim(make_job("a"), now=NOW), JobState.SUBMITTED, now=NOW, provider_id="b1")
    assert jobs.held_tokens("q", now=NOW, but="x") == 600
    jobs.note_end(job, "completed", now=NOW)
    assert (jobs.get("a").state, jobs.held_tokens("q", now=NOW, but="x")) == (JobState.ENDED, 0)
    assert jobs.submitted_in("q") == []


def test_landing_makes_closed_jobs_history_and_leaves_open_ones(jobs):
    jobs.add([make_job("a"), make_job("b", state=JobState.COLLECTED)], known=0)
    jobs.finish(["a", "b"], now=NOW)
    assert [job.state for job in jobs.all()] == [JobState.INTENT, JobState.DONE]
    assert [job.job_key for job in jobs.all(open_only=True)] == ["a"]


def test_the_latest_lesson_about_a_dialect_is_the_one(jobs):
    jobs.add([make_job("a", next_dialect="old"), make_job("b", created_at=NOW + 1, next_dialect="new")], known=0)
    assert (jobs.learned_dialect("q"), jobs.learned_dialect("p")) == ("new", None)


def test_messages_of_the_ledger_name_no_password(tmp_path: Path):
    with open_ledger(f"sqlite:///{tmp_path}/l.db") as ledger, pytest.raises(StoreError) as caught:
        BatchLedger(ledger, "me").get("x")
    assert "l.db" in str(caught.value)


def test_progress_of_a_submitted_job_is_noted_by_whoever_looks_and_changes_no_state(jobs, ledger_url):
    jobs.add([make_job("a", state=JobState.SUBMITTED, owner="me"), make_job("b")], known=0)
    with open_ledger(ledger_url) as ledger:
        other = BatchLedger(ledger, "other")
        other.note_progress("a", 7, NOW + 5)
        other.note_progress("b", 7, NOW + 5)
    assert (jobs.get("a").completed, jobs.get("a").advanced_at, jobs.get("a").owner) == (7, NOW + 5, "me")
    assert jobs.get("b").completed is None, "it is not with the provider"


def test_the_latest_jobs_that_ended_are_those_of_the_queues_asked_for(jobs):
    from semtel_ops.store.batch_ledger import datetime_of

    def ended(key, at, **changes):
        return make_job(key, submitted_at=datetime_of(NOW + at), finished_at=datetime_of(NOW + at + 9), answered=1, **changes)

    jobs.add([ended("a", 1), ended("b", 2), ended("c", 3, queue="other"), make_job("d")], known=0)
    assert [job.job_key for job in jobs.latest_ended({"q"})] == ["b", "a"]
    assert [job.job_key for job in jobs.latest_ended({"q"}, limit=1)] == ["b"]
    assert [job.job_key for job in jobs.latest_ended({"q", "other"})] == ["c", "b", "a"]
    assert [job.job_key for job in jobs.latest_ended({"q", "other"}, limit=2)] == ["c", "b"]
