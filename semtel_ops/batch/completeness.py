"""Whether the results of an ended job are all there, may still come, or are lost. Pure: from what a job says and what was read.

Providers say that a job has ended before its files are named, can be downloaded or are whole. Answers that a provider has given
are billed, so a job without readable results is never taken for one whose requests were not answered.
"""

from dataclasses import dataclass

from semtel_ops.endpoints.batch_client import RemoteJob, RemoteStatus
from semtel_ops.humanize import count, number

_MISSING_SHARE = 0.5
"""Results that the provider counts and its files lack, as a share: up to this, they are asked again, though they may have been
billed; beyond, a person decides."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reading of a job's result files came to.

    Attributes:
        requests: requests of the job.
        named: result files that the job names.
        unavailable: why a named file cannot be downloaded; None if all were.
        lines: lines in them.
        seen: requests with a line.
        understood: requests whose line has a reply or an error.
        cut: whether a file ended within a line.
        problem: what is wrong with the first line that is no reply.
    """

    requests: int
    named: int = 0
    unavailable: str | None = None
    lines: int = 0
    seen: int = 0
    understood: int = 0
    cut: bool = False
    problem: str | None = None


def incomplete(remote: RemoteJob, reading: Reading) -> str | None:
    """What is missing in the results of an ended job, and may still come; None if nothing is."""
    expected = _expected(remote, reading)
    if reading.seen >= reading.requests or reading.seen >= expected > 0:
        return None
    if reading.unavailable:
        return reading.unavailable
    if expected and not reading.named:
        return "the job names no result file"
    if reading.lines and not reading.seen:
        return f"none of {count(reading.lines, 'line')} in its result files is a result of this job"
    if reading.cut:
        return "a result file ends within a line"
    if reading.seen < expected:
        return f"its result files have {number(reading.seen)} of {count(expected, 'result')}"
    return None


def lost(remote: RemoteJob, reading: Reading) -> str | None:
    """Why the results of an ended job cannot be used, after waiting for them; None if at least some can.

    Requests without a line in files that have most of them are not lost: they are missing, and may be asked again.
    """
    expected = _expected(remote, reading)
    if reading.seen >= reading.requests or reading.seen >= expected > 0:
        return _unreadable(reading)
    if reading.unavailable:
        return reading.unavailable
    if reading.seen:
        return _unreadable(reading) or _cut_short(remote, expected, reading)
    if reading.lines:
        return f"none of {count(reading.lines, 'line')} in its result files is a result of this job"
    if not expected or remote.status is RemoteStatus.CANCELLED:
        return None  # a cancelled job is not asked again
    answered = "" if remote.processed is None else f", although it reports {count(remote.processed, 'answer')}"
    return f"the job names no result file{answered}" if not reading.named else f"its result files are empty{answered}"


def _unreadable(reading: Reading) -> str | None:
    if reading.understood:
        return None
    return f"none of {count(reading.seen, 'result')} can be read; the first: {reading.problem or 'unknown'}"


def _cut_short(remote: RemoteJob, expected: int, reading: Reading) -> str | None:
    if remote.status is RemoteStatus.CANCELLED or expected - reading.seen <= _MISSING_SHARE * expected:
        return None
    return f"its result files have {number(reading.seen)} of {count(expected, 'result')}"


def _expected(remote: RemoteJob, reading: Reading) -> int:
    """Results that the files should have, by the provider's counts or, without counts, because the job has completed."""
    if remote.processed is not None and (remote.processed or remote.total):
        return min(remote.processed, reading.requests)
    # Counts of nothing but zeros are no counts.
    return reading.requests if remote.status is RemoteStatus.COMPLETED else 0
