"""Retries of calls to the files and batches API."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from semtel_ops.clock import Clock
from semtel_ops.endpoints.retry import Backoff
from semtel_ops.errors import EndpointError

ResultT = TypeVar("ResultT")

_BACKOFF = Backoff(unbelieved_wait_s=60.0)
"""These calls bypass the limiters and are not urgent, so they wait a minute even after an implausible `Retry-After`."""


@dataclass(frozen=True, slots=True)
class BatchRetry:
    """Makes blocking calls in a thread, and retries them after errors that may pass."""

    clock: Clock
    backoff: Backoff = _BACKOFF
    rng: random.Random = field(default_factory=random.Random)

    async def call(self, call: Callable[[], ResultT], *, again: Callable[[EndpointError], bool] | None = None) -> ResultT:
        """Return the result of `call`.

        Args:
            again: which errors to retry, for calls that must not be executed twice; default: all that `Backoff` retries.

        Raises:
            EndpointError: of the last attempt.
        """
        attempts = 0
        while True:
            attempts += 1
            try:
                return await asyncio.to_thread(call)
            except EndpointError as error:
                retried = again is None or again(error)
                wait_s = self.backoff.delay_s(error, attempts, self.rng) if retried else None
                if wait_s is None:
                    raise
            await self.clock.sleep(wait_s)


def was_refused(error: EndpointError) -> bool:
    """Whether the provider refused a call without executing it, so that even a call that is not idempotent may be retried."""
    return error.status == 429
