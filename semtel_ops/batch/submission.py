"""Takes a job from intent to submission. No job is created twice or lost, whatever crashes.

    intent ──reserve──▶ uploading ──upload──▶ uploaded ──▶ creating ──create──▶ submitted
                           │ after a crash:                   │ after a crash or a lost reply:
                           │ look for the file by its name    │ look for the job by its metadata

Every transition is written to the ledger before the next call is made. `uploading` and `creating` are written before their
call, so a process that finds a job in these states looks at the provider first. Providers list a new job with a delay: only a
job that has not appeared for `settle_s` counts as not created. They also process an uploaded file for a while before a job may
use it: a creation that was refused for its file is repeated (`input_file`). A process whose job was taken over stops at its
next write.
"""

import logging
import random
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import IO

import fsspec

from semtel_ops.batch.input_file import InputFile
from semtel_ops.batch.job_file import check_input
from semtel_ops.batch.queue import LEARNED_FOR_S, admits, is_token_limit, learn
from semtel_ops.batch.retry import BatchRetry, was_refused
from semtel_ops.clock import Clock
from semtel_ops.endpoints.batch_client import BatchClient, RemoteFile, RemoteJob, RemoteStatus
from semtel_ops.errors import DamagedFileError, EndpointError, EndpointErrorKind
from semtel_ops.humanize import count, duration
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobState, datetime_of

log = logging.getLogger(__name__)

JOB_KEY = "semtel_job"
FINGERPRINT = "semtel_fingerprint"
"""Keys in the metadata of every submitted job, by which an orphaned job is recognized."""

_CLOCK_SKEW_S = 3_600.0
"""How far the provider's clock may be behind ours."""
_CREATE_TRIES = 4
_ALREADY = re.compile(r"HTTP 409\b.*\b(?:already exists|duplicate)", re.IGNORECASE)

# After these errors, the upload or creation may have happened.
_UNSURE = frozenset(
    {
        EndpointErrorKind.CONNECTION,
        EndpointErrorKind.TIMEOUT,
        EndpointErrorKind.SERVER_ERROR,
        EndpointErrorKind.OVERLOADED,
        EndpointErrorKind.MALFORMED,
    }
)


@dataclass(frozen=True, slots=True)
class SubmitPolicy:
    """Waiting times of a submission, as `settings.pipeline.BatchConfig` describes them."""

    backoff_s: float = 30.0
    settle_s: float = 60.0


class Submitter:
    """Advances the jobs of one endpoint as far as possible now."""

    def __init__(
        self,
        client: BatchClient,
        ledger: BatchLedger,
        *,
        clock: Clock,
        policy: SubmitPolicy | None = None,
        seed: int | None = None,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._policy = policy or SubmitPolicy()
        self._retry = BatchRetry(clock)
        self._input = InputFile(client, clock, settle_s=self._policy.settle_s)
        self._rng = random.Random(seed)

    async def advance(self, job: BatchJob) -> BatchJob:
        """Advance a job to `submitted`, as far as possible now.

        The job stays `intent` or `waiting` if the queue is full, and becomes `split` if it is too large for the provider.

        Raises:
            EndpointError: the provider refuses the job or does not answer. After an error without a status, the job may have
                been submitted: call `advance` again; do not plan the requests again.
            JobOwnershipLostError: another process has taken the job over.
        """
        job = self._ledger.claim(job, now=self._now())
        initial_state = job.state  # of an earlier attempt, which may have crashed
        if job.state in {JobState.INTENT, JobState.WAITING}:
            job = await self._reserve(job)
        if job.state is JobState.UPLOADING:
            try:
                check_input(job.input_url, job.keys_url)
                file = await self._upload(job, look_first=initial_state is JobState.UPLOADING)
            except DamagedFileError as error:
                log.warning("batch job %s: %s; its requests are planned again", job.job_key, error)
                return self._move(job, JobState.SPLIT, message=str(error))
            except EndpointError as error:
                if error.status != 413 or job.requests == 1:
                    raise
                return self._move(job, JobState.SPLIT, message=str(error))
            job = self._move(job, JobState.UPLOADED, input_file_id=file.id)
            if file.pending:
                await self._input.processed(file)
        if job.state is JobState.UPLOADED:
            job = self._move(job, JobState.CREATING)
        if job.state is JobState.CREATING:
            job = await self._create(job, look_first=initial_state is JobState.CREATING)
        return job

    async def refused_later(self, job: BatchJob, remote: RemoteJob) -> BatchJob:
        """Handle a submitted job that failed in validation because the queue was full: it waits, and its file is kept."""
        return self._wait_or_split(job, " ".join(fault.message for fault in remote.faults))

    async def withdraw(self, job: BatchJob) -> BatchJob:
        """Delete the uploaded file of a job that is not submitted; if the job turns out to be submitted, return it as such."""
        job = self._ledger.claim(job, now=self._now())
        if job.state is JobState.CREATING:
            remote = await self._find_job(job)
            if remote is not None:
                return self._submitted(job, remote)
        if job.state is JobState.UPLOADING or job.input_file_id:
            for file in await self._files_of(job):
                await self._retry.call(partial(self._client.delete_file, file.id))
        return job

    async def _reserve(self, job: BatchJob) -> BatchJob:
        """Reserve queue capacity, or record why the job has to wait."""
        next_state = JobState.UPLOADED if job.input_file_id else JobState.UPLOADING
        before, last_reason = job.state, job.message
        job, reason = self._try_reserve(job, next_state)
        if reason is not None and await self._freed(job):
            job, reason = self._try_reserve(job, next_state)
        if reason is not None and reason != last_reason:
            log.info("batch job %s is waiting for capacity at %s: %s", job.job_key, job.endpoint, reason)
        assert reason is None or job.state is before
        return job

    def _try_reserve(self, job: BatchJob, next_state: JobState) -> tuple[BatchJob, str | None]:
        now = self._now()
        configured = self._client.endpoint.limits.enqueued_tokens
        return self._ledger.reserve(
            job,
            next_state,
            now=now,
            admits=lambda current, queued, learned: admits(current, queued, configured or learned, now),
            learned_since=now - LEARNED_FOR_S,
        )

    async def _freed(self, job: BatchJob) -> bool:
        """Whether a job of the queue, perhaps of a dead run, has ended without having been recorded as ended; records it."""
        freed = False
        for other in self._ledger.submitted_in(job.queue):
            try:
                remote = await self._retry.call(partial(self._client.retrieve, other.provider_id or ""))
            except EndpointError:
                continue
            if remote.status.ended:
                self._ledger.note_end(other, remote.status, now=self._now())
                freed = True
        return freed

    async def _upload(self, job: BatchJob, *, look_first: bool) -> RemoteFile:
        while True:
            if look_first:
                existing = await self._uploaded_file(job)
                if existing is not None:
                    return existing
            try:
                return await self._retry.call(lambda: self._send(job), again=was_refused)
            except EndpointError as error:
                if error.kind not in _UNSURE or look_first:
                    raise
                look_first = True

    def _send(self, job: BatchJob) -> RemoteFile:
        opened: AbstractContextManager[IO[bytes]] = fsspec.open(job.input_url, "rb")
        with opened as file:
            return self._client.upload(file, job.input_name)

    async def _uploaded_file(self, job: BatchJob) -> RemoteFile | None:
        """A complete earlier upload of the job's file, if any; incomplete uploads and copies are deleted."""
        complete = None
        for file in await self._files_of(job):
            if complete is None and file.size_bytes == job.bytes:
                complete = file
            else:
                await self._retry.call(partial(self._client.delete_file, file.id))
        return complete

    async def _files_of(self, job: BatchJob) -> list[RemoteFile]:
        """The provider's files that have the name of the job's input file."""
        since = job.created_at - _CLOCK_SKEW_S

        def look() -> list[RemoteFile]:
            files = (file for file in self._client.files() if file.name == job.input_name)
            return [file for file in files if file.created_at >= since or not file.created_at]

        return await self._retry.call(look)

    async def _create(self, job: BatchJob, *, look_first: bool) -> BatchJob:
        create = partial(self._client.create, job.input_file_id or "", {JOB_KEY: job.job_key, FINGERPRINT: job.fingerprint})
        for _ in range(_CREATE_TRIES):
            if look_first:
                remote = await self._find_job(job)
                if remote is not None:
                    log.warning("batch job %s was already submitted as %s; continuing with that job", job.job_key, remote.id)
                    return self._submitted(job, remote)
                job = self._move(job, JobState.CREATING)
            try:
                # After a refusal for rate, no job was created; after less certain errors, the next attempt looks first.
                remote = await self._input.accepted(job, lambda: self._retry.call(create, again=was_refused))
            except EndpointError as error:
                if is_token_limit(error.code, str(error)):
                    return self._wait_or_split(job, str(error))
                # A conflict may be with the job that a lost attempt created.
                if error.kind not in _UNSURE and not _ALREADY.search(str(error)):
                    # The file may have been deleted: the next attempt looks it up by name.
                    self._move(job, JobState.UPLOADING, input_file_id=None, message=str(error))
                    raise
                look_first = True
            else:
                return self._submitted(job, remote)
        raise EndpointError(
            f"{job.endpoint}: batch job {job.job_key} could not be submitted in {_CREATE_TRIES} attempts. "
            "The provider may have created it: run the same step again, which looks for the job before creating another",
            kind=EndpointErrorKind.CONNECTION,
        )

    async def _find_job(self, job: BatchJob) -> RemoteJob | None:
        """The provider's job with this key, if any; waits until `settle_s` has passed for it to appear."""
        remote = await self._look_up(job)
        wait_s = job.touched_at + self._policy.settle_s - self._now()
        if remote is None and wait_s > 0:
            await self._clock.sleep(wait_s)
            remote = await self._look_up(job)
        return remote

    async def _look_up(self, job: BatchJob) -> RemoteJob | None:
        since = job.created_at - _CLOCK_SKEW_S

        def look() -> RemoteJob | None:
            for remote in self._client.jobs():
                if 0 < remote.created_at < since:
                    return None
                if _is_job(remote, job):
                    return remote
            return None

        return await self._retry.call(look)

    def _submitted(self, job: BatchJob, remote: RemoteJob) -> BatchJob:
        log.info("batch job %s submitted to %s as %s: %s", job.job_key, job.endpoint, remote.id, count(job.requests, "request"))
        return self._move(
            job,
            JobState.SUBMITTED,
            provider_id=remote.id,
            provider_status=remote.status.value,
            submitted_at=datetime_of(self._now()),
            message=None,
        )

    def _wait_or_split(self, job: BatchJob, message: str) -> BatchJob:
        now = self._now()
        reserved = self._ledger.held_tokens(job.queue, now=now, but=job.job_key)
        feedback = learn(job, reserved, message, backoff_s=self._policy.backoff_s, jitter=self._rng.random())
        if feedback.limit is not None:
            self._ledger.learn_limit(job.queue, feedback.limit, now=now)
        if feedback.split:
            log.warning("batch job %s exceeds what %s accepts at once; it will be split", job.job_key, job.endpoint)
            return self._move(job, JobState.SPLIT, refusals=job.refusals + 1, provider_id=None, message=message)
        log.info("the queue of %s is full; batch job %s waits %s", job.endpoint, job.job_key, duration(feedback.wait_s))
        return self._move(
            job,
            JobState.WAITING,
            refusals=job.refusals + 1,
            not_before=now + feedback.wait_s,
            provider_id=None,
            message=message,
        )

    def _move(self, job: BatchJob, state: JobState, **changes: object) -> BatchJob:
        return self._ledger.move(job, state, now=self._now(), **changes)

    def _now(self) -> float:
        return self._clock.now()


def _is_job(remote: RemoteJob, job: BatchJob) -> bool:
    """Whether a provider's job is this job. A job that failed in validation does not count, since it processed nothing."""
    if remote.status is RemoteStatus.FAILED:
        return False
    if JOB_KEY not in remote.metadata:
        # A server that does not keep metadata; the input file is of this job alone.
        return remote.input_file_id is not None and remote.input_file_id == job.input_file_id
    return remote.metadata.get(JOB_KEY) == job.job_key and remote.metadata.get(FINGERPRINT) == job.fingerprint
