"""What changed and why: a bounded history that a run's manifest can keep and a report can draw."""

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one number.

    Attributes:
        at: wall clock, seconds since 1970, of the latest change it stands for.
        what: concurrency, tokens_per_minute, requests_per_minute, circuit, pause_s or share.
        old, new: circuit: 1 closed, 0.5 half open, 0 open.
        count: changes joined into this one; `old` is the first one's, `new` and `reason` are the last one's.
    """

    at: float
    endpoint: str
    what: str
    old: float
    new: float
    reason: str
    count: int = 1


class ChangeLog:
    """Keeps changes in order, at most `capacity` of them whatever happens.

    Changes of one number for one reason that follow each other within `join_s` are one entry. A full log is thinned: every two
    neighbours of a number in its older half become one, so that a run of days keeps its whole course, coarser the longer ago.
    """

    def __init__(self, endpoint: str, *, capacity: int = 1_000, join_s: float = 2.0) -> None:
        if capacity < 16:
            raise ValueError(f"capacity ({capacity}) must be at least 16")
        self._endpoint = endpoint
        self._capacity = capacity
        self._join_s = join_s
        self._changes: list[Change] = []
        self._latest: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self._changes)

    def add(self, at: float, what: str, old: float, new: float, reason: str) -> None:
        index = self._latest.get(what)
        if index is not None:
            last = self._changes[index]
            if last.reason == reason and at - last.at <= self._join_s:
                self._changes[index] = replace(last, at=at, new=new, count=last.count + 1)
                return
        self._latest[what] = len(self._changes)
        self._changes.append(Change(at, self._endpoint, what, old, new, reason))
        if len(self._changes) > self._capacity:
            self._thin()

    def _thin(self) -> None:
        half = len(self._changes) // 2
        kept: list[Change] = []
        pending: dict[str, int] = {}
        for change in self._changes[:half]:
            index = pending.pop(change.what, None)
            if index is None:
                pending[change.what] = len(kept)
                kept.append(change)
            else:
                first = kept[index]
                kept[index] = replace(change, old=first.old, count=first.count + change.count)
        self._changes = kept + self._changes[half:]
        self._latest = {change.what: index for index, change in enumerate(self._changes)}
