"""Keeps a task's capacity share: a heartbeat each second reports demand and use, and takes the fair part.

Each task measures the endpoint with its own algorithm; the sum of what tasks use is the capacity that they divide. So a task
that joins starts from its share instead of a search, the others make room, and the share of a dead task is divided among the
others once its heartbeat is older than `dead_after_s`.
"""

import asyncio
import contextlib
from collections import deque

from semtel_ops.clock import Clock
from semtel_ops.concurrency.endpoint_limiter import EndpointLimiter
from semtel_ops.concurrency.fair_share import Holding, Share, ShareStore, share_of
from semtel_ops.errors import StoreError

_MOVED = 0.05  # relative difference from the share within which a task's own algorithm decides
_SHRINK = 0.97  # factor for each heartbeat that the store missed
_SHRUNK = 0.5  # smallest product of these factors


class ShareKeeper:
    """Keeps one task's capacity share of one endpoint. Start `run` beside the work, and cancel it when the work is done."""

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
        """Send heartbeats until cancelled; then release the share."""
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
            # A share that cannot be released expires after `dead_after_s`.
            with contextlib.suppress(StoreError):
                self._store.release(endpoint, self._holder)

    def holding(self) -> Holding:
        """Demand and use of this task since the last call, which starts a new count."""
        usage = self._limiter.take_use()
        limit = float(self._limiter.limit)
        calls = limit if usage.limit_reached else min(limit, float(usage.peak_inflight))
        demand = max(self._capacity, calls) if usage.starved or self._share is None else float(usage.peak_inflight)
        return Holding(self._holder, self._clock.now(), demand, calls)

    def heard(self, living: list[Holding]) -> None:
        """Take this task's part of what all living tasks use together.

        Tasks send heartbeats one after another: a task that makes room lowers the sum before the next has taken the room.
        Capacity is therefore the largest sum of the last three heartbeats.
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
        """Keep the share while the store cannot be reached, but shrink it, since other tasks may have joined."""
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
