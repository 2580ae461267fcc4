"""Lines about changed limits for people who watch a shard: outages and long waits, and the latest of the other changes."""

from collections.abc import Iterator, Sequence

from semtel_ops.concurrency import Change, EndpointLimiter
from semtel_ops.humanize import duration, quantity

_LONG_WAIT_S = 5.0
_CLOSED, _OPEN = 1.0, 0.0


class LimitNews:
    """What is new since it was last asked."""

    def __init__(self) -> None:
        self._shown_at = 0.0

    def lines(self, limiters: Sequence[EndpointLimiter]) -> Iterator[str]:
        """Lines about changes since the last call: outages that began or ended, long waits, and the latest of all others."""
        new = [change for change in all_changes(limiters) if change.at > self._shown_at]
        if not new:
            return
        self._shown_at = new[-1].at
        latest = {(change.endpoint, change.what): change for change in new if _matters(change)}
        others = [change for change in new if change.what != "circuit"]
        shown = dict.fromkeys([*latest.values(), *others[-1:]])
        yield from (_line(change) for change in sorted(shown, key=_at))


def all_changes(limiters: Sequence[EndpointLimiter]) -> list[Change]:
    """The changes of all limiters, oldest first."""
    return sorted((change for limiter in limiters for change in limiter.history), key=_at)


def _at(change: Change) -> float:
    return change.at


def _matters(change: Change) -> bool:
    if change.what == "circuit":
        return (change.old, change.new) == (_CLOSED, _OPEN) or change.new == _CLOSED
    return change.what == "pause_s" and change.new >= _LONG_WAIT_S


def _line(change: Change) -> str:
    if change.what == "pause_s":
        return f"{change.endpoint}: waiting {duration(change.new)}, {change.reason}"
    if change.what == "circuit":
        state = "requests go on" if change.new == _CLOSED else "requests are suspended"
        return f"{change.endpoint}: {state}, {change.reason}"
    return f"{change.endpoint}: {change.what} {quantity(change.old)} → {quantity(change.new)}, {change.reason}"
