"""When an endpoint was down, read from the changes of its circuit."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from semtel_ops.concurrency.changes import Change

_CLOSED = 1.0
_OPEN = 0.0


@dataclass(frozen=True, slots=True)
class Outage:
    """A period during which the circuit of an endpoint was not closed.

    Attributes:
        seconds: duration; if the outage is not over, so far.
        reason: the last failure, in the provider's words; empty if it is not on record.
    """

    endpoint: str
    seconds: float
    over: bool = True
    reason: str = ""


def outages(changes: Iterable[Change], *, until: float = 0.0) -> Iterator[Outage]:
    """Outages in a task's change log: each from the opening of a circuit until it closed, failed probes included.

    Ended outages come first, in order of their ends. A circuit that is still open counts up to the last change in the log, or
    to `until` (seconds since 1970) if that is later. `changes` may be in any order.
    """
    opened: dict[str, float] = {}
    reasons: dict[str, str] = {}
    end = 0.0
    for change in sorted(changes, key=lambda change: change.at):
        end = change.at
        if change.what != "circuit":
            continue
        if change.new == _CLOSED:
            since = opened.pop(change.endpoint, None)
            if since is not None:
                yield Outage(change.endpoint, end - since, reason=reasons.pop(change.endpoint, ""))
        else:
            opened.setdefault(change.endpoint, change.at)
            if change.new == _OPEN:
                reasons[change.endpoint] = change.reason.partition(": ")[2]
    for endpoint, since in opened.items():
        yield Outage(endpoint, max(end, until) - since, over=False, reason=reasons.get(endpoint, ""))
