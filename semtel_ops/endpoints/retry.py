"""When an endpoint is worth asking again: the one definition of it, for calls of every lane. Pure."""

import random
from dataclasses import dataclass

from semtel_ops.errors import EndpointError


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter; what is retried at all is `errors.RETRYABLE_KINDS`.

    Attributes:
        max_attempts: calls for one request, the first included.
        base_s, cap_s: the n-th wait is uniform in [0, min(cap_s, base_s · 2ⁿ⁻¹)] seconds (AWS Architecture Blog, «Exponential
            Backoff And Jitter», full jitter).
        retry_after_cap_s: a `Retry-After` of more seconds is not believed: Azure has answered an ordinary overrun with a day.
        unbelieved_wait_s: what is waited at least where it is not.
    """

    max_attempts: int = 6
    base_s: float = 0.5
    cap_s: float = 30.0
    retry_after_cap_s: float = 60.0
    unbelieved_wait_s: float = 0.0

    def delay_s(self, error: EndpointError, attempts: int, rng: random.Random) -> float | None:
        """Seconds until the next try after `attempts` calls, or None when there should be none.

        An endpoint that names a believable wait gets at least that wait, and jitter on top, so that the requests it
        refused together do not return together.
        """
        if not error.retryable or attempts >= self.max_attempts:
            return None
        backoff = rng.uniform(0, min(self.cap_s, self.base_s * 2 ** (attempts - 1)))
        if error.retry_after_s is None:
            return backoff
        if error.retry_after_s > self.retry_after_cap_s:
            return max(backoff, self.unbelieved_wait_s)
        return error.retry_after_s + min(backoff, 1.0)
