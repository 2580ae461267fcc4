"""The key of an endpoint, read again when the endpoint refuses it: keys are rotated while a run or a batch goes on."""

import logging
import threading
from collections.abc import Callable

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.endpoints.model import Endpoint

log = logging.getLogger(__name__)

READ_AGAIN_S = 1.0
"""Shortest time between two readings, since every request under way is refused at the same moment."""


class KeySource:
    """A key, where it is kept: an environment variable or an Airflow connection. Thread-safe.

    Attributes:
        key: the last one read; None for an endpoint without a key.
    """

    def __init__(self, endpoint: Endpoint, clock: Clock | None = None) -> None:
        self.key = endpoint.api_key
        self._name = endpoint.name
        self._read: Callable[[], str | None] | None = endpoint.read_key
        self._clock = clock or SystemClock()
        self._read_at: float | None = None
        self._lock = threading.Lock()

    def renewed(self, refused: str | None) -> bool:
        """Whether there is another key than the one that was refused with status 401. May read it over the network."""
        with self._lock:
            if self.key != refused:
                return True
            now = self._clock.monotonic()
            if self._read is None or (self._read_at is not None and now - self._read_at < READ_AGAIN_S):
                return False
            self._read_at = now
            try:
                key = self._read()
            except Exception as error:  # noqa: BLE001 - a store of secrets fails in ways of its own; the refusal is what counts
                log.warning("endpoint %s: its key was refused, and cannot be read again (%s)", self._name, type(error).__name__)
                return False
            if not key or key == refused:
                return False
            log.warning("endpoint %s: its key was refused; it has another one now, which is used from here on", self._name)
            self.key = key
            return True
