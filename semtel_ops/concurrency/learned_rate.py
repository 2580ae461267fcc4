"""A rate for endpoints that refuse by quota and say nothing else: what they were seen to accept."""

from semtel_ops.concurrency.rejection_baseline import RejectionBaseline

_GROWTH_A_SECOND = 0.02
_FASTEST_GROWTH = 0.2
_JUDGED_S = 0.5
_CALM_S = 2.0
_PATIENCE = 8  # an honest quota stops refusing after a few cuts to what it accepts
_FORGET_S = 120.0
_SLOWEST = 0.2


class LearnedRate:
    """Requests a second; None until a refusal shows that there is a limit.

    A refusal cuts to just below what was accepted since the last cut, at most to a quarter, and once in `_JUDGED_S`. Then the
    rate grows gently, faster the longer nothing is refused, and is forgotten after two minutes without a refusal.
    Refusals that come at any rate are tolerated (`refusals.py`).
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
        """Whether refusals are let be: they come at any rate."""
        return self._refusals.tolerated > 0

    def succeeded(self, now: float) -> bool:
        """Take in an answer; True when it showed that the rate does not matter."""
        if self._since is None:
            self._since = now
        self._accepted += 1
        if self.per_s is None and now - self._since > 2 * _JUDGED_S:
            self._since, self._accepted, self._refused = now - _JUDGED_S, self._accepted // 2, self._refused // 2
        return self._returned(self._refusals.answered())

    def refused(self, started_at: float, now: float) -> bool:
        """Take in a refusal; True when it changed the rate."""
        if self._since is None:
            self._since = now
        if started_at < self._cut_at:
            return False
        self._refused += 1
        seconds = max(0.25, now - self._since)
        rate = self.per_s or (self._accepted + self._refused) / seconds
        if self._returned(self._refusals.refused(rate, now)):
            return True
        if now - self._cut_at < _JUDGED_S or not self._refusals.cuts(rate, now):
            return False
        accepted = self._accepted / seconds
        self.per_s = max(_SLOWEST, min(0.95 * rate, max(0.25 * rate, accepted)))
        self._cut_at = self._grown_at = self._since = now
        self._accepted = self._refused = 0
        return True

    def _returned(self, rate: float | None) -> bool:
        if rate is None:
            return False
        self.per_s = None
        return True

    def grow(self, now: float) -> None:
        """Called while the rate is what holds requests back."""
        passed = now - self._grown_at
        if self.per_s is None or passed < 0.5:
            return
        self._grown_at = now
        quiet = now - self._cut_at
        if quiet > _FORGET_S:
            self.per_s = None
            return
        growth = min(_FASTEST_GROWTH, _GROWTH_A_SECOND * max(1.0, quiet / 5))
        if quiet > _CALM_S:
            self._refusals.calm(self.per_s)
        self.per_s *= 1 + growth * min(2.0, passed)
