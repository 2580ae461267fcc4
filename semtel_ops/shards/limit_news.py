"""Lines about changed limits for people who watch a shard: outages and long waits, and the latest of the other changes."""

from collections.abc import Iterator, Sequence

from semtel_ops.concurrency import Change, EndpointLimiter
from semtel_ops.humanize import duration, quantity

_LONG_WAIT_S = 5.0


class LimitNews:
    """What is new since it was last asked."""

    def __init__(self) -> None:
        self._shown_at = 0.0

    def lines(self, limiters: Sequence[EndpointLimiter]) -> Iterator[str]:
        """Lines about changes since the last call: of each endpoint's circuit, of its long waits, and the latest of all."""
        new = [change for change in all_changes(limiters) if change.at > self._shown_at]
        if not new:
            return
        self._shown_at = new[-1].at
        latest = {(change.endpoint, change.what): change for change in new if _matters(change)}
        shown = dict.fromkeys([*latest.values(), new[-1]])
        yield from (_line(change) for change in sorted(shown, key=_at))


def all_changes(limiters: Sequence[EndpointLimiter]) -> list[Change]:
    """The changes of all limiters, oldest first."""
    return sorted((change for limiter in limiters for change in limiter.history), key=_at)


def _at(change: Change) -> float:
    return change.at


def _matters(change: Change) -> bool:
    return (change.what == "circuit" and change.new in (0.0, 1.0)) or (change.what == "pause_s" and change.new >= _LONG_WAIT_S)


def _line(change: Change) -> str:
    if change.what == "pause_s":
        return f"{change.endpoint}: waiting {duration(change.new)}, {change.reason}"
    if change.what == "circuit":
        state = {0.0: "requests are suspended", 1.0: "requests go on"}.get(change.new, "one request as a test")
        return f"{change.endpoint}: {state}, {change.reason}"
    return f"{change.endpoint}: {change.what} {quantity(change.old)} → {quantity(change.new)}, {change.reason}"
