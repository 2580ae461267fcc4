"""So many a second and no more: a small bucket, for configured ceilings, for quotas judged over seconds, for learned rates."""


class TokenBucket:
    """Lets through `per_s`, in bursts of at most `burst_s` seconds' worth (always at least one)."""

    __slots__ = ("_at", "_burst_s", "_level", "per_s")

    def __init__(self, per_s: float, now: float, *, burst_s: float = 1.0) -> None:
        self.per_s = per_s
        self._burst_s = burst_s
        self._level = max(1.0, per_s * burst_s)
        self._at = now

    def wait_s(self, cost: float, now: float) -> float:
        """Seconds until `cost` may go. What is more than a whole burst goes when the burst is full, and is paid off after."""
        most = max(1.0, self.per_s * self._burst_s)
        self._level = min(most, self._level + (now - self._at) * self.per_s)
        self._at = now
        lack = min(cost, most) - self._level
        # Rounding must not make somebody wait for the last billionth.
        return 0.0 if lack <= 1e-9 * most else lack / self.per_s

    def spend(self, cost: float) -> None:
        self._level -= cost
