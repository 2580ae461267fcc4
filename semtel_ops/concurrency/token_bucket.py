"""A token bucket, for configured ceilings, quotas that are counted per second, and learned rates."""


class TokenBucket:
    """Lets `per_s` units a second through, in bursts of at most `burst_s` seconds' worth (at least 1). Times are monotonic."""

    __slots__ = ("_at", "_burst_s", "_level", "per_s")

    def __init__(self, per_s: float, now: float, *, burst_s: float = 1.0) -> None:
        self.per_s = per_s
        self._burst_s = burst_s
        self._level = max(1.0, per_s * burst_s)
        self._at = now

    def wait_s(self, cost: float, now: float) -> float:
        """Seconds until `cost` may be spent. A cost above a whole burst waits for a full bucket, and leaves it in debt."""
        capacity = max(1.0, self.per_s * self._burst_s)
        self._level = min(capacity, self._level + (now - self._at) * self.per_s)
        self._at = now
        lack = min(cost, capacity) - self._level
        # Rounding must not cause a wait for the last billionth.
        return 0.0 if lack <= 1e-9 * capacity else lack / self.per_s

    def spend(self, cost: float) -> None:
        """Take `cost`, whether or not it is there."""
        self._level -= cost
