"""Progress of long work, shown as log lines or as a bar on a terminal."""

import logging
from typing import Protocol

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.humanize import duration, money, number, percent, quantity

log = logging.getLogger(__name__)


class Progress(Protocol):
    """Receives every written row and displays progress."""

    def start(self, label: str, total: int | None) -> None:
        """Begin a piece of work; `total` is the expected number of rows, or None if unknown."""
        ...

    def advance(self, rows: int = 1, cost_usd: float = 0.0) -> None: ...

    def say(self, line: str) -> None:
        """Show a message."""
        ...

    def finish(self) -> None: ...


class LogProgress:
    """A line every few seconds: rows, share, rate, cost, and when it should be done."""

    def __init__(self, clock: Clock | None = None, every_s: float = 10.0) -> None:
        self._clock = clock or SystemClock()
        self._every_s = every_s
        self._label, self._total = "", 0
        self._rows, self._cost, self._started, self._said = 0, 0.0, 0.0, 0.0

    def start(self, label: str, total: int | None) -> None:
        self._label, self._total = label, total or 0
        self._rows, self._cost = 0, 0.0
        self._started = self._said = self._clock.monotonic()

    def advance(self, rows: int = 1, cost_usd: float = 0.0) -> None:
        self._rows += rows
        self._cost += cost_usd
        now = self._clock.monotonic()
        if now - self._said >= self._every_s:
            self._said = now
            self._say(now)

    def say(self, line: str) -> None:
        self._show(line)

    def finish(self) -> None:
        self._say(self._clock.monotonic())

    def _say(self, now: float) -> None:
        rate = self._rows / max(now - self._started, 1e-9)
        share = f" of {number(self._total)} ({percent(self._rows / self._total, 0)})" if self._total else ""
        left = self._total - self._rows
        ahead = f", about {duration(left / rate)} remaining" if left > 0 and rate > 0 else ""
        self._show(f"{self._label}: {number(self._rows)}{share} rows, {quantity(rate)} rows/s, {money(self._cost)}{ahead}")

    def _show(self, line: str) -> None:
        log.info(line)
