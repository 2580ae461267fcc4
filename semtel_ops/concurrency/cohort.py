"""What latency is now, judged by requests that were sent one after another, not by those that happened to come back.

Short requests return first: whoever takes the first replies after a change, or all replies of a growing load, sees latencies
that are too short. A cohort is the next `size` requests sent; those still out when it closes count as slower than the rest.
"""

from math import log, sqrt
from typing import NamedTuple

_OVERHEAD_TOKENS = 32
"""Fixed latency of a request expressed in tokens: half a second at 15 ms per token."""
_RETURNED = 0.8


class Latency(NamedTuple):
    """What a cohort says.

    Attributes:
        median: seconds a token (with `_OVERHEAD_TOKENS` added to each reply's).
        error: standard error of the median's logarithm.
        inflight: mean requests under way when one of the cohort started; `peak`: most.
    """

    median: float
    error: float
    inflight: float
    peak: int
    size: int


class Cohort:
    """Collects `size` requests, from number `first` up to before `end`."""

    __slots__ = ("_inflight", "_latencies", "_peak", "_returned", "_wanted", "end", "first")

    def __init__(self, first: int, size: int) -> None:
        self.first = first
        self.end = first + size
        self._wanted = size
        self._latencies: list[float] = []
        self._returned = 0
        self._inflight = 0
        self._peak = 0

    @property
    def whole(self) -> bool:
        """Whether it may be closed."""
        return self._returned >= _RETURNED * self._wanted

    def add(self, number: int, latency_s: float, output_tokens: int, inflight: int) -> None:
        """Take in a success."""
        if not self.first <= number < self.end:
            return
        self._latencies.append(latency_s / (output_tokens + _OVERHEAD_TOKENS))
        self._inflight += inflight
        self._peak = max(self._peak, inflight)
        self._returned += 1

    def lost(self, number: int) -> None:
        """A request ended that says nothing of latency."""
        if self.first <= number < self.end and self._wanted > 4:
            self._wanted -= 1

    def close(self) -> Latency:
        ordered = sorted(self._latencies)
        n, half = len(ordered), self._wanted // 2
        median = max(1e-9, ordered[min(half, n - 1)])
        low, high = ordered[min(n - 1, self._wanted // 4)], ordered[min(n - 1, 3 * self._wanted // 4)]
        # The quartiles' distance instead of the deviation: a heavy tail does not move it.
        error = 0.93 * log(high / low) / sqrt(n) if low > 0 else 0.0
        return Latency(median, error, self._inflight / n, self._peak, n)
