"""Jobs that a provider did not take, and endpoints that take none of ours: what that means for the shard. Pure."""

from collections.abc import Collection, Sequence

from semtel_ops.batch.results import REFUSED_FILE, UNUSABLE_ENDPOINT
from semtel_ops.endpoints.batch_client import RemoteFault, RemoteJob
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.store.batch_ledger import BatchJob, JobState

TOO_BIG = frozenset({"too_many_tasks", "file_too_large"})
_MISCONFIGURED = frozenset({"model_not_found", "model_mismatch", "url_mismatch", "input_no_permissions"})


def reasons_of(remote: RemoteJob) -> str:
    """Why a job failed, in the provider's words."""
    return "; ".join(map(_said, remote.faults[:3])) or "the provider gives no reason"


def _said(fault: RemoteFault) -> str:
    where = f" (line {fault.line})" if fault.line is not None else ""
    return ": ".join(filter(None, (f"{fault.code}{where}".strip(), fault.message)))


def unanswered_reason(remote: RemoteJob) -> str:
    """Why no request of a failed job has a result."""
    return UNUSABLE_ENDPOINT if any(fault.code in _MISCONFIGURED for fault in remote.faults) else REFUSED_FILE


def same_failures(job: BatchJob, jobs: Sequence[BatchJob]) -> list[BatchJob]:
    """A failed job and those of earlier rounds that failed for the same reason; empty if none did.

    Another file would be refused, too, so the shard stops.
    """
    same = [other for other in jobs if other.state is JobState.FAILED and other.message == job.message]
    return same if any(other.round < job.round for other in same) else []


def rejected_again(job: BatchJob) -> EndpointError:
    """The error that stops a shard after two rounds that failed for the same reason."""
    return EndpointError(
        f"{job.endpoint}: batch job {job.job_key} was rejected as the job before it was: {job.message}; nothing was billed. "
        "Correct the cause and run the step again",
        kind=EndpointErrorKind.BAD_REQUEST,
    )


def left_by(jobs: Sequence[BatchJob], left: Collection[str]) -> list[BatchJob]:
    """The ended jobs at endpoints that were left."""
    return [job for job in jobs if job.endpoint in left and not job.open]


def no_endpoint_left(jobs: Sequence[BatchJob]) -> EndpointError:
    """The error that stops a shard when every endpoint has refused a job for our key, account or deployment."""
    last = max(jobs, key=lambda job: (job.message is not None, job.round))
    return EndpointError(
        f"{last.endpoint}: batch job {last.job_key} was rejected: {last.message}; nothing was billed. "
        "Correct the endpoint's key, account, model or deployment and run the step again",
        kind=EndpointErrorKind.DEPLOYMENT,
    )
