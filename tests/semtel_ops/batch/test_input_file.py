"""A creation that is refused for its file is repeated until the file can be used, and no other creation is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.batch.submission import SubmitPolicy, Submitter
from semtel_ops.endpoints.batch_client import RemoteFile, RemoteJob
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobState
from semtel_ops.store.ledger import Ledger
from semtel_ops.testing.batch_provider import BatchProvider
from semtel_ops.testing.manual_clock import ManualClock
from tests.support.batch_jobs import write_input

CONTENT = b'{"custom_id": "a", "body": {"model": "m"}}\n'
SETTLE_S = 60
STATES = [
    ("Azure: pending (openai/openai-dotnet#312)", "pending", 400, "The file is not processed"),
    ("Azure: running", "running", 400, "invalid request"),
    ("uploaded, and said so", "uploaded", 400, "File file_0 is not yet processed. Please wait."),
    ("processed, and said not to be", "processed", 400, "The file is not in processed state"),
    ("no state, and said so", "", 409, "The input file is still being processed"),
    ("425", "", 425, "file not ready"),
    ("an object store that is late", "processed", 404, "No such file: file_0"),
]


class SlowProvider(BatchProvider):
    """Accepts a job only from a moment on.

    Attributes:
        ready_at: the moment.
        status: state of files before it.
        refusal: raised by a creation before it.
    """

    def __init__(self, endpoint: Endpoint, clock: ManualClock, status: str, refusal: EndpointError) -> None:
        super().__init__(endpoint)
        self._clock = clock
        self.ready_at = float("inf")
        self.status = status
        self.refusal = refusal

    def create(self, input_file_id: str, metadata: Any) -> RemoteJob:
        if self._clock.now() < self.ready_at:
            self.calls.append("create refused")
            raise self.refusal
        return super().create(input_file_id, metadata)

    def files(self) -> Iterator[RemoteFile]:
        yield from map(self._as_it_is, super().files())

    def file(self, file_id: str) -> RemoteFile:
        return self._as_it_is(super().file(file_id))

    def _as_it_is(self, file: RemoteFile) -> RemoteFile:
        return file if self._clock.now() >= self.ready_at else replace(file, status=self.status)


@pytest.fixture
def intent(make_job: Callable[..., BatchJob], ledger: Ledger, tmp_path: Path) -> BatchJob:
    job = make_job(**write_input(tmp_path, CONTENT))
    BatchLedger(ledger, "planner").add([job], known=0)
    return job


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def refusal(status: int, message: str, kind: EndpointErrorKind = EndpointErrorKind.BAD_REQUEST) -> EndpointError:
    return EndpointError(f"east: HTTP {status}: {message}", kind=kind, status=status)


async def advance(provider: BatchProvider, ledger: Ledger, clock: ManualClock) -> BatchJob:
    jobs = BatchLedger(ledger, "me")
    policy = SubmitPolicy(settle_s=SETTLE_S)
    return await Submitter(provider, jobs, clock=clock, policy=policy, seed=1).advance(jobs.get("job-0"))


@pytest.mark.parametrize(("status", "code", "message"), [pytest.param(*case[1:], id=case[0]) for case in STATES])
async def test_a_file_that_is_ready_after_a_while_is_waited_for(
    intent: BatchJob, ledger: Ledger, endpoint: Endpoint, clock: ManualClock, status: str, code: int, message: str
) -> None:
    provider = SlowProvider(endpoint, clock, status, refusal(code, message))
    provider.ready_at = clock.now() + 40
    job = await advance(provider, ledger, clock)
    assert (job.state, provider.created) == (JobState.SUBMITTED, ["job-0"])
    assert clock.now() < provider.ready_at + 16
    assert provider.calls.count("create refused") < 12


@pytest.mark.parametrize(("status", "code", "message"), [pytest.param(*case[1:], id=case[0]) for case in STATES])
async def test_a_file_that_never_is_ready_ends_in_an_error_and_is_used_by_the_next_attempt(
    intent: BatchJob, ledger: Ledger, endpoint: Endpoint, clock: ManualClock, status: str, code: int, message: str
) -> None:
    provider = SlowProvider(endpoint, clock, status, refusal(code, message))
    began = clock.now()
    with pytest.raises(EndpointError, match=r"input file file_\S+ of batch job job-0 was not accepted within .*nothing was"):
        await advance(provider, ledger, clock)
    assert SETTLE_S <= clock.now() - began <= 5 * SETTLE_S + 16
    provider.ready_at = clock.now()
    job = await advance(provider, ledger, clock)
    assert (job.state, provider.created, len(provider.stored_files)) == (JobState.SUBMITTED, ["job-0"], 1)
    assert provider.calls.count("upload") == 1


@pytest.mark.parametrize(
    "error",
    [
        refusal(400, "completion_window must be 24h"),
        refusal(400, "The model `x` was not found"),
        refusal(401, "the file is not ready", EndpointErrorKind.AUTH),
        refusal(403, "file not available", EndpointErrorKind.AUTH),
    ],
    ids=str,
)
async def test_other_refusals_are_errors_at_once(
    intent: BatchJob, ledger: Ledger, endpoint: Endpoint, clock: ManualClock, error: EndpointError
) -> None:
    provider, began = SlowProvider(endpoint, clock, "processed", error), clock.now()
    with pytest.raises(EndpointError) as caught:
        await advance(provider, ledger, clock)
    assert caught.value is error
    assert (clock.now(), provider.calls.count("create refused")) == (began, 1)


async def test_a_file_that_the_provider_finds_invalid_is_removed_and_uploaded_again(
    intent: BatchJob, ledger: Ledger, endpoint: Endpoint, clock: ManualClock
) -> None:
    provider = SlowProvider(endpoint, clock, "error", refusal(400, "file is invalid"))
    with pytest.raises(EndpointError, match=r"finds input file file_\S+ of batch job job-0 invalid \(error\)"):
        await advance(provider, ledger, clock)
    assert provider.stored_files == {}
    provider.ready_at = clock.now()
    assert (await advance(provider, ledger, clock)).state is JobState.SUBMITTED
    assert provider.calls.count("upload") == 2
