"""Waiting for something to become true, with an eye on the processes it depends on."""

import threading
from collections.abc import Callable

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.errors import SemtelError
from semtel_ops.humanize import duration


class WaitedTooLongError(SemtelError):
    """What was waited for did not come."""


def pause(seconds: float) -> None:
    """Sleep; a signal handler that raises ends it at once."""
    threading.Event().wait(seconds)


def wait_until(
    ready: Callable[[], bool],
    *,
    what: str,
    timeout_s: float,
    check: Callable[[], None],
    every_s: float = 0.3,
    clock: Clock | None = None,
) -> None:
    """Ask `ready` again and again; `check` raises when waiting has become pointless.

    Raises:
        WaitedTooLongError: after `timeout_s`; the message says what was waited for.
    """
    clock = clock or SystemClock()
    deadline = clock.monotonic() + timeout_s
    while not ready():
        check()
        if clock.monotonic() >= deadline:
            raise WaitedTooLongError(f"{what}: not after {duration(timeout_s)}; the demo's logs say why")
        pause(every_s)
