"""How much a pretended endpoint serves at once: slots, a bounded queue, and a schedule that changes the slots."""

import asyncio
from collections import deque

from semtel_ops.clock import Clock
from semtel_ops.simulator.config import CapacityConfig

_ALWAYS = float("inf")


class Schedule:
    """Slots over time, as a pure algorithm; time counts from the schedule's start."""

    def __init__(self, config: CapacityConfig) -> None:
        self._phases = [(phase.for_s, float(phase.slots)) for phase in config.schedule]
        self._fixed = _ALWAYS if config.slots is None else float(config.slots)
        self._period_s = sum(length for length, _ in self._phases)
        self._slot_seconds = sum(length * slots for length, slots in self._phases)

    def at(self, elapsed_s: float) -> tuple[float, float]:
        """Slots at a time, and seconds until they may change."""
        if not self._phases:
            return self._fixed, _ALWAYS
        place = elapsed_s % self._period_s
        for length, slots in self._phases:
            if place < length:
                return slots, length - place
            place -= length
        return self._phases[0][1], self._phases[0][0]

    def slot_seconds(self, elapsed_s: float) -> float:
        """Slots offered from the start until a time, times seconds."""
        if not self._phases:
            return self._fixed * elapsed_s if elapsed_s else 0.0
        rounds, place = divmod(elapsed_s, self._period_s)
        total = rounds * self._slot_seconds
        for length, slots in self._phases:
            total += min(length, max(0.0, place)) * slots
            place -= length
        return total


class Capacity:
    """Hands out slots in the order of arrival.

    `enter` either returns at once, waits in the queue, or answers False: the queue is full. A slot is given back with
    `leave`. Slots that a schedule takes away are not torn from those being served.
    """

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
        self._count()
        self.serving -= 1
        self._admit()

    def used(self) -> dict[str, float | None]:
        """Slot-seconds offered and served so far, and their ratio; None where nothing is limited."""
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
        """Someone waits: look again whenever the schedule changes."""
        if self._alarm is None or self._alarm.done():
            self._alarm = asyncio.get_running_loop().create_task(self._at_changes())

    async def _at_changes(self) -> None:
        while self._waiting:
            _, change_s = self._schedule.at(self._elapsed())
            if change_s == _ALWAYS:
                return
            # A little later than the change, so that rounding does not wake us before it.
            await self._clock.sleep(change_s + 0.001)
            self._admit()
