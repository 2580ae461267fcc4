"""Wait for a condition while checking the processes it depends on."""

import threading
from collections.abc import Callable

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.errors import SemtelError
from semtel_ops.humanize import duration


class WaitedTooLongError(SemtelError):
    """A condition was not met in time."""


def pause(seconds: float) -> None:
    """Sleep; an exception raised by a signal handler ends the sleep immediately."""
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
    """Poll `ready` until it returns true; `check` raises when waiting can no longer succeed.

    Raises:
        WaitedTooLongError: after `timeout_s`; the message starts with `what`.
    """
    clock = clock or SystemClock()
    deadline = clock.monotonic() + timeout_s
    while not ready():
        check()
        if clock.monotonic() >= deadline:
            raise WaitedTooLongError(f"{what} after {duration(timeout_s)}; see the demo's logs for the cause")
        pause(every_s)
