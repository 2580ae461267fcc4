"""What a shard's shared requests came to: counts, and what answers given together and alone say to each other.

Counted from outcomes while rows land, whether they are asked now or known from the journal: so the numbers are the run's,
whichever attempt asked. Added up over shards by `merged`.
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
        counts: requests by what they were for, members by what became of them.
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

    def add(self, told: Mapping[str, Any]) -> None:
        """Add what `as_json` gave."""
        self.counts.update(told.get("counts", {}))
        for name in ("shadow", "audit", "named"):
            getattr(self, name).update({tuple(key): count for key, count in told.get(name, ())})


def merged(told: Iterable[Mapping[str, Any]]) -> ComparisonCounts:
    """The sum of several shards' facts, as `as_json` gave them."""
    facts = ComparisonCounts()
    for one in told:
        facts.add(one)
    return facts


def _spelled(counted: Counter[tuple[str, ...]]) -> list[list[Any]]:
    return [[list(key), count] for key, count in sorted(counted.items())]
