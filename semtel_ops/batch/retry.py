"""Calls about files and jobs, made again where that can help."""

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
"""These calls bypass the limiters and are not urgent, so rate limits are waited out."""


@dataclass(frozen=True, slots=True)
class BatchRetry:
    """Makes blocking calls in a thread, and again after a refusal that may pass."""

    clock: Clock
    backoff: Backoff = _BACKOFF
    rng: random.Random = field(default_factory=random.Random)

    async def call(self, call: Callable[[], ResultT], *, again: Callable[[EndpointError], bool] | None = None) -> ResultT:
        """The call's result.

        Args:
            again: narrows what is retried, for calls that must not be made twice.

        Raises:
            EndpointError: the last refusal.
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
    """Whether the provider rejected a call without executing it, so that even a non-idempotent call may be retried."""
    return error.status == 429
