"""Capacity of the endpoint: concurrent slots, a bounded queue, and a schedule of slots."""

import asyncio
from collections import deque

from semtel_ops.clock import Clock
from semtel_ops.simulator.service_config import CapacityConfig

_ALWAYS = float("inf")


class Schedule:
    """Slots over time. Pure; times are in seconds since the start of the schedule."""

    def __init__(self, config: CapacityConfig) -> None:
        self._phases = [(phase.for_s, float(phase.slots)) for phase in config.schedule]
        self._fixed = _ALWAYS if config.slots is None else float(config.slots)
        self._period_s = sum(length for length, _ in self._phases)
        self._slot_seconds = sum(length * slots for length, slots in self._phases)

    def at(self, elapsed_s: float) -> tuple[float, float]:
        """(slots at this time, seconds until their next change)."""
        if not self._phases:
            return self._fixed, _ALWAYS
        position = elapsed_s % self._period_s
        for length, slots in self._phases:
            if position < length:
                return slots, length - position
            position -= length
        return self._phases[0][1], self._phases[0][0]

    def slot_seconds(self, elapsed_s: float) -> float:
        """Integral of the slots from the start to this time, in slot-seconds."""
        if not self._phases:
            return self._fixed * elapsed_s if elapsed_s else 0.0
        rounds, position = divmod(elapsed_s, self._period_s)
        total = rounds * self._slot_seconds
        for length, slots in self._phases:
            total += min(length, max(0.0, position)) * slots
            position -= length
        return total


class Capacity:
    """Assigns slots in the order of arrival. When a schedule reduces the slots, requests that have a slot keep it."""

    def __init__(self, config: CapacityConfig, clock: Clock) -> None:
        self.config = config
        self._clock = clock
        self._schedule = Schedule(config)
        self._start = clock.monotonic()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._alarm: asyncio.Task[None] | None = None
        self._busy_from = self._start
        self._busy_slot_s = 0.0
        self.serving = 0
        self.peak_serving = 0
        self.peak_waiting = 0

    async def enter(self) -> bool:
        """Take a slot, waiting in the queue if necessary; False if the queue is full. Pair a True with `leave`."""
        slots, _ = self._schedule.at(self._elapsed())
        if self.serving < slots and not self._waiting:
            self._take()
            return True
        if len(self._waiting) >= self.config.queue:
            return False
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self.peak_waiting = max(self.peak_waiting, len(self._waiting))
        self._watch()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise
        return True

    def leave(self) -> None:
        """Return a slot."""
        self._count()
        self.serving -= 1
        self._admit()

    def used(self) -> dict[str, float | None]:
        """Slot-seconds offered and served so far, and their ratio; None where slots are unlimited."""
        self._count()
        offered = self._schedule.slot_seconds(self._elapsed())
        limited = offered != _ALWAYS and offered > 0
        return {
            "slot_seconds_offered": offered if offered != _ALWAYS else None,
            "slot_seconds_served": self._busy_slot_s,
            "utilisation": self._busy_slot_s / offered if limited else None,
        }

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def slots(self) -> int | None:
        slots, _ = self._schedule.at(self._elapsed())
        return None if slots == _ALWAYS else int(slots)

    def _elapsed(self) -> float:
        return self._clock.monotonic() - self._start

    def _count(self) -> None:
        now = self._clock.monotonic()
        self._busy_slot_s += self.serving * (now - self._busy_from)
        self._busy_from = now

    def _take(self) -> None:
        self._count()
        self.serving += 1
        self.peak_serving = max(self.peak_serving, self.serving)

    def _admit(self) -> None:
        slots, _ = self._schedule.at(self._elapsed())
        while self._waiting and self.serving < slots:
            turn = self._waiting.popleft()
            if not turn.done():
                self._take()
                turn.set_result(None)

    def _watch(self) -> None:
        """Admit waiting requests when the schedule changes, as long as there are any."""
        if self._alarm is None or self._alarm.done():
            self._alarm = asyncio.get_running_loop().create_task(self._at_changes())

    async def _at_changes(self) -> None:
        while self._waiting:
            _, change_s = self._schedule.at(self._elapsed())
            if change_s == _ALWAYS:
                return
            # Slightly after the change: rounding could otherwise end the sleep before it.
            await self._clock.sleep(change_s + 0.001)
            self._admit()
