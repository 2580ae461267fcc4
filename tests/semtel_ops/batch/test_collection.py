"""Results come home once, whatever interrupts, and nothing is left behind."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import pytest

from semtel_ops.batch.collection import Collector
from semtel_ops.batch.job_file import Caps, Target, read_unanswered, write_job_files
from semtel_ops.endpoints.batch_client import RemoteStatus
from semtel_ops.endpoints.dialect import Dialect
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.errors import EndpointError, EndpointErrorKind, ResultsLostError
from semtel_ops.packing import RequestPlan
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobState
from semtel_ops.store.files import exists
from semtel_ops.store.journal import Journal
from semtel_ops.store.ledger import Ledger
from semtel_ops.testing.batch_provider import BatchProvider, answered, refused
from semtel_ops.testing.manual_clock import ManualClock

CUT = EndpointError("cut", kind=EndpointErrorKind.CONNECTION)


@dataclass
class Case:
    """A submitted job of ten requests."""

    provider: BatchProvider
    job: BatchJob
    ledger: Ledger
    folder: Path
    clock: ManualClock = field(default_factory=ManualClock)

    def journal(self) -> Journal:
        return Journal(f"{self.folder}/journal")

    async def collect(self, journal: Journal | None = None, *, repeated: bool = False) -> BatchJob:
        jobs = BatchLedger(self.ledger, "me")
        job = jobs.claim(jobs.get(self.job.job_key), now=1_000_000)
        collector = Collector(self.provider, jobs, journal or self.journal(), clock=self.clock, settle_s=60)
        return await collector.collect(job, self.provider.retrieve(job.provider_id or ""), repeated=repeated)

    def change(self, **fields: Any) -> None:
        """Change the ended job at the provider."""
        self.provider.remote_jobs["batch_0"] = replace(self.provider.retrieve("batch_0"), **fields)

    def ending(self, at: int, content: bytes) -> None:
        """The first `at` downloads get other content."""
        whole, tries = self.provider.download, iter(range(100))

        def download(file_id: str, sink: IO[bytes]) -> None:
            if next(tries) < at:
                sink.write(content)
            else:
                whole(file_id, sink)

        self.provider.download = download  # type: ignore[method-assign]


@pytest.fixture
def case(
    make_plans: Callable[[int], list[RequestPlan]],
    make_job: Callable[..., BatchJob],
    endpoint: Endpoint,
    ledger: Ledger,
    tmp_path: Path,
) -> Case:
    (file,) = write_job_files(make_plans(10), [Target(endpoint, Dialect(), Caps(100, 10**9))], f"{tmp_path}/jobs")
    job = make_job(input_url=file.url, keys_url=file.keys_url, requests=10, bytes=file.bytes)
    provider = BatchProvider(endpoint)
    with Path(file.url).open("rb") as content:
        held = provider.upload(content, job.input_name)
    remote = provider.create(held.id, {"semtel_job": job.job_key})
    jobs = BatchLedger(ledger, "me")
    jobs.add([job], known=0)
    job = jobs.move(jobs.claim(job, now=0), JobState.SUBMITTED, now=0, provider_id=remote.id, input_file_id=held.id)
    return Case(provider, job, ledger, tmp_path)


async def test_answers_are_journalled_counted_and_their_files_removed(case: Case) -> None:
    job = await case.collect()
    assert (job.state, job.answered, job.input_tokens, job.output_tokens) == (JobState.COLLECTED, 10, 1_000, 100)
    assert job.cost_usd == pytest.approx(10 * 60e-6)
    assert len(case.journal()) == 10
    assert case.provider.stored_files == {}
    assert not exists(job.input_url)
    assert (job.input_file_id, job.output_file_id, job.error_file_id) == (None, None, None)
    assert BatchLedger(case.ledger, "x").get(job.job_key) == job


async def test_what_failed_is_written_down_beside_the_keys(case: Case) -> None:
    case.provider.answer = lambda line: refused(line, 500) if line["custom_id"] < "8" else answered(line)
    job = await case.collect()
    reasons = read_unanswered(job.unanswered_url or "")
    assert set(reasons.values()) == {"server_error"}
    assert (job.answered, job.failed) == (10 - len(reasons), len(reasons))


async def test_a_download_cut_in_the_middle_is_gone_on_with(case: Case) -> None:
    class Cuts(BatchProvider):
        cuts = 2

        def download(self, file_id: str, sink: IO[bytes]) -> None:
            rest = self.stored_files[file_id][1][sink.tell() :]
            if self.cuts:
                self.cuts -= 1
                sink.write(rest[: len(rest) // 2])
                raise CUT
            super().download(file_id, sink)

    cutting = Cuts(case.provider.endpoint)
    cutting.stored_files, cutting.remote_jobs = case.provider.stored_files, case.provider.remote_jobs
    case.provider = cutting
    assert (await case.collect()).answered == 10


async def test_a_provider_that_is_down_loses_nothing(case: Case) -> None:
    case.provider.retrieve("batch_0")
    jobs = BatchLedger(case.ledger, "me")
    collector = Collector(case.provider, jobs, case.journal(), clock=ManualClock())
    case.provider.fail_next(*[CUT] * 6)
    with pytest.raises(EndpointError, match="cut"):
        await collector.collect(case.job, case.provider.remote_jobs["batch_0"])
    assert (await case.collect()).answered == 10


async def test_killed_between_the_journal_and_the_ledger_it_is_merged_again_without_doubles(case: Case) -> None:
    class Dies(BatchLedger):
        def move(self, *_: object, **__: object) -> BatchJob:
            raise KeyboardInterrupt

    dying = Collector(case.provider, Dies(case.ledger, "me"), case.journal(), clock=ManualClock())
    with pytest.raises(KeyboardInterrupt):
        await dying.collect(case.job, case.provider.retrieve("batch_0"))
    assert len(case.journal()) == 10
    assert len(case.provider.stored_files) == 2, "nothing is removed before it is written down"
    assert (await case.collect()).answered == 10
    assert len(case.journal()) == 10


async def test_a_file_that_stays_at_the_provider_is_removed_the_next_time(case: Case) -> None:
    case.provider.retrieve("batch_0")
    delete = case.provider.delete_file
    case.provider.delete_file = lambda _: (_ for _ in ()).throw(CUT)  # type: ignore[method-assign]
    job = await case.collect()
    assert (job.state, job.input_file_id is not None) == (JobState.COLLECTED, True)
    case.provider.delete_file = delete  # type: ignore[method-assign]
    jobs = BatchLedger(case.ledger, "me")
    job = await Collector(case.provider, jobs, case.journal(), clock=ManualClock()).clean_up(job)
    assert (job.input_file_id, job.output_file_id, case.provider.stored_files) == (None, None, {})


async def test_a_result_file_that_is_gone_stops_the_job_with_its_files_kept(case: Case) -> None:
    remote = case.provider.retrieve("batch_0")
    case.provider.delete_file(remote.output_file_id or "")
    with pytest.raises(ResultsLostError, match=f"job-0 .batch_0. is completed, but file {remote.output_file_id}.*give-up"):
        await case.collect()
    job = BatchLedger(case.ledger, "x").get("job-0")
    assert (job.output_file_id, job.answered) == (remote.output_file_id, None)
    assert list(case.provider.stored_files) == [job.input_file_id], "the input file is kept"
    assert exists(job.input_url)


@pytest.mark.parametrize("status", [RemoteStatus.EXPIRED, RemoteStatus.CANCELLED])
async def test_partial_results_of_a_job_that_ended_early_are_kept(case: Case, status: RemoteStatus) -> None:
    case.provider.ending = status
    case.provider.answer = lambda line: answered(line) if line["custom_id"] < "8" else None
    job = await case.collect()
    assert job.answered == len(case.journal()) > 0
    assert (job.answered or 0) + (job.expired or 0) == 10


async def test_zero_byte_files_are_files_without_lines(case: Case) -> None:
    case.provider.answer = lambda _: None
    remote = case.provider.retrieve("batch_0")
    assert remote.output_file_id is None
    case.provider.stored_files["empty"] = ("errors", b"")
    case.provider.remote_jobs["batch_0"] = replace(remote, error_file_id="empty")
    assert (await case.collect()).missing == 10


async def test_nothing_of_a_conversation_is_in_the_ledger(case: Case) -> None:
    job = await case.collect()
    assert "question" not in json.dumps([str(getattr(job, name)) for name in job.__slots__])


async def test_results_that_come_late_are_waited_for_within_the_settling_time(case: Case) -> None:
    case.provider.retrieve("batch_0")
    case.ending(3, b"<html>not yet</html>\n")
    job = await case.collect()
    assert (job.answered, job.message, case.clock.now() - 1_000_000) == (10, None, 45)


@pytest.mark.parametrize("content", [b"<html></html>\n", b"", b'{"error": {"message": "no"}}\n'])
async def test_results_of_which_nothing_can_be_read_are_kept_and_collected_once_they_can(case: Case, content: bytes) -> None:
    case.ending(5, content)
    with pytest.raises(ResultsLostError, match=r"job-0.*kept at the provider"):
        await case.collect()
    assert case.clock.now() - 1_000_000 == 60
    job = BatchLedger(case.ledger, "x").get("job-0")
    assert (job.answered, job.cost_usd, len(case.provider.stored_files), exists(job.input_url)) == (None, None, 2, True)
    assert job.message
    job = await case.collect()
    assert (job.state, job.answered, job.message, len(case.journal())) == (JobState.COLLECTED, 10, None, 10)


async def test_answers_beside_a_file_that_is_gone_are_kept(case: Case) -> None:
    case.provider.answer = lambda line: refused(line, 500) if line["custom_id"] < "8" else answered(line)
    case.change()
    gone = case.provider.remote_jobs["batch_0"].error_file_id or ""
    del case.provider.stored_files[gone]
    with pytest.raises(ResultsLostError, match=gone):
        await case.collect()
    answers = len(case.journal())
    assert 0 < answers < 10


async def test_requests_that_were_asked_before_end_as_missing_where_others_were_answered(case: Case) -> None:
    case.provider.answer = lambda line: {"custom_id": line["custom_id"], "response": {"status_code": 200}}
    with pytest.raises(ResultsLostError, match="none of 10 results can be read; the first: "):
        await case.collect()
    job = await case.collect(repeated=True)
    assert (job.answered, job.failed, job.cost_usd) == (0, 10, None)


@pytest.mark.parametrize(
    ("fields", "cost"),
    [
        pytest.param({}, 10 * 60e-6, id="as much as the others"),
        pytest.param({"input_tokens": 2_000, "output_tokens": 400}, 1_400e-6, id="the provider's sum"),
        pytest.param({"completed": 8}, 8 * 60e-6, id="not processed, by the provider's count"),
        pytest.param({"completed": None}, 10 * 60e-6, id="no count: a completed job answered all"),
    ],
)
async def test_lost_answers_are_part_of_the_cost(case: Case, fields: dict[str, Any], cost: float) -> None:
    seen = iter(range(10))
    case.provider.answer = lambda line: answered(line) if next(seen) < 8 else None
    case.change(**{"completed": 10, **fields})
    job = await case.collect()
    assert (job.answered, job.missing, job.cost_usd) == (8, 2, pytest.approx(cost))


@pytest.mark.parametrize("status", [401, 404])
async def test_a_job_whose_every_line_was_refused_for_our_account_says_so(case: Case, status: int) -> None:
    case.provider.answer = lambda line: refused(line, status, "no such key")
    job = await case.collect()
    assert set(read_unanswered(job.unanswered_url or "").values()) == {"unusable_endpoint"}
    assert (job.cost_usd, "no such key" in (job.message or "")) == (0.0, True)


@pytest.mark.parametrize(
    ("ended_at", "expected"),
    [(1_000_030.0, 1_000_030.0), (None, 1_000_500.0), (5.0, 1_000_500.0), (2e9, 1_000_500.0), (1_000_600.0, 1_000_500.0)],
)
async def test_a_job_ended_when_its_provider_says_if_that_can_be(case: Case, ended_at: float | None, expected: float) -> None:
    case.change(ended_at=ended_at)
    case.clock.advance(500)
    job = await case.collect()
    assert job.finished_at is not None
    assert job.finished_at.timestamp() == expected
