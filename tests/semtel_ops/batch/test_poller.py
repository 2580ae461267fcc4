from semtel_ops.batch.poller import describe_jobs
from semtel_ops.batch.polling import PollPolicy, Watch
from semtel_ops.endpoints.batch_client import RemoteStatus

NOW = 1_000_000.0
POLICY = PollPolicy(min_s=2.0, max_s=300.0)


def watch(status=RemoteStatus.IN_PROGRESS, age_s=3_000.0, **known):
    known = {"total": 1_000, "completed": 400, "polled_at": NOW} | known
    return Watch("job", "batch_1", "east", NOW - age_s, status=status, **known)


def test_states_counts_age_and_the_next_look_are_told():
    watches = [watch(), watch(RemoteStatus.COMPLETED, 60.0, completed=990, failed=10)]
    assert describe_jobs(watches, NOW, POLICY) == (
        "batch jobs: 1 in progress, 1 completed; 1,390 of 2,000 requests answered, 10 failed; "
        "first submitted 50 min ago; next poll in 5 min"
    )


def test_a_provider_that_counts_nothing_yet_is_no_zero():
    told = describe_jobs([watch(RemoteStatus.VALIDATING, 4.0, total=None, completed=None)], NOW, POLICY)
    assert told == "batch jobs: 1 validating; no request counts yet; first submitted 4 s ago; next poll in 2 s"


def test_jobs_that_wait_for_their_turn_are_told_where_nothing_runs_yet():
    assert describe_jobs([], NOW, POLICY, waiting=3) == "batch jobs: 3 not submitted yet"


def test_looks_in_vain_are_told_with_their_reason():
    told = describe_jobs([watch(failures=4, failing_since=NOW - 90, problem="503 from east")], NOW, POLICY)
    assert "polling batch_1 fails: 503 from east" in told


def test_ended_jobs_are_not_looked_at_again():
    assert "next poll" not in describe_jobs([watch(RemoteStatus.COMPLETED, 10_000.0, completed=1_000)], NOW, POLICY)
