"""Calls about files and jobs tried again, by tenacity: a cold path, where seconds do not count and simplicity does."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from semtel_ops.clock import Clock
from semtel_ops.errors import EndpointError

ResultT = TypeVar("ResultT")

_RETRY_AFTER_CAP_S = 60.0  # Azure has answered an ordinary overrun with a day


@dataclass(frozen=True, slots=True)
class BatchRetry:
    """Runs blocking calls in a thread, and again after a refusal that may pass."""

    clock: Clock
    attempts: int = 6
    base_s: float = 0.5
    cap_s: float = 30.0

    async def call(self, call: Callable[[], ResultT], *, again: Callable[[EndpointError], bool] | None = None) -> ResultT:
        """The call's result; `again` narrows what is tried again, for calls that must not be made twice."""
        retry = retry_if_exception(lambda error: isinstance(error, EndpointError) and (again or _passes)(error))
        tries = AsyncRetrying(
            stop=stop_after_attempt(self.attempts), wait=self._wait, retry=retry, sleep=self.clock.sleep, reraise=True
        )
        return await tries(asyncio.to_thread, call)

    def _wait(self, state: RetryCallState) -> float:
        waited: float = wait_random_exponential(multiplier=self.base_s, max=self.cap_s)(state)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_s if isinstance(error, EndpointError) else None
        return waited if asked is None else max(waited, min(asked, _RETRY_AFTER_CAP_S))


def _passes(error: EndpointError) -> bool:
    return error.retryable


def was_refused(error: EndpointError) -> bool:
    """Whether the provider said no without doing anything: a call that is not to be made twice may be made again."""
    return error.status == 429
