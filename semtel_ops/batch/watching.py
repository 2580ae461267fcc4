"""Looking at submitted jobs as `polling.decide` says: what a trigger, a task and a shell all do."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from semtel_ops.batch.polling import Action, PollPolicy, Watch, cancel_asked, decide, seen, unseen
from semtel_ops.clock import Clock
from semtel_ops.endpoints.batch_client import BatchClient
from semtel_ops.errors import EndpointError

log = logging.getLogger(__name__)

ClientOf = Callable[[str], BatchClient]
"""Endpoint name → its client."""


async def look_at(watches: Iterable[Watch], client_of: ClientOf, clock: Clock, policy: PollPolicy) -> list[Watch]:
    """Every watch after what is due for it now; those that wait come back as they are. Never raises for the provider's sake."""
    return [await _look(watch, client_of, clock, policy) for watch in watches]


async def _look(watch: Watch, client_of: ClientOf, clock: Clock, policy: PollPolicy) -> Watch:
    action = decide(watch, clock.now(), policy).action
    if action not in {Action.POLL, Action.CANCEL}:
        return watch
    client = client_of(watch.endpoint)
    try:
        if action is Action.CANCEL:
            await asyncio.to_thread(client.cancel, watch.provider_id)
            watch = cancel_asked(watch, clock.now())
        remote = await asyncio.to_thread(client.retrieve, watch.provider_id)
    except EndpointError as error:
        log.warning("batch job %s could not be looked at: %s", watch.job_key, error)
        return unseen(watch, error, clock.now())
    if remote.status is not watch.status or remote.completed != watch.completed:
        counts = "" if remote.completed is None else f", {remote.completed} of {remote.total} requests"
        log.info("batch job %s (%s): %s%s", watch.job_key, watch.provider_id, remote.status, counts)
    return seen(watch, remote, clock.now())
