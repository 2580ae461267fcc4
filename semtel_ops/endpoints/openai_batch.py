"""Files and batches through the openai SDK, for OpenAI, Azure OpenAI and servers with the same API.

There are only a few calls per job, so the SDK's overhead does not matter; it is imported when a client is created. Nothing here
retries: `batch.retry` repeats the calls that may be made twice.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, TypeVar

from semtel_ops.endpoints.batch_client import RemoteFault, RemoteFile, RemoteJob, RemoteStatus
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.endpoints.refusal import error_from_response
from semtel_ops.errors import EndpointError, EndpointErrorKind

ResultT = TypeVar("ResultT")

_TIMEOUT_S = 60.0
_UPLOAD_TIMEOUT_S = 600.0
_PAGE = 100


@dataclass(frozen=True, slots=True)
class BatchApiVariant:
    """Differences between servers with OpenAI's files and batches API.

    Attributes:
        job_path: `endpoint` of a new batch.
        upload: parameters of an upload besides file and purpose.
        list_files: query that lists input files.
    """

    job_path: str = "/v1/chat/completions"
    upload: Mapping[str, Any] = field(default_factory=dict)
    list_files: Mapping[str, Any] = field(default_factory=lambda: {"purpose": "batch", "limit": 1_000, "order": "desc"})


def make_sdk(endpoint: Endpoint, **common: Any) -> Any:
    """Create the SDK's client for OpenAI. `common`: arguments that all kinds of endpoint share."""
    import openai

    return openai.OpenAI(base_url=endpoint.base_url, api_key=endpoint.api_key or "none", **common)


class OpenAIBatchClient:
    """A `BatchClient`. Safe to use from several threads."""

    def __init__(
        self, endpoint: Endpoint, *, make_sdk: Callable[..., Any] = make_sdk, variant: BatchApiVariant | None = None
    ) -> None:
        """Create a client; by default for OpenAI, otherwise with another SDK client and variant of the API."""
        self._endpoint = endpoint
        self._sdk = make_sdk(endpoint, max_retries=0, timeout=_TIMEOUT_S)
        self._variant = variant or BatchApiVariant()

    @property
    def endpoint(self) -> Endpoint:
        return self._endpoint

    def close(self) -> None:
        self._sdk.close()

    def upload(self, file: IO[bytes], name: str) -> RemoteFile:
        uploaded = self._call(
            lambda: self._sdk.files.create(
                file=(name, file, "application/jsonl"), purpose="batch", timeout=_UPLOAD_TIMEOUT_S, **self._variant.upload
            )
        )
        return _file(uploaded)

    def create(self, input_file_id: str, metadata: Mapping[str, str]) -> RemoteJob:
        path: Any = self._variant.job_path
        return _job(
            self._call(
                lambda: self._sdk.batches.create(
                    input_file_id=input_file_id, endpoint=path, completion_window="24h", metadata=dict(metadata)
                )
            )
        )

    def retrieve(self, job_id: str) -> RemoteJob:
        return _job(self._call(lambda: self._sdk.batches.retrieve(job_id)))

    def cancel(self, job_id: str) -> None:
        try:
            self._call(lambda: self._sdk.batches.cancel(job_id))
        except EndpointError as error:
            if error.status not in {400, 409} or not self.retrieve(job_id).status.ended:
                raise

    def jobs(self) -> Iterator[RemoteJob]:
        yield from (_job(batch) for batch in self._pages(self._sdk.batches.list, limit=_PAGE))

    def files(self) -> Iterator[RemoteFile]:
        yield from (_file(file) for file in self._pages(self._sdk.files.list, **self._variant.list_files))

    def download(self, file_id: str, sink: IO[bytes]) -> None:
        self._call(lambda: self._download(file_id, sink))

    def delete_file(self, file_id: str) -> None:
        try:
            self._call(lambda: self._sdk.files.delete(file_id))
        except EndpointError as error:
            if error.status != 404:
                raise

    def _download(self, file_id: str, sink: IO[bytes]) -> None:
        offset = sink.tell()
        headers = {"range": f"bytes={offset}-"} if offset else {}
        with self._sdk.files.with_streaming_response.content(file_id, extra_headers=headers) as response:
            if response.http_response.status_code != 206:
                # The server ignored the range and sends the whole file.
                sink.seek(0)
                sink.truncate()
            # Written as it arrives, so that a broken connection keeps what was received.
            for chunk in response.iter_bytes():
                sink.write(chunk)

    def _pages(self, ask: Callable[..., Any], **query: Any) -> Iterator[Any]:
        """All entries of a paginated list."""
        page = self._call(lambda: ask(**query))
        while True:
            yield from page.data
            if not page.data or not getattr(page, "has_more", False):
                return
            after = page.data[-1].id
            page = self._call(lambda: ask(**query, after=after))  # noqa: B023 - called at once

    def _call(self, call: Callable[[], ResultT]) -> ResultT:
        """Call the SDK, and raise its errors as EndpointError."""
        import httpx2
        import openai

        name = self._endpoint.name
        try:
            return call()
        except openai.APITimeoutError:
            raise EndpointError(f"{name}: no reply within the time limit", kind=EndpointErrorKind.TIMEOUT) from None
        except openai.APIStatusError as error:
            raw = error.response.content if error.response.is_closed else error.response.read()
            raise error_from_response(name, error.status_code, error.response.headers, raw) from None
        except (openai.APIConnectionError, httpx2.HTTPError, OSError) as error:
            raise EndpointError(
                f"{name}: connection failed: {type(error).__name__}", kind=EndpointErrorKind.CONNECTION
            ) from None
        except (openai.APIError, ValueError) as error:
            raise EndpointError(
                f"{name}: the reply is not a valid reply of the files or batches API ({type(error).__name__})",
                kind=EndpointErrorKind.MALFORMED,
            ) from None


def _job(batch: Any) -> RemoteJob:
    """Convert a batch object of the SDK; absent, empty and null fields become None."""
    try:
        status = RemoteStatus(batch.status)
    except (ValueError, AttributeError):
        raise ValueError(f"unknown batch status {getattr(batch, 'status', None)!r}") from None
    counts = batch.request_counts
    faults = getattr(batch.errors, "data", None) or ()
    return RemoteJob(
        id=str(batch.id),
        status=status,
        input_file_id=batch.input_file_id or None,
        output_file_id=batch.output_file_id or None,
        error_file_id=batch.error_file_id or None,
        total=getattr(counts, "total", None),
        completed=getattr(counts, "completed", None),
        failed=getattr(counts, "failed", None),
        faults=tuple(RemoteFault(str(fault.code or ""), str(fault.message or ""), fault.line) for fault in faults),
        metadata=dict(batch.metadata or {}),
        created_at=float(batch.created_at or 0),
    )


def _file(file: Any) -> RemoteFile:
    size = file.bytes if isinstance(file.bytes, int) else 0
    return RemoteFile(str(file.id), str(file.filename or ""), size, float(file.created_at or 0))
