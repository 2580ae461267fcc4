"""Current latency, measured on requests that were sent one after another, not on the first to return.

Short requests return first, so the first replies after a change, and all replies under a growing load, underestimate latency. A
cohort is the next `size` requests sent; requests that are still under way when it closes count as slower than the rest.
"""

from math import log, sqrt
from typing import NamedTuple

_OVERHEAD_TOKENS = 32
"""Fixed latency of a request expressed in tokens: half a second at 15 ms per token."""
_RETURNED = 0.8
"""Fraction of a cohort that must have returned before it is closed."""


class Latency(NamedTuple):
    """Measurements of a cohort.

    Attributes:
        median: seconds per token, with `_OVERHEAD_TOKENS` added to the tokens of each reply.
        error: standard error of the median's logarithm.
        inflight, peak: mean and maximum of the requests under way when a request of the cohort started.
        size: requests that returned.
    """

    median: float
    error: float
    inflight: float
    peak: int
    size: int


class Cohort:
    """Collects the `size` requests whose numbers are from `first` up to but not including `end`."""

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
        """Whether enough requests have returned to close the cohort."""
        return self._returned >= _RETURNED * self._wanted

    def add(self, number: int, latency_s: float, output_tokens: int, inflight: int) -> None:
        """Record a success; requests of other cohorts are ignored."""
        if not self.first <= number < self.end:
            return
        self._latencies.append(latency_s / (output_tokens + _OVERHEAD_TOKENS))
        self._inflight += inflight
        self._peak = max(self._peak, inflight)
        self._returned += 1

    def lost(self, number: int) -> None:
        """Record the end of a request without a usable latency: the cohort no longer waits for it."""
        if self.first <= number < self.end and self._wanted > 4:
            self._wanted -= 1

    def close(self) -> Latency:
        """Measure the cohort, which must be `whole`; unreturned requests count as slower than the median."""
        ordered = sorted(self._latencies)
        n, half = len(ordered), self._wanted // 2
        median = max(1e-9, ordered[min(half, n - 1)])
        low, high = ordered[min(n - 1, self._wanted // 4)], ordered[min(n - 1, 3 * self._wanted // 4)]
        # From the interquartile range, which a heavy tail does not change: for a normal distribution, the standard error of a
        # median is 1.253 σ / √n and the interquartile range is 1.349 σ, a ratio of 0.93.
        error = 0.93 * log(high / low) / sqrt(n) if low > 0 else 0.0
        return Latency(median, error, self._inflight / n, self._peak, n)
