"""A job that was not taken is planned again once, and what every job would meet ends the shard with its reason."""

from dataclasses import replace

import pytest

from semtel_ops.endpoints.batch_client import RemoteFault, RemoteJob, RemoteStatus
from semtel_ops.shards.batch_rejections import (
    left_by,
    no_endpoint_left,
    reasons_of,
    rejected_again,
    same_failures,
    unanswered_reason,
)
from semtel_ops.store.batch_ledger import JobState
from tests.support.batch_jobs import make_job

JOB = make_job("j1", state=JobState.FAILED, message="bad file")


@pytest.mark.parametrize(
    ("faults", "reasons", "reason"),
    [
        ((), "the provider gives no reason", "refused_file"),
        ((RemoteFault("c", "m", 3),), "c (line 3): m", "refused_file"),
        ((RemoteFault("", "m"), RemoteFault("c", "")), "m; c", "refused_file"),
        ((RemoteFault("model_not_found", "no"),), "model_not_found: no", "unusable_endpoint"),
    ],
)
def test_why_a_job_was_not_taken(faults: tuple[RemoteFault, ...], reasons: str, reason: str) -> None:
    remote = RemoteJob("b", RemoteStatus.FAILED, faults=faults)
    assert (reasons_of(remote), unanswered_reason(remote)) == (reasons, reason)


@pytest.mark.parametrize(
    ("earlier", "stops"),
    [
        ([], False),
        ([{"round": 1, "job_key": "j0"}], True),
        ([{"round": 1, "job_key": "j0", "endpoint": "west"}], True),
        ([{"round": 1, "job_key": "j0", "message": "another"}], False),
        ([{"round": 1, "job_key": "j0", "state": JobState.COLLECTED}], False),
        ([{"round": 2, "job_key": "j0"}], False),
    ],
    ids=str,
)
def test_two_rounds_that_failed_for_one_reason_are_enough(earlier: list[dict[str, object]], stops: bool) -> None:
    job = replace(JOB, round=2)
    jobs = [replace(JOB, **fields) for fields in earlier]  # type: ignore[arg-type]
    assert same_failures(job, [*jobs, job]) == ([*jobs, job] if stops else [])


def test_the_errors_name_the_job_and_the_reason() -> None:
    assert "job j1 was rejected as the job before it was: bad file; nothing was billed" in str(rejected_again(JOB))
    jobs = [JOB, replace(JOB, job_key="j2", endpoint="west", message=None), replace(JOB, endpoint="north")]
    assert left_by(jobs, {"east", "west"}) == jobs[:2]
    assert "east: batch job j1 was rejected: bad file; nothing was billed" in str(no_endpoint_left(jobs[:2]))
