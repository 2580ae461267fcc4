"""A clock that moves only when told, or when everybody sleeps."""

import asyncio


class ManualClock:
    """A `Clock` for tests: `sleep` returns at once, having moved the clock by what was asked."""

    def __init__(self, start: float = 1_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        """Let others run, then be `seconds` later."""
        await asyncio.sleep(0)
        self._now += seconds
