"""Killed between any two steps and started again, a job is submitted once, and found again if it was."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.batch.submission import SubmitPolicy, Submitter
from semtel_ops.endpoints.batch_client import RemoteFault, RemoteStatus
from semtel_ops.endpoints.model import Endpoint, Limits
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobOwnershipLostError, JobState
from semtel_ops.store.ledger import Ledger
from semtel_ops.testing.batch_provider import BatchProvider
from semtel_ops.testing.manual_clock import ManualClock
from tests.support.batch_jobs import write_input

MakeJob = Callable[..., BatchJob]
CONTENT = b'{"custom_id": "a", "body": {"model": "m"}}\n'
RESET = EndpointError("reset", kind=EndpointErrorKind.CONNECTION)
LIMIT = EndpointError(
    "400: Enqueued token limit reached", kind=EndpointErrorKind.BAD_REQUEST, status=400, code="token_limit_exceeded"
)


class Killed(BaseException):
    """The process ends here."""


class Mortal:
    """Wraps a client or a ledger; the process dies before or after the n-th of all calls that change something."""

    CHANGING = frozenset({"upload", "create", "delete_file", "move", "reserve", "claim"})

    def __init__(self, inner: Any, fate: "Fate") -> None:
        self._inner = inner
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self.CHANGING:
            return found

        def call(*args: Any, **more: Any) -> Any:
            self._fate.before()
            value = found(*args, **more)
            self._fate.after()
            return value

        return call


class Fate:
    """Dies at a moment: moments are counted before and after each changing call."""

    def __init__(self, moment: int) -> None:
        self._left = moment
        self.met = False

    def before(self) -> None:
        self._tick()

    after = before

    def _tick(self) -> None:
        self._left -= 1
        if self._left == 0:
            self.met = True
            raise Killed


@pytest.fixture
def intent(make_job: MakeJob, ledger: Ledger, tmp_path: Path) -> BatchJob:
    job = make_job(**write_input(tmp_path, CONTENT))
    assert BatchLedger(ledger, "planner").add([job], known=0)
    return job


def submitter(
    provider: Any, ledger: Ledger, owner: str = "me", clock: ManualClock | None = None, fate: Fate | None = None
) -> Submitter:
    jobs: Any = BatchLedger(ledger, owner)
    if fate is not None:
        provider, jobs = Mortal(provider, fate), Mortal(jobs, fate)
    return Submitter(provider, jobs, clock=clock or ManualClock(), policy=SubmitPolicy(backoff_s=30, settle_s=60), seed=1)


def job_in(ledger: Ledger, key: str = "job-0") -> BatchJob:
    return BatchLedger(ledger, "reader").get(key)


async def test_a_job_goes_from_intent_to_submitted_with_what_an_orphan_is_known_by(
    intent: BatchJob, ledger: Ledger, endpoint: Endpoint
) -> None:
    provider = BatchProvider(endpoint)
    job = await submitter(provider, ledger).advance(intent)
    assert (job.state, job.provider_id) == (JobState.SUBMITTED, "batch_0")
    assert job_in(ledger) == job
    assert provider.remote_jobs["batch_0"].metadata == {"semtel_job": "job-0", "semtel_fingerprint": "f" * 32}
    # Nothing was looked for: nothing could be there.
    assert provider.calls == ["upload", "create"]


@pytest.mark.parametrize("moment", range(1, 15))
async def test_killed_at_any_moment_and_started_again_a_job_is_submitted_once(
    moment: int, intent: BatchJob, ledger: Ledger, endpoint: Endpoint
) -> None:
    provider, fate = BatchProvider(endpoint), Fate(moment)
    with contextlib.suppress(Killed):
        await submitter(provider, ledger, "first", fate=fate).advance(intent)
    job = await submitter(provider, ledger, "second").advance(job_in(ledger))
    assert provider.created == ["job-0"]
    assert (job.state, job.provider_id) == (JobState.SUBMITTED, "batch_0")
    assert len(provider.stored_files) == 1, "one upload, and it is the job's"
    assert fate.met is (moment <= 14), "the table covers every moment"


async def test_the_table_of_crash_points_is_whole(intent: BatchJob, ledger: Ledger, endpoint: Endpoint) -> None:
    fate = Fate(15)
    await submitter(BatchProvider(endpoint), ledger, "first", fate=fate).advance(intent)
    assert not fate.met


@pytest.mark.parametrize("first", range(1, 15))
@pytest.mark.parametrize("second", range(1, 9))
async def test_killed_twice_it_is_still_submitted_once(
    first: int, second: int, intent: BatchJob, ledger: Ledger, endpoint: Endpoint
) -> None:
    provider = BatchProvider(endpoint)
    for owner, moment in (("first", first), ("second", second)):
        with contextlib.suppress(Killed):
            await submitter(provider, ledger, owner, fate=Fate(moment)).advance(job_in(ledger))
    await submitter(provider, ledger, "third").advance(job_in(ledger))
    assert (provider.created, len(provider.stored_files)) == (["job-0"], 1)


async def test_a_creation_whose_reply_was_lost_is_found_and_not_repeated(
    intent: BatchJob, ledger: Ledger, endpoint: Endpoint
) -> None:
    class LosesReplies(BatchProvider):
        def create(self, input_file_id: str, metadata: Any) -> Any:
            super().create(input_file_id, metadata)
            raise RESET

    provider = LosesReplies(endpoint)
    job = await submitter(provider, ledger).advance(intent)
    assert (provider.created, job.provider_id) == (["job-0"], "batch_0")


async def test_a_job_that_shows_itself_late_is_waited_for(intent: BatchJob, ledger: Ledger, endpoint: Endpoint) -> None:
    clock = ManualClock()

    class ListsLate(BatchProvider):
        def create(self, input_file_id: str, metadata: Any) -> Any:
            super().create(input_file_id, metadata)
            raise RESET

        def jobs(self) -> Any:
            return super().jobs() if clock.now() >= 1_000_050 else iter(())

    provider = ListsLate(endpoint)
    await submitter(provider, ledger, clock=clock).advance(intent)
    assert provider.created == ["job-0"]


async def test_a_creation_that_never_happened_is_repeated_after_the_settling_time(
    intent: BatchJob, ledger: Ledger, endpoint: Endpoint
) -> None:
    clock, provider = ManualClock(), BatchProvider(endpoint)
    create = provider.create
    calls = iter([RESET])

    def flaky(input_file_id: str, metadata: Any) -> Any:
        for error in calls:
            raise error
        return create(input_file_id, metadata)

    provider.create = flaky  # type: ignore[method-assign]
    await submitter(provider, ledger, clock=clock).advance(intent)
    assert provider.created == ["job-0"]
    assert clock.now() >= 1_000_060


async def test_without_an_answer_to_the_search_nothing_is_submitted(
    intent: BatchJob, ledger: Ledger, endpoint: Endpoint
) -> None:
    provider = BatchProvider(endpoint)
    jobs = BatchLedger(ledger, "dead")
    dead = jobs.move(jobs.claim(intent, now=0), JobState.CREATING, now=0, input_file_id="file_0")
    provider.fail_next(*[RESET] * 6)
    with pytest.raises(EndpointError, match="reset"):
        await submitter(provider, ledger).advance(dead)
    assert (provider.created, job_in(ledger).state) == ([], JobState.CREATING)


async def test_a_job_that_failed_in_validation_is_no_orphan(intent: BatchJob, ledger: Ledger, endpoint: Endpoint) -> None:
    provider = BatchProvider(endpoint)
    job = await submitter(provider, ledger).advance(intent)
    provider.remote_jobs["batch_0"] = replace(provider.remote_jobs["batch_0"], status=RemoteStatus.FAILED)
    jobs = BatchLedger(ledger, "me")
    dead = jobs.move(job, JobState.CREATING, now=0, provider_id=None)
    again = await submitter(provider, ledger).advance(dead)
    assert again.provider_id == "batch_1"


async def test_a_server_that_keeps_no_metadata_is_searched_by_the_input_file(
    intent: BatchJob, ledger: Ledger, endpoint: Endpoint
) -> None:
    class Forgets(BatchProvider):
        def create(self, input_file_id: str, metadata: Any) -> Any:
            made = super().create(input_file_id, metadata)
            self.remote_jobs[made.id] = replace(made, metadata={}, created_at=0.0)
            raise RESET

    provider = Forgets(endpoint)
    job = await submitter(provider, ledger).advance(intent)
    assert (provider.created, job.provider_id) == (["job-0"], "batch_0")


async def test_half_an_upload_is_removed_and_a_whole_one_reused(intent: BatchJob, ledger: Ledger, endpoint: Endpoint) -> None:
    provider = BatchProvider(endpoint)
    provider.stored_files = {
        "half": (intent.input_name, CONTENT[:5]),
        "whole": (intent.input_name, CONTENT),
        "copy": (intent.input_name, CONTENT),
        "other": ("other.jsonl", CONTENT),
    }
    jobs = BatchLedger(ledger, "dead")
    dead = jobs.move(jobs.claim(intent, now=1_000_000), JobState.UPLOADING, now=1_000_000)
    job = await submitter(provider, ledger).advance(dead)
    assert job.input_file_id in {"whole", "copy"}
    assert set(provider.stored_files) == {job.input_file_id, "other"}
    assert "upload" not in provider.calls


async def test_a_busy_provider_is_asked_again_gently(intent: BatchJob, ledger: Ledger, endpoint: Endpoint) -> None:
    busy = EndpointError("429", kind=EndpointErrorKind.RATE_LIMITED, status=429, retry_after_s=86_400)
    provider, clock = BatchProvider(endpoint), ManualClock()
    provider.fail_next(busy, busy)
    await submitter(provider, ledger, clock=clock).advance(intent)
    assert provider.calls == ["upload", "upload", "upload", "create"]
    assert 120 <= clock.now() - 1_000_000 < 300, "a day's Retry-After is not obeyed"


async def test_of_two_processes_at_one_job_the_older_stops(intent: BatchJob, ledger: Ledger, endpoint: Endpoint) -> None:
    provider = BatchProvider(endpoint)

    class Slow(BatchProvider):
        def upload(self, file: Any, name: str) -> Any:
            made = super().upload(file, name)
            BatchLedger(ledger, "newer").claim(intent, now=1_000_001)
            return made

    slow = Slow(endpoint)
    slow.stored_files, slow.remote_jobs, slow.created = provider.stored_files, provider.remote_jobs, provider.created
    with pytest.raises(JobOwnershipLostError, match="another process"):
        await submitter(slow, ledger, "older").advance(intent)
    await submitter(provider, ledger, "newer").advance(job_in(ledger))
    assert (provider.created, len(provider.stored_files)) == (["job-0"], 1)


async def test_a_full_queue_makes_the_job_wait_with_its_file_kept(intent: BatchJob, ledger: Ledger, endpoint: Endpoint) -> None:
    provider, clock = BatchProvider(endpoint), ManualClock()
    create = provider.create
    provider.create = lambda *_: (_ for _ in ()).throw(LIMIT)  # type: ignore[method-assign]
    job = await submitter(provider, ledger, clock=clock).advance(intent)
    assert (job.state, job.refusals, job.input_file_id is not None) == (JobState.WAITING, 1, True)
    provider.create = create  # type: ignore[method-assign]
    assert (await submitter(provider, ledger, clock=clock).advance(job)).state is JobState.WAITING
    clock.advance(31)
    assert (await submitter(provider, ledger, clock=clock).advance(job)).state is JobState.SUBMITTED
    assert provider.calls.count("upload") == 1


async def test_a_queue_that_was_full_minutes_later_is_the_same(intent: BatchJob, ledger: Ledger, endpoint: Endpoint) -> None:
    provider = BatchProvider(endpoint)
    job = await submitter(provider, ledger).advance(intent)
    faults = (RemoteFault("token_limit_exceeded", "Limit: 100 enqueued tokens"),)
    remote = replace(provider.remote_jobs["batch_0"], status=RemoteStatus.FAILED, faults=faults)
    job = await submitter(provider, ledger).refused_later(job, remote)
    assert job.state is JobState.SPLIT
    assert BatchLedger(ledger, "x").learned_limit("q", since=0) == 100


async def test_jobs_wait_their_turn_at_a_known_limit(
    intent: BatchJob, make_job: MakeJob, ledger: Ledger, endpoint: Endpoint
) -> None:
    provider = BatchProvider(replace(endpoint, limits=Limits(enqueued_tokens=1_500)))
    provider.ending = RemoteStatus.IN_PROGRESS
    second = replace(make_job("job-1"), input_url=intent.input_url, keys_url=intent.keys_url, shard=1, bytes=intent.bytes)
    assert BatchLedger(ledger, "planner").add([second], known=0)
    await submitter(provider, ledger).advance(intent)
    waiting = await submitter(provider, ledger).advance(second)
    assert (waiting.state, provider.created) == (JobState.INTENT, ["job-0"])
    assert "1,000 of 1,500" in (waiting.message or "")
    # The first ends: nobody has collected it, but it holds no room any more.
    provider.ending = RemoteStatus.COMPLETED
    assert (await submitter(provider, ledger).advance(waiting)).state is JobState.SUBMITTED
    assert job_in(ledger).state is JobState.ENDED


async def test_a_file_too_large_for_the_provider_is_split(intent: BatchJob, ledger: Ledger, endpoint: Endpoint) -> None:
    provider = BatchProvider(endpoint)
    provider.fail_next(EndpointError("413", kind=EndpointErrorKind.BAD_REQUEST, status=413))
    assert (await submitter(provider, ledger).advance(intent)).state is JobState.SPLIT


async def test_a_refusal_of_the_key_is_an_error_and_the_upload_is_found_again(
    intent: BatchJob, ledger: Ledger, endpoint: Endpoint
) -> None:
    provider = BatchProvider(endpoint)
    create = provider.create
    refusal = EndpointError("401", kind=EndpointErrorKind.AUTH, status=401)
    provider.create = lambda *_: (_ for _ in ()).throw(refusal)  # type: ignore[method-assign]
    with pytest.raises(EndpointError, match="401"):
        await submitter(provider, ledger).advance(intent)
    provider.create = create  # type: ignore[method-assign]
    await submitter(provider, ledger).advance(job_in(ledger))
    assert (provider.created, len(provider.stored_files)) == (["job-0"], 1)


async def test_a_job_taken_back_leaves_nothing_unless_it_was_submitted_after_all(
    intent: BatchJob, ledger: Ledger, endpoint: Endpoint
) -> None:
    provider = BatchProvider(endpoint)
    jobs = BatchLedger(ledger, "dead")
    provider.stored_files["file"] = (intent.input_name, CONTENT)
    job = jobs.move(jobs.claim(intent, now=1_000_000), JobState.UPLOADING, now=1_000_000)
    job = await submitter(provider, ledger).withdraw(job)
    assert (job.state, provider.stored_files) == (JobState.UPLOADING, {})
    provider.stored_files["file"] = (intent.input_name, CONTENT)
    provider.create("file", {"semtel_job": "job-0", "semtel_fingerprint": "f" * 32})
    jobs = BatchLedger(ledger, "dead")
    job = jobs.move(jobs.claim(job, now=1_000_000), JobState.CREATING, now=1_000_000, input_file_id="file")
    assert (await submitter(provider, ledger).withdraw(job)).state is JobState.SUBMITTED


def damaged(intent: BatchJob, damage: str) -> str:
    """Damage the input file of a job or its keys; returns the file that is to be named."""
    file, keys = Path(intent.input_url), Path(intent.keys_url)
    if damage == "keys of another job":
        other = file.parent / "other"
        other.mkdir()
        keys.write_bytes(Path(write_input(other, b"{}")["keys_url"]).read_bytes())
        return str(file)
    path = keys if damage.startswith("keys") else file
    data = path.read_bytes()
    path.write_bytes(data[:-9] if damage == "cut" else bytes([data[0] ^ 1]) + data[1:])
    if "delete" in damage:
        path.unlink()
    return str(path)


@pytest.mark.parametrize("damage", ["flip", "cut", "delete", "keys flipped", "keys deleted", "keys of another job"])
async def test_an_input_file_that_is_not_as_written_is_not_uploaded_and_its_requests_are_planned_again(
    intent: BatchJob, ledger: Ledger, endpoint: Endpoint, damage: str
) -> None:
    named = damaged(intent, damage)
    provider = BatchProvider(endpoint)
    job = await submitter(provider, ledger).advance(intent)
    assert job.state is JobState.SPLIT
    assert job.message is not None
    assert f"{named}: is " in job.message
    assert not provider.stored_files
