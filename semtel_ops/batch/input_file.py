"""Waits until a provider lets a job use its uploaded file.

Azure processes a file for some seconds or minutes, in which a creation is refused with 400; object stores behind gateways show
a file with a delay. Nothing is submitted by a refused creation, so it may be repeated.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from functools import partial

from semtel_ops.batch.retry import BatchRetry
from semtel_ops.clock import Clock
from semtel_ops.endpoints.batch_client import BatchClient, RemoteFile, RemoteJob
from semtel_ops.errors import EndpointError
from semtel_ops.humanize import duration
from semtel_ops.store.batch_ledger import BatchJob

log = logging.getLogger(__name__)

_REFUSALS = frozenset({400, 404, 409, 422, 425})
_ABOUT_A_FILE = re.compile(r"\bfile", re.IGNORECASE)
_NOT_YET = re.compile(
    r"not (?:yet |been |fully |in )*(?:a )?(?:processed|ready|available|found|uploaded|exist)"
    r"|(?:is|still|being) (?:being )?process|still|pending|in progress|no such|try again|wait",
    re.IGNORECASE,
)
_LEAST_S, _MOST_S = 1.0, 15.0
"""Bounds of the wait between two looks; each is half as long again as the one before."""
_PROCESSING = 5
"""A file that is being processed is waited for so many times longer than one that cannot be seen."""
_LEAST_PROCESSING_S = 30.0


class InputFile:
    """The input files of one endpoint's jobs, between their upload and the creation of the job."""

    def __init__(self, client: BatchClient, clock: Clock, *, settle_s: float) -> None:
        self._client = client
        self._clock = clock
        self._settle_s = settle_s
        self._retry = BatchRetry(clock)

    async def processed(self, file: RemoteFile) -> RemoteFile:
        """Wait until the provider has processed a file, as long as that takes at most; the caller finds out whether it has."""
        until, pause_s = self._clock.now() + self._processing_s, _LEAST_S
        while file.pending and self._clock.now() < until:
            await self._clock.sleep(pause_s)
            pause_s = min(_MOST_S, pause_s * 1.5)
            file = await self._look(file.id) or file
        return file

    async def accepted(self, job: BatchJob, create: Callable[[], Awaitable[RemoteJob]]) -> RemoteJob:
        """The job that `create` makes; repeated while it is refused for a file that is not ready yet.

        Raises:
            EndpointError: of `create`, or the file was still not accepted after some minutes, or is invalid.
        """
        began, pause_s = self._clock.now(), _LEAST_S
        while True:
            try:
                return await create()
            except EndpointError as error:
                patience_s = await self._patience_s(job, error)
                if patience_s is None:
                    raise
                waited_s = self._clock.now() - began
                if waited_s >= patience_s:
                    raise EndpointError(
                        f"{job.endpoint}: input file {job.input_file_id} of batch job {job.job_key} was not accepted within "
                        f"{duration(waited_s)}; nothing was submitted. Run the step again to go on with the same file. "
                        f"The provider says: {error}",
                        kind=error.kind,
                        status=error.status,
                        code=error.code,
                    ) from None
                if pause_s == _LEAST_S:
                    log.info("batch job %s: waiting for its input file at %s: %s", job.job_key, job.endpoint, error)
            await self._clock.sleep(min(pause_s, max(0.0, patience_s - waited_s)))
            pause_s = min(_MOST_S, pause_s * 1.5)

    @property
    def _processing_s(self) -> float:
        return max(_LEAST_PROCESSING_S, _PROCESSING * self._settle_s)

    async def _patience_s(self, job: BatchJob, error: EndpointError) -> float | None:
        """How long a refused creation may be repeated; None if it was refused for another reason than its file."""
        if error.status not in _REFUSALS or job.input_file_id is None:
            return None
        file = await self._look(job.input_file_id)
        if file is not None and file.rejected:
            await self._retry.call(partial(self._client.delete_file, file.id))
            raise EndpointError(
                f"{job.endpoint}: the provider finds input file {file.id} of batch job {job.job_key} invalid "
                f"({file.status}); nothing was submitted. Run the step again to upload it again. The provider says: {error}",
                kind=error.kind,
                status=error.status,
            ) from None
        if file is not None and file.pending:
            return self._processing_s
        said = str(error)
        if not (_ABOUT_A_FILE.search(said) and _NOT_YET.search(said)):
            return None
        return self._settle_s if file is None or error.status == 404 else self._processing_s

    async def _look(self, file_id: str) -> RemoteFile | None:
        """The file as the provider reports it; None if it does not."""
        try:
            return await self._retry.call(lambda: self._client.file(file_id))
        except EndpointError as error:
            log.info("%s: the state of file %s is not known: %s", self._client.endpoint.name, file_id, error)
            return None
