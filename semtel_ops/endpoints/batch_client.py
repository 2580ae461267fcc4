"""What the batch lane needs of an endpoint: files, jobs and their states, and the format of lines."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, Any, NamedTuple, Protocol

from semtel_ops.endpoints.dialect import Dialect
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint
from semtel_ops.endpoints.reasoning import UNSET, Reasoning
from semtel_ops.errors import EndpointError


class RemoteStatus(StrEnum):
    """State of a job at its provider, in OpenAI's words."""

    VALIDATING = "validating"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    FAILED = "failed"  # in validation: no request was processed, nothing is billed
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"  # a word that is not in the table: counts as under way

    @property
    def ended(self) -> bool:
        """Whether the state is final. An ended job no longer counts against the queue."""
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
    """A job as the provider reports it.

    Attributes:
        word: the provider's own word for the state.
        output_file_id, error_file_id: None until the file exists; a job may end with either, both or neither.
        total, completed, failed: requests; None where the provider does not count (Azure, until the job has ended). Label rows
            are counted from the files; these only say how many lines the files should have.
        created_at: seconds since 1970 by the provider's clock; 0 where it does not say.
        ended_at: likewise; None where it does not say.
        input_tokens, output_tokens: of all requests; None where the provider does not say.
    """

    id: str
    status: RemoteStatus
    input_file_id: str | None = None
    word: str = ""
    output_file_id: str | None = None
    error_file_id: str | None = None
    total: int | None = None
    completed: int | None = None
    failed: int | None = None
    faults: tuple[RemoteFault, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: float = 0.0
    ended_at: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def state(self) -> str:
        """The state for display: where it is unknown, with the provider's word."""
        return f"{self.status} ({self.word!r})" if self.status is RemoteStatus.UNKNOWN else self.status.value

    @property
    def processed(self) -> int | None:
        """Requests that ended, by the provider's count; None where it does not count."""
        return None if self.completed is None else self.completed + (self.failed or 0)


_FILE_PENDING = frozenset(
    {"pending", "running", "processing", "in_progress", "queued", "validating", "uploading", "not_started"}
)
_FILE_REJECTED = frozenset({"error", "failed", "invalid", "rejected"})


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as the provider reports it.

    Attributes:
        created_at: seconds since 1970 by the provider's clock; 0 where it does not say.
        status: the provider's word in lower case; empty where it does not say.
    """

    id: str
    name: str
    size_bytes: int
    created_at: float = 0.0
    status: str = ""

    @property
    def pending(self) -> bool:
        """Whether the file is still being processed, so that a job cannot use it yet (Azure)."""
        return self.status in _FILE_PENDING

    @property
    def rejected(self) -> bool:
        """Whether the provider has found the file invalid, so that no job can use it."""
        return self.status in _FILE_REJECTED


class BatchClient(Protocol):
    """Calls the files and batches API of one endpoint, once per method call: it never retries.

    Calls block; in an event loop, run them in a thread. Every method raises EndpointError.
    """

    @property
    def endpoint(self) -> Endpoint: ...

    def upload(self, file: IO[bytes], name: str) -> RemoteFile:
        """Store an input file; `files` lists it under `name`."""
        ...

    def create(self, input_file_id: str, metadata: Mapping[str, str]) -> RemoteJob:
        """Start a job. After an error without an HTTP status, the job may or may not exist."""
        ...

    def retrieve(self, job_id: str) -> RemoteJob: ...

    def cancel(self, job_id: str) -> None:
        """Ask the provider to stop a job; no error if the job has ended."""
        ...

    def jobs(self) -> Iterator[RemoteJob]:
        """All jobs of the account, newest first."""
        ...

    def files(self) -> Iterator[RemoteFile]:
        """All input files of the account, newest first."""
        ...

    def file(self, file_id: str) -> RemoteFile:
        """The state of one file."""
        ...

    def download(self, file_id: str, sink: IO[bytes]) -> None:
        """Download a file, from the current position of `sink`: a broken download continues, if the server supports ranges."""
        ...

    def delete_file(self, file_id: str) -> None:
        """Delete a file; no error if it does not exist."""
        ...

    def close(self) -> None: ...


MakeBatchClient = Callable[[Endpoint], BatchClient]
"""Creates the batch client of an endpoint; default `factory.batch_client`, replaced in tests."""


class JobLine(NamedTuple):
    """A line of an input file.

    Attributes:
        data: the line with its newline.
        body_bytes: size of the request body in it, whose tokens the provider counts.
    """

    data: bytes
    body_bytes: int


class NeverAsked(StrEnum):
    """Why a job ended without processing a request, which is then not billed."""

    EXPIRED = "batch_expired"
    CANCELLED = "batch_cancelled"


class ResultLine(NamedTuple):
    """The content of a line of a result file.

    Attributes:
        key: of the request, as written to the input file; None if the line has none.
        answer: the reply, the error (`malformed` if the line cannot be read), or why the request was not processed.
    """

    key: str | None
    answer: ChatReply | EndpointError | NeverAsked


class LineWriter(Protocol):
    """Writes lines for one model and dialect; each request frame is serialized once."""

    def write(self, key: str, request: ChatRequest) -> JobLine:
        """The line of a request; `key` has 32 hex digits."""
        ...


class JobLines(Protocol):
    """The format of a provider's input and result files, both JSONL."""

    def writer(self, model: str, dialect: Dialect, reasoning: Reasoning = UNSET) -> LineWriter:
        """`reasoning`: what the endpoint asks of requests whose prompt names no effort."""
        ...

    def read(self, line: Mapping[str, Any], endpoint: Endpoint) -> ResultLine:
        """Read a parsed result line; never raises, whatever the line contains."""
        ...

    def after_refusal(self, dialect: Dialect, error: EndpointError) -> Dialect | None:
        """The dialect to try after a refusal that names parameters; None if the error is about something else."""
        ...
