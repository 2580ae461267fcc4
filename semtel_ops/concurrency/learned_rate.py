"""A request rate for endpoints that refuse for quota but send no headers, learned from what they accept."""

from semtel_ops.concurrency.rejection_baseline import RejectionBaseline

_GROWTH_A_SECOND = 0.02  # fraction of the rate, in the first seconds after a cut
_FASTEST_GROWTH = 0.2  # the same, at most
_JUDGED_S = 0.5  # least time between two cuts, over which accepted requests are counted
_CALM_S = 2.0  # without a cut, after which a row of cuts has ended
_PATIENCE = 8  # cuts in a row: a real quota stops refusing after a few cuts to what it accepts
_FORGET_S = 120.0  # without a cut, after which there is no limit any more
_SLOWEST = 0.2  # requests a second


class LearnedRate:
    """`per_s`: requests a second; None while no refusal has shown that there is a limit.

    A refusal cuts the rate to what was accepted since the last cut: by at least 5 % and at most to a quarter, and at most once
    in `_JUDGED_S`. Then the rate grows gently, faster the longer nothing is refused, and is forgotten after two minutes without
    a cut. Refusals that do not depend on the rate are tolerated (`rejection_baseline.py`). Times are monotonic seconds.
    """

    def __init__(self) -> None:
        self.per_s: float | None = None
        self._refusals = RejectionBaseline(_PATIENCE)
        self._since: float | None = None
        self._accepted = 0
        self._refused = 0
        self._cut_at = float("-inf")
        self._grown_at = 0.0

    @property
    def tolerates(self) -> bool:
        """Whether refusals are tolerated, since they do not depend on the rate."""
        return self._refusals.tolerated > 0

    def succeeded(self, now: float) -> bool:
        """Record a success; True if it showed that refusals do not depend on the rate, which is then None."""
        if self._since is None:
            self._since = now
        self._accepted += 1
        if self.per_s is None and now - self._since > 2 * _JUDGED_S:
            self._since, self._accepted, self._refused = now - _JUDGED_S, self._accepted // 2, self._refused // 2
        return self._drop_if_restored(self._refusals.answered())

    def refused(self, started_at: float, now: float) -> bool:
        """Record a refusal; True if it changed the rate. Requests started before the last cut are ignored."""
        if self._since is None:
            self._since = now
        if started_at < self._cut_at:
            return False
        self._refused += 1
        seconds = max(0.25, now - self._since)
        rate = self.per_s or (self._accepted + self._refused) / seconds
        if self._drop_if_restored(self._refusals.refused(rate, now)):
            return True
        if now - self._cut_at < _JUDGED_S or not self._refusals.cuts(rate, now):
            return False
        accepted = self._accepted / seconds
        self.per_s = max(_SLOWEST, min(0.95 * rate, max(0.25 * rate, accepted)))
        self._cut_at = self._grown_at = self._since = now
        self._accepted = self._refused = 0
        return True

    def _drop_if_restored(self, restored: float | None) -> bool:
        if restored is None:
            return False
        self.per_s = None
        return True

    def grow(self, now: float) -> None:
        """Let the rate grow; call it only while a request waits for the rate, since an unused rate must not grow."""
        elapsed_s = now - self._grown_at
        if self.per_s is None or elapsed_s < 0.5:
            return
        self._grown_at = now
        quiet_s = now - self._cut_at
        if quiet_s > _FORGET_S:
            self.per_s = None
            return
        growth = min(_FASTEST_GROWTH, _GROWTH_A_SECOND * max(1.0, quiet_s / 5))
        if quiet_s > _CALM_S:
            self._refusals.calm(self.per_s)
        self.per_s *= 1 + growth * min(2.0, elapsed_s)
