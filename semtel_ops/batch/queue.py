"""The queue of a deployment: which jobs may be submitted now, and what a refusal says about its size. No I/O.

Providers bound the prompt tokens of all jobs that have not ended. Some state their limit, others only refuse, at once or
minutes later. Jobs of all runs in the same ledger take turns, the oldest first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.endpoints import Endpoint
from semtel_ops.endpoints.factory import batch_support
from semtel_ops.humanize import duration, number
from semtel_ops.store.batch_ledger import BatchJob, holds_queue

LEARNED_FOR_S = 86_400.0
"""A learned limit expires after a day, since quotas grow."""

TURN_S = 900.0
"""After this long without an attempt, an older job no longer blocks younger jobs, since its owner may be dead."""

_MOST_WAIT_S = 3_600.0
_ALONE_REFUSALS = 3
"""Refusals of a job that is alone in the queue after which it counts as too large."""
_STATED = re.compile(r"limit\D{0,20}?([\d,_]{3,})", re.IGNORECASE)


def queue_of(endpoint: Endpoint) -> str:
    """Name of the queue that a job counts against: base URL and deployment or model."""
    return f"{endpoint.base_url} {batch_support(endpoint).model(endpoint)}"


def is_token_limit(code: str | None, message: str) -> bool:
    """Whether an error reports that the queue is full."""
    text = f"{code or ''} {message}".lower()
    return "token_limit_exceeded" in text or "enqueued token limit" in text


def stated_limit(message: str) -> int | None:
    """The limit in tokens that a refusal states; None if it states none."""
    match = _STATED.search(message.replace("token_limit_exceeded", ""))
    return int(re.sub(r"\D", "", match.group(1))) if match else None


def admits(job: BatchJob, queued: Sequence[BatchJob], limit: int | None, now: float) -> str | None:
    """Return None if the job may be submitted now, otherwise the reason why it has to wait.

    An empty queue admits any job: the learned limit may be wrong, and the provider decides.

    Args:
        queued: jobs of the queue that have not ended, oldest first; may include the job itself.
        limit: of the queue in tokens, if known.
    """
    if job.not_before > now:
        return f"the queue was full; retrying in {duration(job.not_before - now)}"
    if limit is None:
        return None
    reserved = sum(other.tokens for other in queued if holds_queue(other) and other.job_key != job.job_key)
    if reserved and reserved + job.tokens > limit:
        return f"{number(reserved)} of {number(limit)} tokens in the queue are taken, this job needs {number(job.tokens)}"
    for other in queued:
        if other.job_key == job.job_key:
            break
        if (
            not holds_queue(other)
            and now - other.touched_at < TURN_S
            and reserved + other.tokens + job.tokens > limit
            and reserved
        ):
            return f"job {other.job_key} is ahead in the queue"
    return None


@dataclass(frozen=True, slots=True)
class QueueFeedback:
    """What a refusal for a full queue says about the queue.

    Attributes:
        limit: capacity of the queue in tokens, if known.
        wait_s: seconds until the next attempt.
        split: the job alone exceeds the queue and has to be divided.
    """

    limit: int | None
    wait_s: float
    split: bool


def learn(job: BatchJob, reserved: int, message: str, *, backoff_s: float, jitter: float) -> QueueFeedback:
    """Learn from the refusal of a job.

    Args:
        reserved: tokens that our other jobs have in the queue.
        message: the provider's text, which may state the limit.
        backoff_s: wait after the first refusal; it doubles with each refusal of the job.
        jitter: uniform in [0, 1).
    """
    stated = stated_limit(message)
    wait_s = min(_MOST_WAIT_S, backoff_s * 2.0**job.refusals) * (0.5 + 0.5 * jitter)
    limit = stated if stated is not None else reserved + job.tokens - 1 if reserved else None
    # Other clients may use the account, so a single refusal does not prove that a job which is alone is too large.
    alone = stated is None and not reserved and job.refusals + 1 >= _ALONE_REFUSALS
    too_big = (stated is not None and job.tokens > stated) or alone
    return QueueFeedback(limit, wait_s, too_big and job.requests > 1)
