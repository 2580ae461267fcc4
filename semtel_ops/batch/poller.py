"""Polls submitted jobs when `polling.decide` says so; used by triggers, tasks and the shell."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from semtel_ops.batch.polling import Action, PollPolicy, Watch, after_cancel, after_error, after_success, decide, next_poll_at
from semtel_ops.clock import Clock
from semtel_ops.endpoints.batch_client import BatchClient
from semtel_ops.errors import EndpointError
from semtel_ops.humanize import count, number, rough_duration, words

log = logging.getLogger(__name__)

ClientOf = Callable[[str], BatchClient]
"""Endpoint name → its client."""


async def poll_due(watches: Iterable[Watch], client_of: ClientOf, clock: Clock, policy: PollPolicy) -> list[Watch]:
    """Poll or cancel the jobs for which that is due; the others are returned unchanged.

    Errors of the provider are logged and recorded in the watch, never raised.
    """
    return [await _poll(watch, client_of, clock, policy) for watch in watches]


async def _poll(watch: Watch, client_of: ClientOf, clock: Clock, policy: PollPolicy) -> Watch:
    action = decide(watch, clock.now(), policy).action
    if action not in {Action.POLL, Action.CANCEL}:
        return watch
    client = client_of(watch.endpoint)
    try:
        if action is Action.CANCEL:
            await asyncio.to_thread(client.cancel, watch.provider_id)
            watch = after_cancel(watch, clock.now())
        remote = await asyncio.to_thread(client.retrieve, watch.provider_id)
    except EndpointError as error:
        log.warning("batch job %s could not be polled: %s", watch.job_key, error)
        return after_error(watch, error, clock.now())
    if remote.status is not watch.status or remote.completed != watch.completed:
        counts = "" if remote.completed is None else f", {remote.completed} of {remote.total} requests"
        log.info("batch job %s (%s): %s%s", watch.job_key, watch.provider_id, remote.state, counts)
    return after_success(watch, remote, clock.now())


def describe_jobs(watches: Sequence[Watch], now: float, policy: PollPolicy, *, waiting: int = 0) -> str:
    """Describe jobs in a line: by state, requests answered, the age of the oldest job, and when the next poll is due.

    Args:
        watches: submitted jobs.
        now: seconds since 1970.
        waiting: number of jobs that are not submitted yet.
    """
    parts = [_jobs(watches, waiting)]
    if watches:
        parts.append(_requests(watches))
        age = now - min(watch.submitted_at for watch in watches)
        parts.append(f"first submitted {rough_duration(max(0.0, age))} ago")
    parts += [f"polling {watch.provider_id} fails: {watch.problem}" for watch in watches if watch.failures][:1]
    running = [watch for watch in watches if not watch.status.ended]
    if running:
        parts.append(f"next poll in {rough_duration(max(0.0, min(next_poll_at(watch, policy) for watch in running) - now))}")
    return "; ".join(parts)


def _jobs(watches: Sequence[Watch], waiting: int) -> str:
    states = [f"{number(n)} {words(status)}" for status, n in Counter(watch.status for watch in watches).items()]
    if waiting:
        states.append(f"{waiting} not submitted yet")
    return f"batch jobs: {', '.join(states) or 'none'}"


def _requests(watches: Sequence[Watch]) -> str:
    """Requests by the counts of providers; some providers do not count until a job has ended."""
    counted = [watch for watch in watches if watch.completed is not None and watch.total is not None]
    if not counted:
        return "no request counts yet"
    done, total = sum(watch.completed or 0 for watch in counted), sum(watch.total or 0 for watch in counted)
    failed = sum(watch.failed or 0 for watch in counted)
    return f"{number(done)} of {count(total, 'request')} answered" + (f", {number(failed)} failed" if failed else "")
