"""A clock that only `advance`, `sleep` and `pause` move."""

import asyncio


class ManualClock:
    """A `Clock` for tests: `sleep` moves the clock and returns at once. Wall clock and monotonic clock are the same."""

    def __init__(self, start: float = 1_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds

    def pause(self, seconds: float) -> None:
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        """Let other tasks run, then move the clock by `seconds`."""
        await asyncio.sleep(0)
        self._now += seconds
