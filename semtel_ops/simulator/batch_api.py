"""The HTTP handlers of the files and batches APIs, at the paths of OpenAI and of Azure."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from semtel_ops.simulator.auth import check_caller, read_json, refuse
from semtel_ops.simulator.batch_input import plain_endpoint
from semtel_ops.simulator.batch_jobs import BatchJobs, Job, token_limit_message
from semtel_ops.simulator.bodies import Refused, json_reply
from semtel_ops.simulator.connection_faults import HangResponse, ResetResponse
from semtel_ops.simulator.faults import draw_fault
from semtel_ops.simulator.files import FileContent, FileStore, StoredFile
from semtel_ops.simulator.state import Simulator
from semtel_ops.simulator.stemming import hash_to_unit

ItemT = TypeVar("ItemT", Job, StoredFile)
_COPY_BYTES = 1_048_576
_PREFIXES = ("/v1", "/openai/v1", "/openai")


class BatchApi:
    """The handlers and their shared state; one object per application."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._files = FileStore()
        self._jobs = BatchJobs(simulator, self._files)
        self._calls = 0

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
            ("POST", "/files", self._upload),
            ("GET", "/files", self._list_files),
            ("GET", "/files/{id}", self._get_file),
            ("GET", "/files/{id}/content", self._download),
            ("DELETE", "/files/{id}", self._delete_file),
            ("POST", "/batches", self._create),
            ("GET", "/batches", self._list_jobs),
            ("GET", "/batches/{id}", self._get_job),
            ("POST", "/batches/{id}/cancel", self._cancel),
        ]
        return [
            Route(prefix + path, self._guarded(path, handler), methods=[method])
            for prefix in _PREFIXES
            for method, path, handler in table
        ]

    async def aclose(self) -> None:
        await self._jobs.aclose()
        self._files.close()

    def _guarded(
        self, path: str, handler: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """The handler with outages and faults before it; its status is counted under `path`."""

        async def call(request: Request) -> Response:
            try:
                response = self._check(request) or await handler(request)
            except Refused as refused:
                response = json_reply(refused.body, refused.status, refused.headers)
            silent = isinstance(response, ResetResponse | HangResponse)
            self._simulator.stats.note(f"{request.method} {path[1:]}", 0 if silent else response.status_code)
            return response

        return call

    def _check(self, request: Request) -> Response | None:
        config = self._simulator.config
        self._calls += 1
        early = check_caller(request, self._simulator)
        fault = draw_fault(config.batch.call_faults, draw_key=(config.seed, "call", self._calls))
        return early or (refuse(fault, config.hang_s) if fault else None)

    def _drawn(self, share: float, what: str) -> bool:
        """Whether this call is among a share of the calls; `what` makes independent draws."""
        return share > 0 and hash_to_unit((self._simulator.config.seed, what, self._calls)) < share

    async def _upload(self, request: Request) -> Response:
        limit = self._simulator.config.batch.max_file_mb * 1_000_000
        if int(request.headers.get("content-length") or 0) > limit + 100_000:
            raise Refused(413, f"The file is larger than {limit / 1_000_000:g} MB.", code="file_too_large")
        try:
            async with request.form() as form:
                return json_reply((await self._store(form, limit)).shape())
        except (AssertionError, KeyError):
            raise Refused(400, "The request must be multipart/form-data.") from None

    async def _store(self, form: FormData, limit: float) -> StoredFile:
        upload, purpose = form.get("file"), form.get("purpose")
        if not isinstance(upload, UploadFile):
            raise Refused(400, "'file' is a required property", param="file")
        if not isinstance(purpose, str):
            raise Refused(400, "'purpose' is a required property", param="purpose")
        if (upload.size or 0) > limit:
            raise Refused(413, f"The file is larger than {limit / 1_000_000:g} MB.", code="file_too_large")
        path = self._files.new_path()
        with path.open("wb") as sink:
            while chunk := await upload.read(_COPY_BYTES):
                sink.write(chunk)
        now = self._simulator.clock.now()
        lifetime = form.get("expires_after[seconds]")
        expires_at = int(now) + int(lifetime) if isinstance(lifetime, str) and lifetime.isdecimal() else None
        name = upload.filename or "upload"
        return self._files.keep(path, filename=name, purpose=purpose, created_at=now, expires_at=expires_at)

    async def _list_files(self, request: Request) -> Response:
        purpose = request.query_params.get("purpose")
        files = [stored for stored in self._files.all() if purpose in {None, stored.purpose}]
        return _page(request, files, lambda stored: stored.shape(), most=10_000)

    async def _get_file(self, request: Request) -> Response:
        return json_reply(self._file(request).shape())

    async def _download(self, request: Request) -> Response:
        stored = self._file(request)
        return FileContent(stored, cut=self._drawn(self._simulator.config.batch.cut_downloads, "download"))

    async def _delete_file(self, request: Request) -> Response:
        stored = self._file(request)
        self._files.delete(stored.id)
        return json_reply({"id": stored.id, "object": "file", "deleted": True})

    def _file(self, request: Request) -> StoredFile:
        stored = self._files.get(request.path_params["id"])
        if stored is None:
            raise Refused(404, f"No such File object: {request.path_params['id'][:80]}", param="id")
        return stored

    async def _create(self, request: Request) -> Response:
        config = self._simulator.config.batch
        body = await read_json(request)
        stored = self._files.get(body.get("input_file_id"))
        if stored is None:
            raise Refused(400, "'input_file_id' does not name an uploaded file.", param="input_file_id")
        if stored.purpose != "batch":
            raise Refused(400, "The input file's purpose must be 'batch'.", param="input_file_id")
        endpoint = plain_endpoint(body.get("endpoint"))
        if endpoint is None:
            raise Refused(400, "'endpoint' must be /v1/chat/completions or /v1/embeddings.", param="endpoint")
        if body.get("completion_window") != "24h":
            raise Refused(400, "'completion_window' must be '24h'.", param="completion_window")
        metadata = _metadata(body.get("metadata"))
        checked = None
        if config.refuses_at == "create" and config.enqueued_tokens is not None:
            checked = await self._jobs.check(stored, endpoint)
            if not self._jobs.fits(checked.model, checked.input_tokens):
                message = token_limit_message(checked.model, config.enqueued_tokens)
                raise Refused(400, message, code="token_limit_exceeded")
        job = self._jobs.create(stored, endpoint=endpoint, url=body["endpoint"], metadata=metadata, checked=checked)
        if self._drawn(config.lost_create_replies, "create"):
            return ResetResponse()
        return json_reply(self._shape(job))

    async def _list_jobs(self, request: Request) -> Response:
        return _page(request, self._jobs.all(), self._shape, most=100)

    async def _get_job(self, request: Request) -> Response:
        return json_reply(self._shape(self._job(request)))

    async def _cancel(self, request: Request) -> Response:
        job = self._job(request)
        if not self._jobs.cancel(job):
            raise Refused(409, f"Cannot cancel a batch with status '{job.status}'.")
        return json_reply(self._shape(job))

    def _job(self, request: Request) -> Job:
        job = self._jobs.get(request.path_params["id"])
        if job is None:
            raise Refused(404, f"No batch found with id '{request.path_params['id'][:80]}'.")
        return job

    def _shape(self, job: Job) -> dict[str, Any]:
        return job.shape(null_counts=self._simulator.config.batch.null_counts)


def _metadata(given: Any) -> dict[str, str] | None:
    if given is None:
        return None
    fits = isinstance(given, dict) and len(given) <= 16
    if not fits or not all(isinstance(value, str) and len(key) <= 64 and len(value) <= 512 for key, value in given.items()):
        raise Refused(
            400,
            "'metadata' may hold 16 pairs of strings; keys of 64 and values of 512 characters at most.",
            param="metadata",
        )
    return dict(given)


def _page(request: Request, items: Sequence[ItemT], shape: Callable[[ItemT], dict[str, Any]], *, most: int) -> Response:
    """A page of a list, newest first: the `limit` entries after the entry `after`."""
    limit_text = request.query_params.get("limit", "20")
    if not limit_text.isdecimal() or not 1 <= int(limit_text) <= most:
        raise Refused(400, f"'limit' must be between 1 and {most}.", param="limit")
    ordered = list(reversed(items))
    after = request.query_params.get("after")
    start = 0
    if after:
        start = next((index + 1 for index, item in enumerate(ordered) if item.id == after), -1)
        if start < 0:
            raise Refused(400, "'after' does not name an entry of this list.", param="after")
    page = ordered[start : start + int(limit_text)]
    return json_reply(
        {
            "object": "list",
            "data": [shape(item) for item in page],
            "first_id": page[0].id if page else None,
            "last_id": page[-1].id if page else None,
            "has_more": start + len(page) < len(ordered),
        }
    )
