"""Sends notifications about endpoint outages while a shard is still running, when intervention can help."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from semtel_ops.clock import Clock
from semtel_ops.concurrency import EndpointLimiter
from semtel_ops.concurrency.circuit import CircuitState
from semtel_ops.concurrency.outages import Outage, outages
from semtel_ops.runs.plan import RunPlan

log = logging.getLogger(__name__)


class OutageMonitor:
    """Watches the circuits of one shard's limiters; each outage is notified at most once, and so is its end.

    Ledger and channels are reached in a thread, and what goes wrong there is only logged: no shard waits or fails for it.
    """

    def __init__(self, plan: RunPlan, clock: Clock, notify: Callable[[Sequence[Outage]], object]) -> None:
        """`notify` is called in a thread, with an outage that has begun or ended; it may raise."""
        self._plan = plan
        self._clock = clock
        self._notify = notify
        self._notified: set[str] = set()
        self._sending: set[asyncio.Task[None]] = set()

    def look(self, limiters: Sequence[EndpointLimiter]) -> None:
        """Start a notification of what is new. Called from the event loop, and returns at once."""
        for limiter in limiters if self._plan.ledger else ():
            is_open = limiter.snapshot().circuit != CircuitState.CLOSED
            if is_open == (limiter.endpoint in self._notified):
                continue
            last = list(outages(limiter.history, until=self._clock.now()))[-1:]
            if not last or last[0].over == is_open or last[0].seconds <= self._plan.config.alerts.circuit_open_s:
                continue
            (self._notified.add if is_open else self._notified.discard)(limiter.endpoint)
            sending = asyncio.create_task(asyncio.to_thread(self._send, last))
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)

    async def finish(self) -> None:
        """Wait for notifications that are being sent."""
        await asyncio.gather(*self._sending)

    def _send(self, outages: Sequence[Outage]) -> None:
        try:
            self._notify(outages)
        except Exception as error:  # noqa: BLE001 - see the docstring of the class
            log.warning("notification about endpoint %s failed: %s: %s", outages[0].endpoint, type(error).__name__, error)
