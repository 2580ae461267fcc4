"""Whether refusals are about how much we ask: some come whatever we do, and cutting for them would end at nothing.

An endpoint that refuses one request in twenty at random would be cut for each of them until one call is left. So once cuts
have brought the limit to a third, it is held there for a trial. Refused as often as ever, refusals do not follow our load: that
share of them is tolerated from then on, and the limit returns. If more are refused after its return, they were about load.
"""

_MEMORY = 1 / 100
_TRIAL = 32
_DEEP = 3.0
_TOO_FEW, _TOO_MANY = 0.02, 0.8  # hardly any: cutting helped; nearly all: cut on
_BELIEVED_FOR_S = 60.0


class RejectionBaseline:
    """Judges each refusal; `limit` is whatever number is cut for them (calls at once, requests a second).

    `patience`: cuts in a row, however shallow, after which a trial is due; None: only depth counts.
    """

    def __init__(self, patience: int | None = None) -> None:
        self._patience = patience
        self._cuts = 0
        self.share = 0.0  # of late outcomes
        self.tolerated = 0.0
        self._from = 0.0  # the limit before the first cut of a row
        self._trial: list[int] | None = None  # outcomes, refusals
        self._doubted_at = float("-inf")  # tolerance was tried, and more was refused

    def answered(self) -> float | None:
        """An answer came; the limit to return to where it ends a trial that cutting lost."""
        self.share *= 1 - _MEMORY
        return self._tried(refused=0)

    def refused(self, limit: float, now: float) -> float | None:
        """A refusal came; the limit to return to where it ends a trial. Ask `cuts` then."""
        self.share += _MEMORY * (1 - self.share)
        if self.tolerated and self.share > self.tolerated:
            self.tolerated, self._doubted_at, self._from = 0.0, now, limit
        return self._tried(refused=1)

    def cuts(self, limit: float, now: float) -> bool:
        """Whether to cut the limit for the refusal just judged."""
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
        """The limit grows again: what it was cut from no longer matters."""
        if self._trial is None:
            self._from, self._cuts = limit, 0

    def _tried(self, *, refused: int) -> float | None:
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
        back, self._from = self._from, 0.0
        return back
