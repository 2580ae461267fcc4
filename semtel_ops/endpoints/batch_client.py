"""What the batch lane needs of an endpoint: files, jobs, what the provider says of them, and the format of lines."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, Any, NamedTuple, Protocol

from semtel_ops.endpoints.dialect import Dialect
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint
from semtel_ops.errors import EndpointError


class RemoteStatus(StrEnum):
    """The provider's words for the state of a job."""

    VALIDATING = "validating"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    FAILED = "failed"  # in validation: nothing was asked, nothing is billed
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether the job changes no more and counts no more against the queue."""
        return self in _ENDED


_ENDED = frozenset({RemoteStatus.COMPLETED, RemoteStatus.FAILED, RemoteStatus.EXPIRED, RemoteStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class RemoteFault:
    """One entry of a failed job's errors; `line` counts from 1."""

    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """A job as the provider tells it.

    Attributes:
        output_file_id, error_file_id: None until there is one; a job may end with either, both or none.
        total, completed, failed: progress for people, None where the provider is silent (Azure, until the end). Rows are
            counted from the files, never from these.
        created_at: seconds since 1970 by the provider's clock.
    """

    id: str
    status: RemoteStatus
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    total: int | None = None
    completed: int | None = None
    failed: int | None = None
    faults: tuple[RemoteFault, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class RemoteFile:
    id: str
    name: str
    size_bytes: int
    created_at: float = 0.0


class BatchClient(Protocol):
    """Talks to one endpoint's files and batches, once per call: it never retries.

    Calls block; a caller in an event loop puts them in a thread. Every method raises EndpointError.
    """

    @property
    def endpoint(self) -> Endpoint: ...

    def upload(self, file: IO[bytes], name: str) -> RemoteFile:
        """Store an input file under `name`, by which `files` finds it again."""
        ...

    def create(self, input_file_id: str, metadata: Mapping[str, str]) -> RemoteJob:
        """Start a job. An error without an HTTP status says nothing about whether the job was made."""
        ...

    def retrieve(self, job_id: str) -> RemoteJob: ...

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop; one that has ended already is left as it is."""
        ...

    def jobs(self) -> Iterator[RemoteJob]:
        """All jobs of the account, newest first."""
        ...

    def files(self) -> Iterator[RemoteFile]:
        """All input files of the account, newest first."""
        ...

    def download(self, file_id: str, sink: IO[bytes]) -> None:
        """Append what `sink` does not have yet of a file: a cut download is gone on with where the server can."""
        ...

    def delete_file(self, file_id: str) -> None:
        """Remove a file; one that is gone is gone."""
        ...

    def close(self) -> None: ...


MakeBatchClient = Callable[[Endpoint], BatchClient]
"""Creates the batch client of an endpoint; default `factory.batch_client`, replaced in tests."""


class JobLine(NamedTuple):
    """A line of an input file.

    Attributes:
        data: the line with its newline.
        body_bytes: how much of it is the request itself: what the provider counts tokens of.
    """

    data: bytes
    body_bytes: int


class NeverAsked(StrEnum):
    """Why a job has no answer to a request that it held: it ended first. Such a request is not billed."""

    EXPIRED = "batch_expired"
    CANCELLED = "batch_cancelled"


class ResultLine(NamedTuple):
    """What a line of a result file says.

    Attributes:
        key: the request's, as it was written; None where the line names none.
        answer: the reply, the refusal (`malformed` where the line cannot be read), or why the request was never asked.
    """

    key: str | None
    answer: ChatReply | EndpointError | NeverAsked


class LineWriter(Protocol):
    """Writes lines for one model and dialect; what requests share is serialised once."""

    def write(self, key: str, request: ChatRequest) -> JobLine:
        """A request under its key, 32 hex digits."""
        ...


class JobLines(Protocol):
    """The format of a provider's input and result files, both JSONL."""

    def writer(self, model: str, dialect: Dialect) -> LineWriter: ...

    def read(self, line: Mapping[str, Any], endpoint: Endpoint) -> ResultLine:
        """Read a result line, which may hold anything; never raises for what is in it."""
        ...

    def after_refusal(self, dialect: Dialect, message: str) -> Dialect | None:
        """The dialect to ask in after a 400 with this text; None when it is about something else."""
        ...
