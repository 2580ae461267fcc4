"""Counts of a shard's shared requests, and of comparisons between shared and separate answers.

Counted from outcomes while rows are written, whether new or from the journal, so the numbers cover all attempts of the run.
`merged` adds up shards.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

AGREE, DIFFER = "agree", "differ"


@dataclass(slots=True)
class ComparisonCounts:
    """Counters of one shard, or of several together.

    Attributes:
        counts: requests by purpose, members by outcome.
        shadow: (classifier, agree or differ) → members whose combined answer was compared with a separate one.
        audit: (classifier, named or passed, agree or differ) → members of the seeded sample of graded answers.
        named: (classifier, agree or differ) → all members that the grader named, against the answer they got alone.
    """

    counts: Counter[str] = field(default_factory=Counter)
    shadow: Counter[tuple[str, ...]] = field(default_factory=Counter)
    audit: Counter[tuple[str, ...]] = field(default_factory=Counter)
    named: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        return {
            "counts": dict(sorted(self.counts.items())),
            **{name: _spelled(getattr(self, name)) for name in ("shadow", "audit", "named")},
        }

    def add(self, stored: Mapping[str, Any]) -> None:
        """Add what `as_json` gave."""
        self.counts.update(stored.get("counts", {}))
        for name in ("shadow", "audit", "named"):
            getattr(self, name).update({tuple(key): count for key, count in stored.get(name, ())})


def merged(stored: Iterable[Mapping[str, Any]]) -> ComparisonCounts:
    """The sum of several shards' comparisons, as `as_json` gave them."""
    comparisons = ComparisonCounts()
    for counts in stored:
        comparisons.add(counts)
    return comparisons


def _spelled(counted: Counter[tuple[str, ...]]) -> list[list[Any]]:
    return [[list(key), count] for key, count in sorted(counted.items())]
