"""Changes of an endpoint's limits with their reasons: a bounded log, for the files and the report of a run."""

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one number.

    Attributes:
        at: wall clock, seconds since 1970; of the last change if several were merged.
        what: concurrency, circuit, pause_s, requests_per_s, or requests_per_minute, tokens_per_minute and
            learned_requests_per_minute.
        old, new: in the unit of `what`; for circuit: 1 closed, 0.5 half open, 0 open.
        count: changes merged into this entry: `old` is from the first, `new` and `reason` are from the last.
    """

    at: float
    endpoint: str
    what: str
    old: float
    new: float
    reason: str
    count: int = 1


class ChangeLog:
    """Changes in order of time, at most `capacity` entries.

    Changes of the same number for the same reason within `join_s` seconds of each other are merged. When the log is full, its
    older half is thinned: each two neighbouring entries of a number are merged. So the log covers
    a run of days from its start, in less detail the longer ago.
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
