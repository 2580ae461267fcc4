"""What earlier jobs left decides the next round: each request goes into a bounded number of jobs, and then lands as what it is."""

from dataclasses import replace

import pytest

from semtel_ops.batch.job_file import write_unanswered
from semtel_ops.classifiers import load_classifiers
from semtel_ops.endpoints.model import Endpoint, Lane
from semtel_ops.packing import PreparedConversation, SinglePacker
from semtel_ops.settings import Settings
from semtel_ops.shards.batch_rounds import ROUNDS_EXHAUSTED, Rounds
from semtel_ops.store.batch_ledger import BatchJob, JobState
from semtel_ops.testing.builders import make_turns

EAST, WEST = (Endpoint(name, "openai", "http://127.0.0.1:1/v1", "m", lanes=(Lane.BATCH,)) for name in ("east", "west"))


@pytest.fixture(scope="module")
def plans():
    packer = SinglePacker(load_classifiers(Settings().prompts, ["topic"]))
    return [plan for n in range(3) for plan in packer.plan(PreparedConversation(f"c{n}", f"{n:032x}", 1.0, make_turns(str(n))))]


@pytest.fixture
def make_job(tmp_path):
    """`make_job(round, {plan: reason})`: a job that ended without these requests."""

    def make(number, left, **changes):
        url = None
        if left:
            url = f"{tmp_path}/unanswered-{number}-{len(list(tmp_path.iterdir()))}.parquet"
            write_unanswered(url, {bytes.fromhex(plan.request.key("m")): reason for plan, reason in left})
        job = BatchJob(
            job_key=f"j{number}", week="2026-W47", run_id="r1", shard=0, round=number, endpoint="east", model="m", queue="q",
            fingerprint="f", dialect="d", input_url="i", keys_url="k", requests=3, bytes=1, tokens=1, created_at=0.0,
            state=JobState.COLLECTED, unanswered_url=url,
        )  # fmt: skip
        return replace(job, **changes)

    return make


def again(rounds, plan):
    return rounds.again(plan, ["m"])


def test_without_jobs_everything_goes_into_the_first_round(plans):
    rounds = Rounds.after([], 3)
    assert rounds.next == 1
    assert all(again(rounds, plan) for plan in plans)


def test_what_failed_for_the_moment_is_asked_again_and_what_was_refused_is_not(plans, make_job):
    left = [(plans[0], "server_error"), (plans[1], "bad_request"), (plans[2], "batch_cancelled")]
    rounds = Rounds.after([make_job(1, left)], 3)
    assert rounds.next == 2
    assert [again(rounds, plan) for plan in plans] == [True, False, False]


def test_a_request_is_in_as_many_jobs_as_there_are_rounds(plans, make_job):
    jobs = [make_job(number, [(plans[0], "batch_expired")]) for number in (1, 2)]
    assert again(Rounds.after(jobs, 3), plans[0])
    assert not again(Rounds.after(jobs, 2), plans[0])


def test_a_request_that_no_job_has_had_yet_goes_in_however_late_the_round_is(plans, make_job):
    jobs = [make_job(number, [(plans[0], "server_error")]) for number in (1, 2, 3)]
    rounds = Rounds.after(jobs, 3)
    assert (again(rounds, plans[0]), again(rounds, plans[1])) == (False, True)


def test_a_job_that_only_taught_a_parameter_costs_no_round(plans, make_job):
    taught = make_job(1, [(plans[0], "unsupported_format")], next_dialect="json_schema max_completion_tokens sampling")
    rounds = Rounds.after([taught, make_job(2, [(plans[0], "server_error")])], 2)
    assert again(rounds, plans[0])


def test_the_last_reason_counts_in_whatever_order_the_jobs_come(plans, make_job):
    jobs = [make_job(1, [(plans[0], "server_error")]), make_job(2, [(plans[0], "bad_request")])]
    for order in (jobs, jobs[::-1]):
        rounds = Rounds.after(order, 3)
        assert not again(rounds, plans[0])
        assert rounds.unanswered(plans[0], [EAST], run_id="r1", now=5.0).error == "bad_request"


def test_the_outcome_of_what_is_given_up_names_the_reason_the_endpoint_and_the_tries(plans, make_job):
    jobs = [
        make_job(1, [(plans[0], "server_error")]),
        make_job(2, [(plans[0], "batch_expired")], endpoint="west"),
        make_job(3, [(plans[0], "server_error")], endpoint="west"),
    ]
    outcome = Rounds.after(jobs, 3).unanswered(plans[0], [EAST, WEST], run_id="r1", now=5.0)
    assert (outcome.key, outcome.error, outcome.endpoint) == (plans[0].request.key("m"), "server_error", "west")
    assert outcome.attempts == 2, "an expired request was never asked"
    assert (outcome.lane, outcome.run_id, outcome.cost_usd, outcome.answered_at) == ("batch", "r1", 0.0, 5.0)


def test_the_endpoint_may_be_gone_from_the_file(plans, make_job):
    rounds = Rounds.after([make_job(1, [(plans[0], "server_error")], endpoint="north")], 1)
    assert rounds.unanswered(plans[0], [EAST], run_id="r1", now=5.0).endpoint == "east"


def test_what_was_in_no_job_is_given_up_for_want_of_rounds(plans):
    outcome = Rounds.after([], 1).unanswered(plans[0], [EAST], run_id="r1", now=5.0)
    assert (outcome.error, outcome.attempts) == (ROUNDS_EXHAUSTED, 0)


def test_an_endpoint_that_refused_our_account_is_left_and_its_requests_were_not_asked(plans, make_job):
    jobs = [make_job(number, [(plans[0], "unusable_endpoint")], endpoint=name) for number, name in ((1, "east"), (2, "west"))]
    rounds = Rounds.after(jobs, 1)
    assert rounds.left == {"east", "west"}
    assert again(rounds, plans[0]), "it was never asked, however many rounds there were"
    outcome = rounds.unanswered(plans[0], [EAST, WEST], run_id="r1", now=0.0)
    assert (outcome.error, outcome.attempts) == ("unusable_endpoint", 0)
