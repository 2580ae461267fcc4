"""Room in a deployment's queue: who may be submitted now, and what a refusal teaches. Pure.

Providers bound the prompt tokens of all jobs that have not ended. Some say their limit, some only refuse, at once or minutes
later. Jobs of all runs that share the ledger wait their turn, the oldest first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.endpoints import Endpoint
from semtel_ops.endpoints.factory import batch_support
from semtel_ops.humanize import duration, number
from semtel_ops.store.batch_ledger import BatchJob, holds_queue

LEARNED_FOR_S = 86_400.0
"""A limit found out is believed for a day: quotas grow."""

TURN_S = 900.0
"""An older job that has not tried for its place for so long gives up its turn, not its place: its owner may be dead."""

_MOST_WAIT_S = 3_600.0
_ALONE_REFUSALS = 3
_STATED = re.compile(r"limit\D{0,20}?([\d,_]{3,})", re.IGNORECASE)


def queue_of(endpoint: Endpoint) -> str:
    """Whose enqueued-token limit a job counts against: one account's address and one deployment or model."""
    return f"{endpoint.base_url} {batch_support(endpoint).model(endpoint)}"


def is_token_limit(code: str | None, message: str) -> bool:
    """Whether a refusal speaks of the queue being full."""
    text = f"{code or ''} {message}".lower()
    return "token_limit_exceeded" in text or "enqueued token limit" in text


def stated_limit(message: str) -> int | None:
    """The limit a refusal names, if it does."""
    found = _STATED.search(message.replace("token_limit_exceeded", ""))
    return int(re.sub(r"\D", "", found.group(1))) if found else None


def admits(job: BatchJob, queued: Sequence[BatchJob], limit: int | None, now: float) -> str | None:
    """None when the job may take its room now, otherwise why it waits.

    An empty queue takes any job: a limit may have been learned wrong, and the provider has the last word.
    """
    if job.not_before > now:
        return f"the queue was full; tried again in {duration(job.not_before - now)}"
    if limit is None:
        return None
    held = sum(other.tokens for other in queued if holds_queue(other) and other.job_key != job.job_key)
    if held and held + job.tokens > limit:
        return f"the queue holds {number(held)} of {number(limit)} tokens, this job needs {number(job.tokens)}"
    for other in queued:
        if other.job_key == job.job_key:
            break
        if not holds_queue(other) and now - other.touched_at < TURN_S and held + other.tokens + job.tokens > limit and held:
            return f"job {other.job_key} was here before"
    return None


@dataclass(frozen=True, slots=True)
class QueueFeedback:
    """What a full queue teaches.

    Attributes:
        limit: what the queue holds, if that can be told.
        wait_s: until the next try.
        split: the job alone is more than the queue holds; smaller ones have to take its place.
    """

    limit: int | None
    wait_s: float
    split: bool


def learn(job: BatchJob, held: int, message: str, *, backoff_s: float, jitter: float) -> QueueFeedback:
    """From the refusal of a job while others of ours held `held` tokens. `jitter` is uniform in [0, 1)."""
    stated = stated_limit(message)
    wait_s = min(_MOST_WAIT_S, backoff_s * 2.0**job.refusals) * (0.5 + 0.5 * jitter)
    limit = stated if stated is not None else held + job.tokens - 1 if held else None
    # Who else uses the account we do not see: alone and refused again and again, the job must be too big.
    alone = stated is None and not held and job.refusals + 1 >= _ALONE_REFUSALS
    too_big = (stated is not None and job.tokens > stated) or alone
    return QueueFeedback(limit, wait_s, too_big and job.requests > 1)
