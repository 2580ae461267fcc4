"""When to retry a call to an endpoint: the only definition, for all lanes; no I/O."""

import random
from dataclasses import dataclass

from semtel_ops.errors import RETRIED_ONCE_KINDS, EndpointError


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter; `errors.RETRYABLE_KINDS` defines what is retried.

    Attributes:
        max_attempts: calls for a request, the first included.
        base_s, cap_s: the n-th wait is uniform in [0, min(cap_s, base_s · 2ⁿ⁻¹)] seconds (AWS Architecture Blog, «Exponential
            Backoff And Jitter», full jitter).
        retry_after_cap_s: a longer `Retry-After` is ignored as implausible: Azure has answered an ordinary 429 with a day.
        unbelieved_wait_s: shortest wait after an implausible `Retry-After`.
    """

    max_attempts: int = 6
    base_s: float = 0.5
    cap_s: float = 30.0
    retry_after_cap_s: float = 60.0
    unbelieved_wait_s: float = 0.0

    def delay_s(self, error: EndpointError, attempts: int, rng: random.Random) -> float | None:
        """Seconds until the next attempt after `attempts` calls, or None if there should be no further attempt.

        A plausible `Retry-After` is the shortest wait; up to a second of jitter is added, so that requests that were refused
        together do not return together.
        """
        if not error.retryable or attempts >= self.max_attempts or (error.kind in RETRIED_ONCE_KINDS and attempts > 1):
            return None
        backoff = rng.uniform(0, min(self.cap_s, self.base_s * 2 ** (attempts - 1)))
        if error.retry_after_s is None:
            return backoff
        if not 0 <= error.retry_after_s <= self.retry_after_cap_s:
            return max(backoff, self.unbelieved_wait_s)
        return error.retry_after_s + min(backoff, 1.0)
