"""When an endpoint was left alone because it did not answer: read from the changes of its circuit."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from semtel_ops.concurrency.changes import Change

_CLOSED = 1.0


@dataclass(frozen=True, slots=True)
class Outage:
    """A time without answers.

    Attributes:
        over: False while it lasts; `seconds` are those so far.
    """

    endpoint: str
    seconds: float
    over: bool = True


def outages(changes: Iterable[Change], *, until: float = 0.0) -> Iterator[Outage]:
    """The outages that a task saw: from the first opening of a circuit until it closed, failed probes included.

    What is open at the end counts until the last change of anything, or until `until` (seconds since 1970) where it is later.
    """
    opened: dict[str, float] = {}
    end = 0.0
    for change in sorted(changes, key=lambda change: change.at):
        end = change.at
        if change.what != "circuit":
            continue
        if change.new == _CLOSED:
            since = opened.pop(change.endpoint, None)
            if since is not None:
                yield Outage(change.endpoint, end - since)
        else:
            opened.setdefault(change.endpoint, change.at)
    for endpoint, since in opened.items():
        yield Outage(endpoint, max(end, until) - since, over=False)
