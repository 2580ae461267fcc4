"""Whether refusals depend on our load. Cutting a limit for refusals that do not would bring it to 1.

If an endpoint refuses one request in twenty at random, each of these refusals would cut the limit. So when cuts have brought it
to a third, it stays there for a trial of 32 requests. If they are refused as often as before, refusals do not depend on the
load: this rate of refusals is tolerated from then on, and the limit returns to its value before the cuts. If more requests are
refused after that, the refusals did depend on the load, and no new trial starts for a minute.
"""

_MEMORY = 1 / 100  # weight of an outcome in the moving mean of refusals
_TRIAL = 32  # outcomes
_DEEP = 3.0  # the limit before a row of cuts over the limit at which a trial starts
_TOO_FEW, _TOO_MANY = 0.02, 0.8  # fraction refused in a trial: below, cuts have helped; above, cuts continue
_BELIEVED_FOR_S = 60.0


class RejectionBaseline:
    """Decides for each refusal whether to cut a limit; `limit` is any number (concurrent requests, requests a second).

    `patience`: cuts in a row, however small, after which a trial starts; None: only the total depth counts.
    """

    def __init__(self, patience: int | None = None) -> None:
        self._patience = patience
        self._cuts = 0
        self.share = 0.0  # fraction of recent outcomes that were refusals
        self.tolerated = 0.0  # the largest such fraction that is not cut for
        self._from = 0.0  # the limit before the first cut of a row
        self._trial: list[int] | None = None  # outcomes, refusals
        self._doubted_at = float("-inf")  # when tolerance led to more refusals

    def answered(self) -> float | None:
        """Record a success. Returns the limit to restore if it ends a trial in which cuts did not help, otherwise None."""
        self.share *= 1 - _MEMORY
        return self._count_trial(refused=0)

    def refused(self, limit: float, now: float) -> float | None:
        """Record a refusal. Returns as `answered` does; if None, call `cuts`."""
        self.share += _MEMORY * (1 - self.share)
        if self.tolerated and self.share > self.tolerated:
            self.tolerated, self._doubted_at, self._from = 0.0, now, limit
        return self._count_trial(refused=1)

    def cuts(self, limit: float, now: float) -> bool:
        """Whether to cut the limit for the refusal just recorded; may start a trial instead."""
        if self._trial is not None or self.share <= self.tolerated:
            return False
        self._from = max(self._from, limit)
        self._cuts += 1
        due = limit <= max(1.0, self._from / _DEEP) or (self._patience is not None and self._cuts > self._patience)
        if due and now - self._doubted_at > _BELIEVED_FOR_S:
            self._trial = [0, 0]
            return False
        return True

    def calm(self, limit: float) -> None:
        """Record that the limit grows again: a row of cuts has ended."""
        if self._trial is None:
            self._from, self._cuts = limit, 0

    def _count_trial(self, *, refused: int) -> float | None:
        if self._trial is None:
            return None
        self._trial[0] += 1
        self._trial[1] += refused
        if self._trial[0] < _TRIAL:
            return None
        share, self._trial, self._cuts = self._trial[1] / _TRIAL, None, 0
        if not _TOO_FEW <= share <= _TOO_MANY:
            self._from = 0.0
            return None
        self.tolerated = min(0.95, 1.5 * share + 0.15)
        restored, self._from = self._from, 0.0
        return restored
