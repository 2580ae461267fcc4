"""What is worth another try, and when. One layer retries: this one."""

import random
from dataclasses import dataclass

from semtel_ops.errors import EndpointError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter.

    Attributes:
        max_attempts: calls for one request, the first included.
        base_s, cap_s: the n-th wait is uniform in [0, min(cap_s, base_s · 2ⁿ⁻¹)] (AWS Architecture Blog, «Exponential Backoff
            And Jitter», full jitter).
        deadline_s: no retry starts later than this after a request was first taken up.
        run_share, run_floor: all retries of a run together are at most this share of its first tries, plus the floor: an
            endpoint that refuses everything must not be asked `max_attempts` times as often as one that is well.
        retry_after_cap_s: a `Retry-After` longer than this is not believed: Azure has answered an ordinary overrun with a day.
    """

    max_attempts: int = 6
    base_s: float = 0.5
    cap_s: float = 30.0
    retry_after_cap_s: float = 60.0
    deadline_s: float = 900.0
    run_share: float = 3.0
    run_floor: int = 1_000

    def delay_s(self, error: EndpointError, attempts: int, rng: random.Random) -> float | None:
        """Seconds until the next try after `attempts` calls, or None when there should be none.

        An endpoint that names a believable wait gets at least that wait, and jitter on top, so that the requests it
        refused together do not return together.
        """
        if not error.retryable or attempts >= self.max_attempts:
            return None
        backoff = rng.uniform(0, min(self.cap_s, self.base_s * 2 ** (attempts - 1)))
        if error.retry_after_s is None or error.retry_after_s > self.retry_after_cap_s:
            return backoff
        return error.retry_after_s + min(backoff, 1.0)
