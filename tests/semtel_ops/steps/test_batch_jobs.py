"""The batch jobs of a run, for people: as the ledger knows them, and as the provider tells them now."""

import json
from dataclasses import replace

import pytest

from semtel_ops.endpoints.batch_client import RemoteStatus
from semtel_ops.errors import ConfigError, EndpointError, EndpointErrorKind, ResultsLostError, StoreError
from semtel_ops.steps.batch_jobs import give_up_job, jobs_of_run, look_at_run, shards_of_run, tidy_run
from semtel_ops.store.files import remove, write_json
from tests.support.shards import write_endpoints

GONE = EndpointError("gone", kind=EndpointErrorKind.DEPLOYMENT, status=404)
NOT_NOW = EndpointError("not now", kind=EndpointErrorKind.BAD_REQUEST)


@pytest.fixture
def bench(make_shard):
    """A shard with a job that runs."""
    bench = make_shard(lanes=("batch",), conversations=3, classifiers=("topic",))
    bench.provider.ending = RemoteStatus.IN_PROGRESS
    bench.submit()
    return bench


def test_the_shards_of_a_run_are_references_for_the_batch_lane(make_shard):
    plan = make_shard(shards=2, conversations=3).plan
    assert shards_of_run(plan.url) == [
        {"run": plan.url, "shard": shard, "conversations": 3, "lane": "batch"} for shard in (0, 1)
    ]


def test_shards_of_a_reprocess_keep_the_rows_they_ask(make_shard):
    plan = make_shard().plan
    write_json(plan.folder.sample, {"shards": [{"run": "of another run", "shard": 0, "conversations": 3, "asked_rows": 2}]})
    assert shards_of_run(plan.url) == [{"run": plan.url, "shard": 0, "conversations": 3, "asked_rows": 2, "lane": "batch"}]


def test_a_run_that_was_not_sampled_says_what_to_do(make_shard):
    plan = make_shard().plan
    remove(plan.folder.sample)
    with pytest.raises(StoreError, match="run `semtel ingest` first"):
        shards_of_run(plan.url)


def test_a_job_is_shown_as_the_ledger_has_it(bench):
    (job,) = jobs_of_run(bench.plan.url)
    assert json.loads(json.dumps(job)) == job
    assert (job["shard"], job["round"], job["endpoint"], job["model"]) == (0, 1, "east", "m")
    assert (job["state"], job["provider_id"], job["requests"]) == ("submitted", "batch_0", 3)
    assert job["submitted_at"].startswith("1970-01-12T13:46:40"), "where the manual clock starts"
    assert (job["finished_at"], job["cost_usd"], job["message"]) == (None, None, None)


def test_a_landed_shard_shows_what_its_job_came_to(bench):
    bench.provider.ending = RemoteStatus.COMPLETED
    bench.run_batches()
    (job,) = jobs_of_run(bench.plan.url)
    assert (job["state"], job["answered"], job["failed"], job["missing"]) == ("done", 3, 0, 0)
    assert job["cost_usd"] == pytest.approx(3 * (100 + 20) / 1e6 / 2)


def test_jobs_of_other_runs_are_shown_where_every_job_is_asked_for(bench, make_shard):
    other = make_shard(lanes=("batch",), conversations=1, classifiers=("topic",), run_id="r2")
    other.provider.ending = RemoteStatus.IN_PROGRESS
    other.submit()
    assert len(jobs_of_run(bench.plan.url)) == len(jobs_of_run(other.plan.url)) == 1
    assert len(jobs_of_run(bench.plan.url, every=True)) == 2


def test_a_look_shows_the_providers_status_and_changes_nothing(bench):
    before = jobs_of_run(bench.plan.url)
    running = bench.provider.remote_jobs["batch_0"]
    bench.provider.remote_jobs["batch_0"] = replace(running, status=RemoteStatus.IN_PROGRESS, completed=2, failed=1)
    (job,) = look_at_run(bench.plan.url, resources=bench.resources)
    assert (job["provider_status"], job["answered"], job["failed"]) == ("in_progress", 2, 1)
    assert jobs_of_run(bench.plan.url) == before
    assert bench.provider.calls[-1] == "close"


def test_a_provider_that_does_not_answer_is_shown_with_the_job(bench):
    bench.provider.fail_next(NOT_NOW)
    (job,) = look_at_run(bench.plan.url, resources=bench.resources)
    assert (job["message"], job["state"]) == ("not now", "submitted")


def test_a_job_of_an_endpoint_that_is_gone_is_shown_as_it_was_last_known(bench):
    write_endpoints(bench.folder, "west", lanes=("batch",))
    calls = len(bench.provider.calls)
    assert look_at_run(bench.plan.url, resources=bench.resources) == jobs_of_run(bench.plan.url)
    assert len(bench.provider.calls) == calls


def test_what_a_provider_would_not_delete_stays_counted_until_it_does(bench):
    bench.provider.ending = RemoteStatus.COMPLETED
    delete = bench.provider.delete_file
    bench.provider.delete_file = lambda _: (_ for _ in ()).throw(NOT_NOW)
    bench.run_batches()
    assert tidy_run(bench.plan.url, resources=bench.resources) == len(bench.provider.stored_files) == 2
    bench.provider.delete_file = delete
    assert tidy_run(bench.plan.url, resources=bench.resources) == 0
    assert bench.provider.stored_files == {}
    assert tidy_run(bench.plan.url, resources=bench.resources) == 0


def test_files_of_running_jobs_are_left_alone(bench):
    assert tidy_run(bench.plan.url, resources=bench.resources) == 0
    assert len(bench.provider.stored_files) == 1


def test_files_at_an_endpoint_that_is_gone_cannot_be_removed_and_are_counted(bench):
    bench.provider.ending = RemoteStatus.COMPLETED
    bench.provider.delete_file = lambda _: (_ for _ in ()).throw(NOT_NOW)
    bench.run_batches()
    write_endpoints(bench.folder, "west", lanes=("batch",))
    assert tidy_run(bench.plan.url, resources=bench.resources) == 2


def test_results_that_are_given_up_are_missing_and_may_be_asked_again(bench):
    bench.provider.ending = RemoteStatus.COMPLETED
    content = bench.provider.download
    bench.provider.download = lambda *_: (_ for _ in ()).throw(GONE)
    with pytest.raises(ResultsLostError):
        bench.run_batches()
    (job,) = jobs_of_run(bench.plan.url)
    assert (job["state"], job["cost_usd"]) == ("ended", None)
    assert job["message"].endswith("cannot be downloaded: gone")
    given_up = give_up_job(bench.plan.url, job["job_key"], resources=bench.resources)
    assert (given_up["state"], given_up["missing"], given_up["cost_usd"]) == ("collected", 3, None)
    bench.provider.download = content
    manifest = bench.run_batches()
    assert manifest["by_status"] == {"success": 3}
    assert manifest["cost_usd"] is None, "what the first job cost is unknown, and is not nothing"
    assert len(bench.provider.created) == 2
    assert bench.provider.stored_files == {}


@pytest.mark.parametrize("state", ["done", "none"])
def test_only_results_of_a_submitted_job_can_be_given_up(bench, state):
    bench.provider.ending = RemoteStatus.COMPLETED
    bench.run_batches()
    (job,) = jobs_of_run(bench.plan.url)
    with pytest.raises(ConfigError, match="is done" if state == "done" else "is not a job of run r1"):
        give_up_job(bench.plan.url, job["job_key"] if state == "done" else "none", resources=bench.resources)
