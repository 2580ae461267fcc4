"""A turn takes a shard as far as it goes now; cut short anywhere and taken again, no job is made twice and no row is lost."""

import asyncio
import shutil
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from semtel_ops.batch.collection import give_up
from semtel_ops.batch.job_file import Caps
from semtel_ops.endpoints.batch_client import RemoteStatus
from semtel_ops.errors import BudgetExceededError, ConfigError, EndpointError, EndpointErrorKind, ResultsLostError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import ledger_of, open_run
from semtel_ops.shards.batch import BatchShard
from semtel_ops.shards.batch_rounds import ROUNDS_EXHAUSTED
from semtel_ops.store.batch_ledger import BatchLedger, JobState
from semtel_ops.store.files import read_json
from semtel_ops.testing.batch_provider import BatchProvider, refused
from tests.support.shards import QUICK, answer_line, write_endpoints

CALL_USD = (100 + 10 * 2) / 1e6 / 2  # what a line costs at the bench's price, in a batch


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def make_bench(make_shard):
    """`make_bench(**config)`: a shard of ten conversations whose endpoint only takes batches."""
    return lambda **config: make_shard(lanes=("batch",), conversations=10, config=config)


@pytest.fixture
def bench(make_bench):
    return make_bench()


@contextmanager
def opened(bench, owner="me", **resources):
    """The shard as a process of its own finds it."""
    with ledger_of(bench.plan) as ledger:
        given = replace(bench.resources, **resources)
        with BatchShard(open_run(bench.plan.url, given), bench.ref, BatchLedger(ledger, owner), given) as shard:
            yield shard


def turn(bench, deadline=None, **resources):
    with opened(bench, **resources) as shard:
        return asyncio.run(shard.turn(deadline))


def land(bench, **resources):
    """Turns until the shard has landed, each by another process and a minute later."""
    for at in range(20):
        with opened(bench, owner=f"process {at}", **resources) as shard:
            manifest = asyncio.run(shard.turn())
        if manifest is not None:
            return manifest
        bench.clock.advance(60)
    raise AssertionError("the shard does not land")


def jobs_of(bench):
    with ledger_of(bench.plan) as ledger:
        return BatchLedger(ledger, "reader").of_run(bench.plan.week, bench.plan.run_id)


def test_a_turn_ends_where_jobs_run_and_the_one_after_their_end_lands_the_rows(bench):
    bench.provider.ending = RemoteStatus.IN_PROGRESS
    assert turn(bench) is None
    assert [job.state for job in jobs_of(bench)] == [JobState.SUBMITTED]
    assert turn(bench) is None
    bench.provider.ending = RemoteStatus.COMPLETED
    bench.clock.advance(3_600)
    manifest = turn(bench)
    assert (manifest["done"], manifest["rows"], manifest["jobs"], manifest["lane"]) == (True, 20, 1, "batch")
    assert manifest["seconds"] >= 3_600, "since its first job was planned"
    assert [job.state for job in jobs_of(bench)] == [JobState.DONE]


def test_a_landed_shard_has_no_jobs_and_another_turn_lands_it_again_without_any(bench):
    land(bench)
    first = bench.rows()
    with opened(bench) as shard:
        assert shard.jobs() == []
        manifest = asyncio.run(shard.turn())
    assert (manifest["jobs"], manifest["requests"], manifest["cost_usd"]) == (0, 0, 0.0)
    assert manifest["paid_usd"] == pytest.approx(20 * CALL_USD)
    assert bench.rows() == first
    assert len(bench.provider.created) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", ["upload", "create", "retrieve", "download", "delete_file"])
def test_killed_at_any_call_it_makes_no_job_twice_and_leaves_no_file(bench, call, when):
    real, deaths = getattr(bench.provider, call), iter(["here"])

    def deadly(*arguments):
        dies = next(deaths, None) is not None
        if dies and when == "before":
            raise Killed
        result = real(*arguments)
        if dies:
            raise Killed
        return result

    setattr(bench.provider, call, deadly)
    with pytest.raises(Killed):
        land(bench)
    manifest = land(bench)
    assert manifest["by_status"] == {"success": 20}
    assert len(bench.provider.created) == 1
    assert sum(row["cost_usd"] for row in bench.rows()) == pytest.approx(20 * CALL_USD)
    assert bench.provider.stored_files == {}


def test_a_client_is_opened_when_it_is_needed_and_closed_with_the_shard(bench):
    opened_for = []

    def make_client(endpoint):
        opened_for.append(endpoint.name)
        return bench.provider

    with opened(bench, make_batch_client=make_client) as shard:
        assert opened_for == []
        assert shard.client("east") is shard.client("east") is bench.provider
        assert bench.provider.calls == []
    assert (opened_for, bench.provider.calls) == (["east"], ["close"])


def test_a_client_of_an_endpoint_that_is_gone_is_an_error_that_names_those_that_are_there(bench):
    with opened(bench) as shard, pytest.raises(ConfigError, match=r"north.*is not a batch endpoint \(east\)"):
        shard.client("north")


def test_a_shard_that_begins_after_its_deadline_sends_nothing_and_lands_as_that(bench):
    manifest = turn(bench, deadline=bench.clock.now() - 1)
    assert manifest["by_status"] == {"error": 20}
    assert {row["error"] for row in bench.rows()} == {ROUNDS_EXHAUSTED}
    assert bench.provider.calls == []


def test_what_is_cancelled_twice_is_cancelled_once(bench):
    bench.provider.ending = RemoteStatus.IN_PROGRESS
    turn(bench)
    bench.answer_only(0)
    with opened(bench) as shard:
        asyncio.run(shard.cancel())
    turn(bench)
    with opened(bench) as shard:
        asyncio.run(shard.cancel())
    assert bench.provider.calls.count("cancel") == 1
    assert {row["status"] for row in bench.rows()} == {"expired"}


def test_a_budget_puts_into_a_round_only_what_it_can_pay_for_and_the_next_has_the_rest(make_bench):
    bench = make_bench(budget_usd=0.02)
    manifest = land(bench)
    rounds = [job.requests for job in jobs_of(bench)]
    assert len(rounds) > 1
    assert sum(rounds) == 20
    assert manifest["by_status"] == {"success": 20}
    assert manifest["cost_usd"] == pytest.approx(20 * CALL_USD)


def test_a_budget_that_covers_no_request_is_an_error_before_anything_is_sent(make_bench):
    bench = make_bench(budget_usd=0.0001)
    with pytest.raises(BudgetExceededError, match="the next request can cost up to"):
        turn(bench)
    assert bench.provider.calls == []
    assert jobs_of(bench) == []


def test_the_next_round_goes_to_another_endpoint(bench):
    write_endpoints(bench.folder, "east", "west", lanes=("batch",))
    providers = {}

    def make_client(endpoint):
        broken = not providers
        answer = (lambda line: refused(line, 500)) if broken else answer_line
        return providers.setdefault(endpoint.name, BatchProvider(endpoint, answer))

    manifest = land(bench, make_batch_client=make_client)
    first, second = jobs_of(bench)
    assert {first.endpoint, second.endpoint} == {"east", "west"}
    assert (first.round, second.round) == (1, 2)
    assert manifest["by_status"] == {"success": 20}
    assert {row["endpoint"] for row in bench.rows()} == {second.endpoint}


def test_a_copied_lake_with_its_ledger_goes_on_with_the_jobs_that_are_under_way(bench, tmp_path):
    bench.provider.ending = RemoteStatus.IN_PROGRESS
    assert turn(bench) is None
    origin, copy = bench.plan, tmp_path / "copy"
    shutil.copytree(origin.lake, copy)
    before = {file: file.read_bytes() for file in Path(origin.lake).rglob("*.parquet")}
    bench.plan = RunPlan.load(bench.plan.url.replace(origin.lake, str(copy)))
    bench.ref["run"] = bench.plan.url
    bench.provider.ending = RemoteStatus.COMPLETED
    bench.clock.advance(3_600)
    assert turn(bench)["rows"] == len(bench.rows()) == 20
    assert len(bench.provider.created) == 1
    assert {file: file.read_bytes() for file in Path(origin.lake).rglob("*.parquet")} == before


def test_a_job_key_is_of_the_run_and_the_shard(make_shard):
    keys = []
    for run_id in ("r1", "r2"):
        bench = make_shard(lanes=("batch",), conversations=2, run_id=run_id, lake=run_id)
        bench.provider.ending = RemoteStatus.IN_PROGRESS
        turn(bench)
        keys.append(jobs_of(bench)[0].job_key)
    first, second = (key.split("-") for key in keys)
    assert first[0] != second[0], "of another run"
    assert first[1:3] == second[1:3] == ["0000", "000"]


def test_what_a_split_job_taught_bounds_the_next_files(make_bench):
    bench = make_bench(batch=QUICK["batch"])
    bench.provider.ending = RemoteStatus.IN_PROGRESS
    turn(bench)
    job = jobs_of(bench)[0]
    with ledger_of(bench.plan) as ledger:
        batch = BatchLedger(ledger, "me")
        batch.move(batch.claim(job, now=bench.clock.now()), JobState.SPLIT, now=bench.clock.now())
    turn(bench)
    assert sorted(job.requests for job in jobs_of(bench) if job.state is not JobState.SPLIT) == [10, 10]


def lose_results(bench, jobs):
    """The provider answers its first jobs, and their files cannot be read."""
    real, files = bench.provider.download, []

    def download(file_id, sink):
        if file_id not in files:
            files.append(file_id)
        if files.index(file_id) < jobs:
            sink.write(b"<html></html>")
        else:
            real(file_id, sink)

    bench.provider.download = download


def test_a_job_whose_results_are_lost_stops_the_shard_and_lets_the_other_jobs_be_collected(make_bench, monkeypatch):
    bench = make_bench(batch={"settle_s": 1, "backoff_s": 5})
    with opened(bench) as shard:
        monkeypatch.setattr("semtel_ops.shards.batch_plan.default_caps", lambda *_: Caps(10, 10**9))
        bench.provider.ending = RemoteStatus.IN_PROGRESS
        asyncio.run(shard.turn())
    bench.provider.ending = RemoteStatus.COMPLETED
    lose_results(bench, 1)
    for _ in range(2):
        with pytest.raises(ResultsLostError):
            turn(bench)
        assert sorted(job.state for job in jobs_of(bench)) == [JobState.COLLECTED, JobState.ENDED]
        assert len(bench.provider.created) == 2


def test_a_budget_counts_answers_that_are_lost_at_their_largest_cost(make_bench):
    bench = make_bench(budget_usd=0.03)
    lose_results(bench, 1)
    with pytest.raises(ResultsLostError):
        land(bench)
    (job,) = jobs_of(bench)
    with ledger_of(bench.plan) as ledger:
        batch = BatchLedger(ledger, "person")
        give_up(batch.claim(job, now=0), batch, JobState.COLLECTED, "missing_result", None, clock=bench.clock)
    with pytest.raises(BudgetExceededError, match=r"spent; the next request"):
        turn(bench)
    assert len(bench.provider.created) == 1


def test_a_job_that_is_refused_twice_for_one_reason_ends_the_shard_and_the_next_attempt_begins_anew(bench):
    bench.provider.ending = RemoteStatus.FAILED
    for attempt in (1, 2):
        with pytest.raises(EndpointError, match=r"rejected as the job before it was: the provider gives no reason; nothing"):
            land(bench)
        assert len(bench.provider.created) == 2 * attempt
    bench.provider.ending = RemoteStatus.COMPLETED
    assert land(bench)["by_status"] == {"success": 20}


def test_an_endpoint_that_refuses_our_account_is_left_and_the_other_answers(bench):
    write_endpoints(bench.folder, "east", "west", lanes=("batch",))
    providers = {}

    def make_client(endpoint):
        unpaid = not providers
        answer = (lambda line: refused(line, 401, "no credit")) if unpaid else answer_line
        return providers.setdefault(endpoint.name, BatchProvider(endpoint, answer))

    manifest = land(bench, make_batch_client=make_client)
    assert manifest["by_status"] == {"success": 20}
    assert [len(provider.created) for provider in providers.values()] == [1, 1]
    assert manifest["cost_usd"] == pytest.approx(20 * CALL_USD)


def test_an_endpoint_that_takes_no_job_of_ours_is_left_before_anything_is_created(bench):
    write_endpoints(bench.folder, "east", "west", lanes=("batch",))
    providers = {}

    def make_client(endpoint):
        if endpoint.name not in providers:
            providers[endpoint.name] = BatchProvider(endpoint, answer_line)
            if len(providers) == 1:
                unpaid = EndpointError("402: no credit", kind=EndpointErrorKind.AUTH, status=402)
                providers[endpoint.name].create = lambda *_: (_ for _ in ()).throw(unpaid)
        return providers[endpoint.name]

    assert land(bench, make_batch_client=make_client)["by_status"] == {"success": 20}
    assert [len(provider.created) for provider in providers.values()] == [0, 1]
    assert all(not provider.stored_files for provider in providers.values())


def test_with_no_endpoint_left_the_shard_ends_with_the_reason_and_can_be_run_again(bench):
    bench.provider.answer = lambda line: refused(line, 401, "no credit")
    for attempt in (1, 2):
        with pytest.raises(EndpointError, match=r"no credit; nothing was billed"):
            land(bench)
        assert len(bench.provider.created) == attempt
    bench.provider.answer = answer_line
    assert land(bench)["by_status"] == {"success": 20}


def test_an_account_that_runs_dry_within_a_job_keeps_what_was_answered(bench):
    seen = iter(range(100))
    bench.provider.answer = lambda line: answer_line(line) if next(seen) < 15 else refused(line, 429, "x", "insufficient_quota")
    with pytest.raises(EndpointError, match="nothing was billed"):
        land(bench)
    bench.provider.answer = answer_line
    assert land(bench)["by_status"] == {"success": 20}
    assert [job.requests for job in jobs_of(bench)] == [20, 5]


@pytest.mark.parametrize("answers", [0, 12])
def test_a_failed_job_with_results_is_collected(bench, answers):
    bench.provider.ending = RemoteStatus.IN_PROGRESS
    turn(bench)
    bench.answer_only(answers)
    bench.provider.ending = RemoteStatus.EXPIRED
    job = bench.provider.retrieve("batch_0")
    bench.provider.remote_jobs["batch_0"] = replace(job, status=RemoteStatus.FAILED)
    bench.provider.ending = RemoteStatus.COMPLETED
    bench.provider.answer = answer_line
    assert land(bench)["by_status"] == {"success": 20}
    assert [job.requests for job in jobs_of(bench)] == [20, 20 - answers]


def test_what_lines_say_that_were_not_answered_is_kept_once_for_each_kind(bench, caplog):
    seen = iter(range(1_000))
    words = "the account of jane.doe@example.com may not send odd values"
    bench.provider.answer = lambda line: answer_line(line) if next(seen) < 17 else refused(line, 400, words, "odd")
    land(bench)
    (entry,) = read_json(bench.plan.folder.refusals(0))["refusals"]
    assert (entry["endpoint"], entry["kind"], entry["code"], entry["count"]) == ("east", "bad_request", "odd", 3)
    assert "the account of [EMAIL] may not send odd values" in entry["words"]
    assert caplog.text.count("the account of [EMAIL]") == 1
    assert "jane.doe" not in caplog.text
