"""Merges the results of an ended job into the journal, exactly once: download, merge, record, clean up.

Nothing is deleted before the ledger records the merge, and a second merge adds nothing to the first. A broken download is
continued, or started again if the server cannot continue. Results that are not there yet are waited for, `settle_s` at each
attempt; results that never come stop the shard, since a request whose answer is lost has been paid for.
"""

import logging
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import IO

from semtel_ops.batch.completeness import Reading, incomplete, lost
from semtel_ops.batch.job_file import format_dialect, parse_dialect, read_keys, write_unanswered
from semtel_ops.batch.result_lines import read_lines
from semtel_ops.batch.results import CANCELLED, MISSING, UNUSABLE_ENDPOINT, Merge, MergeCounts
from semtel_ops.batch.retry import BatchRetry
from semtel_ops.clock import Clock
from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.endpoints.batch_client import BatchClient, RemoteJob, RemoteStatus
from semtel_ops.errors import UNUSABLE_KINDS, EndpointError, EndpointErrorKind, ResultsLostError
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobState, datetime_of
from semtel_ops.store.files import remove
from semtel_ops.store.journal import Journal
from semtel_ops.store.journal_outcome import RequestOutcome

log = logging.getLogger(__name__)

_FLUSH_OUTCOMES = 5_000
_SPOOL_BYTES = 8 * 1024 * 1024
_NOT_COLUMNS = frozenset({"requests", "unreadable", "malformed", "unseen"})
_LOOKS = 4
"""How often results that are not complete are read again within `settle_s`."""
_NOT_THERE = frozenset({400, 404, 409, 410, 425})
"""Statuses of a download that say something about the file rather than about the server or the key."""
_CLOCK_SKEW_S = 300.0
_KEPT = "The answers may have been billed, so nothing is asked again, and its files are kept at the provider"
_FIX = "Run the step again once the results can be read, or give them up with `semtel batch give-up`: see its help"

Failed = Callable[[Sequence[tuple[EndpointError, int]]], object]
"""Takes the first error of each kind, and how many there are."""


class Collector:
    """Collects the results of one endpoint's jobs into the journal of one shard."""

    def __init__(
        self,
        client: BatchClient,
        ledger: BatchLedger,
        journal: Journal,
        *,
        clock: Clock,
        settle_s: float = 60.0,
        failed: Failed = lambda _: None,
    ) -> None:
        """`failed` is told what kinds of errors the results of a job have, once for each job."""
        self._client = client
        self._ledger = ledger
        self._journal = journal
        self._clock = clock
        self._settle_s = settle_s
        self._retry = BatchRetry(clock)
        self._tell_failed = failed

    async def collect(self, job: BatchJob, remote: RemoteJob, *, repeated: bool = False) -> BatchJob:
        """Merge the results of an ended job and clean up; returns the job in state `collected`.

        Args:
            repeated: all its requests were in an earlier job, and the endpoint has answered others of the shard. Results that
                cannot be read are then a property of these requests, which end as missing.

        Raises:
            ResultsLostError: the job may have been billed, and its results do not come or cannot be read. Its files are kept.
            EndpointError: results cannot be downloaded now. Nothing is lost; call again.
            ReconciliationError: the results do not account for every request exactly once.
            JobOwnershipLostError: another process has taken the job over.
        """
        remote, merge, reading = await self._settled(job, remote)
        self._journal.flush()
        why = lost(remote, reading)
        if why is not None and (reading.unavailable or not repeated):
            raise self._lost(job, remote, why)
        tally = merge.finish(job.job_key, remote.status)
        _warn(job, remote, tally)
        if merge.errors:
            self._tell_failed(list(merge.errors.values()))
        reasons = set(merge.unanswered.values())
        if not repeated and len(merge.unanswered) == tally.requests and reasons <= _REFUSED_ENDPOINT:
            merge.unanswered = dict.fromkeys(merge.unanswered, UNUSABLE_ENDPOINT)
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
            finished_at=datetime_of(self._ended_at(job, remote)),
            message=(merge.refusal or merge.problem) if UNUSABLE_ENDPOINT in merge.unanswered.values() else None,
            **{**counts, "cost_usd": cost_usd(self._client.endpoint, tally, remote)},
        )
        return await self.clean_up(job)

    def give_up(self, job: BatchJob, state: JobState, reason: str, message: str | None) -> BatchJob:
        """Record all requests of a job that processed none as unanswered, for the given reason; nothing was billed."""
        return give_up(job, self._ledger, state, reason, message, clock=self._clock)

    async def clean_up(self, job: BatchJob) -> BatchJob:
        """Delete a merged job's files, here and at the provider. Files that cannot be deleted now can be tried again."""
        return await clean_up(job, self._client, self._ledger, clock=self._clock)

    async def _settled(self, job: BatchJob, remote: RemoteJob) -> tuple[RemoteJob, Merge, Reading]:
        """Read the results until they are complete, or `settle_s` has passed; returns the last reading."""
        merge, reading = await self._read(job, remote)
        for look in range(_LOOKS):
            why = incomplete(remote, reading)
            if why is None:
                break
            if look == 0:
                log.info("batch job %s (%s): waiting for its results: %s", job.job_key, remote.id, why)
            await self._clock.sleep(self._settle_s / _LOOKS)
            remote = await self._retry.call(lambda: self._client.retrieve(job.provider_id or ""))
            merge, reading = await self._read(job, remote)
        return remote, merge, reading

    async def _read(self, job: BatchJob, remote: RemoteJob) -> tuple[Merge, Reading]:
        """Merge the files that a job names now. What they answer goes to the journal, which takes each answer once."""
        merge = Merge(
            endpoint=self._client.endpoint,
            dialect=parse_dialect(job.dialect),
            run_id=job.run_id,
            keys=read_keys(job.keys_url),
            known=lambda key: self._journal.get(key) is not None,
            keep=self._keep,
            now=self._clock.now(),
            typical_input_tokens=job.tokens // max(job.requests, 1),
        )
        reading = Reading(len(merge.keys))
        for file_id in (remote.output_file_id, remote.error_file_id):
            if file_id is not None:
                reading = await self._merge_file(merge, file_id, reading)
        return merge, replace(
            reading, lines=merge.lines, seen=len(merge.seen), understood=merge.understood, problem=merge.problem
        )

    async def _merge_file(self, merge: Merge, file_id: str, reading: Reading) -> Reading:
        named = reading.named + 1
        # Most files are small and stay in memory; larger files are on disk while they are read.
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES, prefix="semtel-batch-") as spool:
            sink: IO[bytes] = spool
            try:
                await self._retry.call(lambda: self._client.download(file_id, sink))
            except EndpointError as error:
                if error.status not in _NOT_THERE:
                    raise
                return replace(reading, named=named, unavailable=f"file {file_id} cannot be downloaded: {error}")
            sink.seek(0)
            lines = read_lines(sink)
            merge.add(lines)
        return replace(reading, named=named, cut=reading.cut or lines.cut)

    def _keep(self, outcome: RequestOutcome) -> None:
        self._journal.add(outcome)
        if self._journal.pending >= _FLUSH_OUTCOMES:
            self._journal.flush()

    def _lost(self, job: BatchJob, remote: RemoteJob, why: str) -> ResultsLostError:
        """Note in the ledger where the results should be, and return the error that stops the shard."""
        self._ledger.move(
            job,
            job.state,
            now=self._clock.now(),
            output_file_id=remote.output_file_id,
            error_file_id=remote.error_file_id,
            provider_status=remote.status.value,
            message=why,
        )
        return ResultsLostError(
            f"{job.endpoint}: batch job {job.job_key} ({remote.id}) is {remote.status}, but {why}. {_KEPT}. {_FIX}",
            kind=EndpointErrorKind.MALFORMED,
        )

    def _ended_at(self, job: BatchJob, remote: RemoteJob) -> float:
        """When the provider ended the job, if what it says is plausible; otherwise now."""
        now = self._clock.now()
        submitted = job.submitted_at.timestamp() if job.submitted_at else job.created_at
        ended = remote.ended_at
        return min(ended, now) if ended is not None and submitted <= ended <= now + _CLOCK_SKEW_S else now


_REFUSED_ENDPOINT = frozenset({UNUSABLE_ENDPOINT, *(kind.value for kind in UNUSABLE_KINDS)})


def cost_usd(endpoint: Endpoint, tally: MergeCounts, remote: RemoteJob) -> float | None:
    """What a job cost, with answers that were billed and are lost; None if that is unknown.

    Lost answers cost what the provider's sum of tokens says, otherwise as much as the job's other answers on average.
    """
    unpriced = tally.unpriced(remote)
    if not unpriced or tally.cost_usd is None:
        return tally.cost_usd
    if endpoint.price is not None and remote.input_tokens:
        return max(tally.cost_usd, endpoint.price.cost_usd(remote.input_tokens, remote.output_tokens or 0, Lane.BATCH))
    return tally.cost_usd * (1 + unpriced / tally.answered) if tally.answered else None


def give_up(job: BatchJob, ledger: BatchLedger, state: JobState, reason: str, message: str | None, *, clock: Clock) -> BatchJob:
    """Record all requests of a job as unanswered, for the given reason; only `MISSING` ones may have been billed."""
    keys = read_keys(job.keys_url)
    url = write_unanswered(job.keys_url.replace(".keys.", ".unanswered."), dict.fromkeys(keys, reason))
    column = {CANCELLED: "expired", MISSING: "missing"}.get(reason, "failed")
    counts = {name: len(keys) if name == column else 0 for name in ("expired", "missing", "failed")}
    return ledger.move(
        job,
        state,
        now=clock.now(),
        unanswered_url=url,
        answered=0,
        refused=0,
        duplicates=0,
        foreign_lines=0,
        input_tokens=0,
        output_tokens=0,
        cost_usd=None if reason == MISSING else 0.0,
        message=message,
        finished_at=datetime_of(clock.now()),
        **counts,
    )


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
