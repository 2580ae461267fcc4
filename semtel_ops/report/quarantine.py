"""A run's quarantine: places, reasons and details, never text. Streamed, because it can be as large as the source."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import fsspec

from semtel_ops.report.model import QuarantineReason
from semtel_ops.store.files import list_files

MOST_REASONS = 50
"""Maximum number of reasons with their own count; all others are counted together."""

_OTHER = "other reasons"
_PLACES = 3
_CUT_AT = 300


class QuarantineEntry(NamedTuple):
    """One record or file that was not used; `step` is the part of the run that rejected it.

    `entries` is above 1 where entries of a reason are only counted.
    """

    place: str
    reason: str
    detail: str
    step: str
    entries: int = 1


def read_entries(folder: str) -> Iterator[QuarantineEntry]:
    """All entries of a run's quarantine folder. After `MOST_REASONS` reasons, a new reason becomes "other reasons"."""
    reasons: set[str] = set()
    for url in list_files(folder, ".jsonl"):
        for entry in _read_file(url):
            if entry.reason not in reasons and len(reasons) >= MOST_REASONS:
                yield entry._replace(reason=_OTHER)
            else:
                reasons.add(entry.reason)
                yield entry


def summarize_quarantine(folder: str) -> tuple[tuple[QuarantineReason, ...], int]:
    """Reasons with the places of their first entries, the most frequent first, and the number of entries."""
    counts: Counter[str] = Counter()
    places: dict[str, list[str]] = {}
    for entry in read_entries(folder):
        counts[entry.reason] += entry.entries
        first = places.setdefault(entry.reason, [])
        if len(first) < _PLACES:
            first.append(entry.place)
    reasons = tuple(QuarantineReason(reason, count, tuple(places[reason])) for reason, count in counts.most_common())
    return reasons, counts.total()


def _read_file(url: str) -> Iterator[QuarantineEntry]:
    name = url.rsplit("/", 1)[-1]
    step = name.removesuffix(".jsonl")
    with fsspec.open(url, "r", encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                entry = json.loads(line)
                said = (_cut(entry["place"]), _cut(entry["reason"]), _cut(entry.get("detail") or ""))
                yield QuarantineEntry(*said, step, int(entry.get("entries", 1)))
            except (ValueError, KeyError, TypeError):
                # A truncated line of our own file still counts as an entry.
                yield QuarantineEntry(name, "unreadable quarantine entry", "", step)


def _cut(value: object) -> str:
    return str(value)[:_CUT_AT]
