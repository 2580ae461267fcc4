"""Keeping a share: a heartbeat a second that says what this task wants and has, and takes what is fair.

Every task goes on to watch the endpoint with an algorithm of its own; what they found, added up, is the capacity they share.
So a task that joins starts from its part instead of a search, the task that was there makes room, and a dead task's part is
divided among the living as soon as its heartbeat is older than `dead_after_s`.
"""

import asyncio
import contextlib
from collections import deque

from semtel_ops.clock import Clock
from semtel_ops.concurrency.endpoint_limiter import EndpointLimiter
from semtel_ops.concurrency.fair_share import Holding, Share, ShareStore, share_of
from semtel_ops.errors import StoreError

_MOVED = 0.05  # nearer to its share than this, a task is left to its algorithm
_SHRINK = 0.97  # a beat without the store
_SHRUNK = 0.5


class ShareKeeper:
    """Holds one task's share of one endpoint. `run` it beside the work, and cancel it when the work is done."""

    def __init__(
        self,
        limiter: EndpointLimiter,
        store: ShareStore,
        holder: str,
        clock: Clock,
        *,
        beat_s: float = 1.0,
        dead_after_s: float = 4.0,
    ) -> None:
        self._limiter = limiter
        self._store = store
        self._holder = holder
        self._clock = clock
        self._beat_s = beat_s
        self._dead_after_s = dead_after_s
        self._sums: deque[float] = deque(maxlen=3)
        self._capacity = float(limiter.limit)
        self._share: Share | None = None
        self._missed = 0

    async def run(self) -> None:
        """Beat until cancelled; then give the share back."""
        endpoint = self._limiter.endpoint
        try:
            while True:
                holding = self.holding()
                try:
                    living = await asyncio.to_thread(
                        self._store.heartbeat, endpoint, holding, since=holding.heartbeat_at - self._dead_after_s
                    )
                except StoreError:
                    self.alone()
                else:
                    self.heard(list(living))
                await self._clock.sleep(self._beat_s)
        finally:
            # A share that cannot be given back is taken for dead in a few seconds.
            with contextlib.suppress(StoreError):
                self._store.release(endpoint, self._holder)

    def holding(self) -> Holding:
        """What this task wants and has, since the last beat."""
        use = self._limiter.take_use()
        usage = float(self._limiter.limit) if use.limit_reached else min(float(self._limiter.limit), float(use.peak_inflight))
        demand = max(self._capacity, usage) if use.starved or self._share is None else float(use.peak_inflight)
        return Holding(self._holder, self._clock.now(), demand, usage)

    def heard(self, living: list[Holding]) -> None:
        """Take one's share of what all living tasks hold together.

        Tasks beat one after another: the first to make room lowers the sum before the next has taken it, so capacity is the
        most that was held together lately.
        """
        self._missed = 0
        others = [holding for holding in living if holding.holder != self._holder]
        mine = next((holding for holding in living if holding.holder == self._holder), None)
        if mine is None or not others:
            self._sums.clear()
            if self._share is not None and self._share.holders > 1:
                self._limiter.take_share(max(self._capacity, self._limiter.limit), 1.0, "capacity share: no other task")
            self._capacity = float(self._limiter.limit)
            self._limiter.cap(None)
            self._share = Share(self._capacity, 1.0, 1)
            return
        first = self._share is None or self._share.holders == 1
        total = sum(holding.share for holding in (others if first and self._limiter.fresh else living))
        self._sums.append(total)
        self._capacity = max(self._sums)
        self._take(share_of(self._holder, living, self._capacity))

    def alone(self) -> None:
        """The store is out of reach: go on with the share, and shrink it, since others may have joined."""
        self._missed += 1
        if self._share is None or self._share.holders < 2:
            return
        self._limiter.cap(max(1.0, self._share.calls * max(_SHRUNK, _SHRINK**self._missed)))

    def _take(self, share: Share) -> None:
        old, self._share = self._share, share
        self._limiter.cap(None)
        if abs(share.calls - self._limiter.limit) <= _MOVED * self._limiter.limit and (
            old is not None and abs(share.fraction - old.fraction) <= _MOVED * share.fraction
        ):
            return
        self._limiter.take_share(max(1.0, share.calls), share.fraction, f"capacity share: one of {share.holders} tasks")
