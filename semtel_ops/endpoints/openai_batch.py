"""Files and batches through the openai SDK, for OpenAI, Azure OpenAI and servers with the same API.

There are only a few calls per job, so the SDK's overhead does not matter; it is imported when a client is created. Nothing here
retries: `batch.retry` repeats the calls that may be made twice.
"""

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, Any, TypeVar

from semtel_ops.endpoints.batch_client import RemoteFile, RemoteJob, RemoteStatus
from semtel_ops.endpoints.batch_objects import read_file, read_job, read_page
from semtel_ops.endpoints.entra import TokenSource
from semtel_ops.endpoints.key_source import KeySource
from semtel_ops.endpoints.lenient_json import read_json
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.endpoints.refusal import error_from_response
from semtel_ops.errors import EndpointError, EndpointErrorKind

log = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")

_TIMEOUT_S = 60.0
_UPLOAD_TIMEOUT_S = 600.0
_PAGE = 100
_UNAUTHORIZED = 401


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


def _http_client() -> Any:
    import openai

    return openai.DefaultHttpxClient(verify=_trusted())


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Certificates that servers are checked against, read once: clients come and go with every look at a job."""
    import httpx2

    return httpx2.create_ssl_context()


class OpenAIBatchClient:
    """A `BatchClient`. Safe to use from several threads."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        make_sdk: Callable[..., Any] = make_sdk,
        variant: BatchApiVariant | None = None,
        tokens: TokenSource | None = None,
    ) -> None:
        """Create a client; by default for OpenAI, otherwise with another SDK client and variant of the API.

        `tokens`: what the SDK client authenticates with, in place of a key.
        """
        self._endpoint = endpoint
        self._sdk = make_sdk(endpoint, max_retries=0, timeout=_TIMEOUT_S, http_client=_http_client())
        self._keys = KeySource(endpoint)
        self._tokens = tokens
        self._files = self._sdk.files.with_raw_response
        self._batches = self._sdk.batches.with_raw_response
        self._variant = variant or BatchApiVariant()

    @property
    def endpoint(self) -> Endpoint:
        return self._endpoint

    def close(self) -> None:
        self._sdk.close()

    def upload(self, file: IO[bytes], name: str) -> RemoteFile:
        start = file.tell()

        def create() -> Any:
            file.seek(start)
            return self._files.create(
                file=(name, file, "application/jsonl"), purpose="batch", timeout=_UPLOAD_TIMEOUT_S, **self._variant.upload
            )

        return self._read(read_file, create)

    def create(self, input_file_id: str, metadata: Mapping[str, str]) -> RemoteJob:
        path: Any = self._variant.job_path
        options: dict[str, Any] = {"input_file_id": input_file_id, "endpoint": path, "completion_window": "24h"}
        try:
            return self._job(lambda: self._batches.create(**options, metadata=dict(metadata)))
        except EndpointError as error:
            # A job without metadata is recognized by its input file.
            if error.status not in {400, 422} or "metadata" not in str(error).lower():
                raise
        return self._job(lambda: self._batches.create(**options))

    def retrieve(self, job_id: str) -> RemoteJob:
        return self._job(lambda: self._batches.retrieve(job_id))

    def cancel(self, job_id: str) -> None:
        try:
            self._call(lambda: self._batches.cancel(job_id))
        except EndpointError as error:
            if error.status not in {400, 409} or not self.retrieve(job_id).status.ended:
                raise

    def jobs(self) -> Iterator[RemoteJob]:
        yield from map(read_job, self._entries(self._batches.list, limit=_PAGE))

    def files(self) -> Iterator[RemoteFile]:
        yield from map(read_file, self._entries(self._files.list, **self._variant.list_files))

    def file(self, file_id: str) -> RemoteFile:
        return self._read(read_file, lambda: self._files.retrieve(file_id))

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

    def _job(self, call: Callable[[], Any]) -> RemoteJob:
        job = self._read(read_job, call)
        if job.status is RemoteStatus.UNKNOWN:
            _say_unknown(self._endpoint.name, job.word)
        return job

    def _read(self, read: Callable[[Any], ResultT], call: Callable[[], Any]) -> ResultT:
        """Make a call and read its JSON; the SDK's own types would refuse or lose what compatible servers send."""
        return self._call(lambda: read(read_json(call().http_response.content)))

    def _entries(self, ask: Callable[..., Any], **query: Any) -> Iterator[dict[str, Any]]:
        """All entries of a paginated list."""
        after: str | None = None
        seen: set[str] = set()  # some servers begin again after the last page
        while True:
            more = {} if after is None else {"after": after}
            entries, following = self._read(read_page, lambda: ask(**query, **more))  # noqa: B023 - called at once
            yield from entries
            if following is None or following in seen:
                return
            seen.add(following)
            after = following

    def _call(self, call: Callable[[], ResultT]) -> ResultT:
        """Call the SDK; once more with another key, where there is one after the first was refused."""
        secret = self._keys.key if self._tokens is None else self._tokens.cached
        try:
            return self._called(call)
        except EndpointError as error:
            source = self._keys if self._tokens is None else self._tokens
            if error.status != _UNAUTHORIZED or secret is None or not source.renewed(secret):
                raise
        if self._tokens is None:
            self._sdk.api_key = self._keys.key  # which the SDK reads with each call
        return self._called(call)

    def _called(self, call: Callable[[], ResultT]) -> ResultT:
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
        except (openai.APIError, ValueError, TypeError, AttributeError) as error:
            raise EndpointError(
                f"{name}: the reply is not a valid reply of the files or batches API ({type(error).__name__})",
                kind=EndpointErrorKind.MALFORMED,
            ) from None


@lru_cache(maxsize=256)  # once in a process, since a job is polled for hours
def _say_unknown(name: str, word: str) -> None:
    log.warning("%s: a batch job is in state %r, which is unknown here and counts as under way", name, word)
