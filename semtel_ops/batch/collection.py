"""Merges the results of an ended job into the journal, exactly once: download, merge, record, clean up.

Nothing is deleted before the ledger records the merge, and a second merge adds nothing to the first. A broken download is
continued, or started again if the server cannot continue; the requests of a file that no longer exists count as missing.
"""

import logging
import tempfile
from dataclasses import asdict
from functools import partial
from typing import IO

from semtel_ops.batch.job_file import format_dialect, parse_dialect, read_keys, write_unanswered
from semtel_ops.batch.results import CANCELLED, Merge, MergeCounts, read_lines
from semtel_ops.batch.retry import BatchRetry
from semtel_ops.clock import Clock
from semtel_ops.endpoints.batch_client import BatchClient, RemoteJob, RemoteStatus
from semtel_ops.errors import EndpointError
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobState, datetime_of
from semtel_ops.store.files import remove
from semtel_ops.store.journal import Journal, RequestOutcome

log = logging.getLogger(__name__)

_FLUSH_OUTCOMES = 5_000
_SPOOL_BYTES = 8 * 1024 * 1024
_NOT_COLUMNS = frozenset({"requests", "unreadable"})


class Collector:
    """Collects the results of one endpoint's jobs into the journal of one shard."""

    def __init__(self, client: BatchClient, ledger: BatchLedger, journal: Journal, *, clock: Clock) -> None:
        self._client = client
        self._ledger = ledger
        self._journal = journal
        self._clock = clock
        self._retry = BatchRetry(clock)

    async def collect(self, job: BatchJob, remote: RemoteJob) -> BatchJob:
        """Merge the results of an ended job and clean up; returns the job in state `collected`.

        Raises:
            EndpointError: results cannot be downloaded now. Nothing is lost; call again.
            ReconciliationError: the results do not account for every request exactly once.
            JobOwnershipLostError: another process has taken the job over.
        """
        merge = Merge(
            endpoint=self._client.endpoint,
            dialect=parse_dialect(job.dialect),
            run_id=job.run_id,
            keys=read_keys(job.keys_url),
            known=lambda key: self._journal.get(key) is not None,
            keep=self._keep,
            now=self._clock.now(),
        )
        for file_id in (remote.output_file_id, remote.error_file_id):
            if file_id is not None:
                await self._merge_file(merge, file_id)
        tally = merge.finish(job.job_key, remote.status)
        self._journal.flush()
        _warn(job, remote, tally)
        url = write_unanswered(job.keys_url.replace(".keys.", ".unanswered."), merge.unanswered)
        counts = {name: value for name, value in asdict(tally).items() if name not in _NOT_COLUMNS}
        job = self._ledger.move(
            job,
            JobState.COLLECTED,
            now=self._clock.now(),
            unanswered_url=url,
            next_dialect=format_dialect(merge.next_dialect) if merge.next_dialect else None,
            output_file_id=remote.output_file_id,
            error_file_id=remote.error_file_id,
            provider_status=remote.status.value,
            finished_at=datetime_of(self._clock.now()),
            **counts,
        )
        return await self.clean_up(job)

    def give_up(self, job: BatchJob, state: JobState, reason: str, message: str | None) -> BatchJob:
        """Record all requests of a job that processed none as unanswered, for the given reason; nothing was billed."""
        keys = read_keys(job.keys_url)
        url = write_unanswered(job.keys_url.replace(".keys.", ".unanswered."), dict.fromkeys(keys, reason))
        counts = {"expired": len(keys), "failed": 0} if reason == CANCELLED else {"expired": 0, "failed": len(keys)}
        return self._ledger.move(
            job,
            state,
            now=self._clock.now(),
            unanswered_url=url,
            answered=0,
            refused=0,
            missing=0,
            duplicates=0,
            foreign_lines=0,
            input_tokens=0,
            output_tokens=0,
            cost_usd=0.0,
            message=message,
            finished_at=datetime_of(self._clock.now()),
            **counts,
        )

    async def clean_up(self, job: BatchJob) -> BatchJob:
        """Delete a merged job's files, here and at the provider. Files that cannot be deleted now can be tried again."""
        return await clean_up(job, self._client, self._ledger, clock=self._clock)

    def _keep(self, outcome: RequestOutcome) -> None:
        self._journal.add(outcome)
        if self._journal.pending >= _FLUSH_OUTCOMES:
            self._journal.flush()

    async def _merge_file(self, merge: Merge, file_id: str) -> None:
        # Most files are small and stay in memory; larger files are on disk while they are read.
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES, prefix="semtel-batch-") as spool:
            sink: IO[bytes] = spool
            try:
                await self._retry.call(lambda: self._client.download(file_id, sink))
            except EndpointError as error:
                if error.status != 404:
                    raise
                log.warning("%s: result file %s no longer exists; its requests count as missing", merge.endpoint.name, file_id)
                return
            sink.seek(0)
            merge.add(read_lines(sink))


async def clean_up(job: BatchJob, client: BatchClient, ledger: BatchLedger, *, clock: Clock) -> BatchJob:
    """Delete the files of a job that is merged or was never processed.

    Ids of files that cannot be deleted at the provider stay in the job's row, with a warning.
    """
    retry = BatchRetry(clock)
    ids = {name: getattr(job, name) for name in ("input_file_id", "output_file_id", "error_file_id")}
    remaining: dict[str, str | None] = dict.fromkeys(ids)
    for name, file_id in ids.items():
        if file_id is None:
            continue
        try:
            await retry.call(partial(client.delete_file, file_id))
        except EndpointError as error:
            remaining[name] = file_id
            log.warning(
                "%s: file %s of batch job %s could not be deleted at the provider: %s",
                job.endpoint,
                file_id,
                job.job_key,
                error,
            )
    remove(job.input_url)
    return ledger.move(job, job.state, now=clock.now(), **remaining)


def _warn(job: BatchJob, remote: RemoteJob, tally: MergeCounts) -> None:
    """Warn of missing, duplicate, foreign and unreadable lines, and of a job that did not complete."""
    anomalies = {
        name: getattr(tally, name) for name in ("missing", "duplicates", "foreign_lines", "unreadable") if getattr(tally, name)
    }
    if anomalies:
        counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in anomalies.items())
        log.warning(
            "batch job %s (%s): %s; the provider counts %s completed", job.job_key, remote.id, counts, remote.completed
        )  # fmt: skip
    if remote.status is not RemoteStatus.COMPLETED:
        answered = f"{tally.answered} of {tally.requests} requests answered"
        log.warning("batch job %s (%s) is %s: %s", job.job_key, remote.id, remote.status, answered)
