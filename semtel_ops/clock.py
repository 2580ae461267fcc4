"""The only place that reads time or sleeps, so that tests can bring their own."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks and a nap."""

    def now(self) -> float:
        """Wall clock: seconds since 1970-01-01 UTC. For what is stored or shown."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start that never run backwards. For intervals."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
