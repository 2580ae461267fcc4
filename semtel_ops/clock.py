"""The only place that reads time or sleeps, so that tests can pass in a clock of their own."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Wall-clock time, monotonic time and sleep."""

    def now(self) -> float:
        """Wall clock: seconds since 1970-01-01 UTC. For what is stored or shown."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never decreasing. For intervals."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let other tasks run for at least `seconds`."""
        ...


class PausingClock(Protocol):
    """A clock for code that blocks its thread."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never decreasing."""
        ...

    def pause(self, seconds: float) -> None:
        """Block the thread for at least `seconds`."""
        ...


class SystemClock:
    """The operating system's clocks."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)
