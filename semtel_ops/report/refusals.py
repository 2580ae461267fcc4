"""What the endpoints of a run said when they did not answer: the documents of its shards, added up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from semtel_ops.store.files import list_files, read_json

MOST_SHOWN = 50
"""Maximum number of kinds; all others are added up for each endpoint."""

_OTHER = "other"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Failed calls of one kind at one endpoint; attributes as in `runs.documents.RefusalCount`."""

    endpoint: str
    kind: str
    status: int | None
    code: str | None
    words: str
    count: int
    first_at: float
    last_at: float
    example_id: str | None

    @property
    def key(self) -> tuple[str, str, int | None, str | None]:
        return self.endpoint, self.kind, self.status, self.code


def collect_refusals(folder: str) -> tuple[Refusal, ...]:
    """The refusals of a run's folder of refusals, the most frequent first; empty where no call failed."""
    sums: dict[tuple[str, str, int | None, str | None], Refusal] = {}
    for url in list_files(folder, ".json"):
        for entry in (read_json(url, needed=False) or {}).get("refusals", ()):
            _add(sums, _refusal(entry))
    ordered = sorted(sums.values(), key=lambda refusal: (refusal.kind == _OTHER, -refusal.count, refusal.first_at))
    shown = {refusal.key: refusal for refusal in ordered[:MOST_SHOWN]}
    for refusal in ordered[MOST_SHOWN:]:
        _add(shown, replace(refusal, kind=_OTHER, status=None, code=None))
    return tuple(shown.values())


def _add(sums: dict[tuple[str, str, int | None, str | None], Refusal], new: Refusal) -> None:
    known = sums.get(new.key)
    if known is None:
        sums[new.key] = new
        return
    first, last = min(known, new, key=_first_at), max(known, new, key=_last_at)
    sums[new.key] = replace(first, count=known.count + new.count, last_at=last.last_at)


def _first_at(refusal: Refusal) -> float:
    return refusal.first_at


def _last_at(refusal: Refusal) -> float:
    return refusal.last_at


def _refusal(entry: Mapping[str, Any]) -> Refusal:
    return Refusal(**{name: entry[name] for name in Refusal.__slots__})
