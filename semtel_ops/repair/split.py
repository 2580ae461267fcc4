"""Rows divided into those that prompts are changed on, those that choose among finalists, and those that confirm one winner.

A row's part depends on its id alone: neither another run nor a larger set moves a row from one part into another, so what was
kept aside stays aside.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from semtel_ops.errors import ConfigError

MIN_SEARCH = 40
MIN_CONFIRM = 30
_SKETCH = 64
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a set, each in the order of the ids' hashes.

    Attributes:
        search: half of the rows.
        select, confirm: a quarter each.
    """

    search: tuple[str, ...]
    select: tuple[str, ...]
    confirm: tuple[str, ...]

    @property
    def rows(self) -> tuple[str, ...]:
        return (*self.search, *self.select, *self.confirm)

    @property
    def confirm_sketch(self) -> str:
        """The 64 smallest hashes of the ids that confirm, 8 hex digits each: how much two sets have in common."""
        hashes = sorted(hashlib.blake2b(each.encode(), digest_size=4).hexdigest() for each in self.confirm)
        return "".join(hashes[:_SKETCH])

    @property
    def confirm_hash(self) -> str:
        """16 hex digits of the ids that confirm."""
        return hashlib.blake2b("\n".join(sorted(self.confirm)).encode(), digest_size=8).hexdigest()

    def check(self) -> None:
        """Check that the parts are large enough to search and to decide.

        Raises:
            ConfigError: there are too few rows.
        """
        if len(self.search) < MIN_SEARCH or len(self.confirm) < MIN_CONFIRM:
            need = max(2 * MIN_SEARCH, 4 * MIN_CONFIRM)
            raise ConfigError("rows", len(self.rows), f"are too few to repair a prompt; use at least {need}, better 1,200")


def in_common(first: str, second: str) -> float:
    """Share of the rows of two sets that is in both, 0 to 1, from their sketches: their Jaccard index, ± 0.06.

    Bottom-k sketches (A. Broder, On the resemblance and containment of documents, 1997): of the k smallest hashes of the union,
    those that are in both.
    """
    sets = [{sketch[at : at + _DIGITS] for at in range(0, len(sketch), _DIGITS)} for sketch in (first, second)]
    smallest = sorted(sets[0] | sets[1])[:_SKETCH]
    return sum(each in sets[0] and each in sets[1] for each in smallest) / max(1, len(smallest))


def split(ids: Iterable[str]) -> Split:
    """Divide rows 50/25/25 by a hash of their ids. The order in which ids are given does not matter."""
    ranked = sorted((hashlib.blake2b(f"semtel repair\n{each}".encode(), digest_size=8).digest(), each) for each in set(ids))
    parts: tuple[list[str], ...] = ([], [], [], [])
    for digest, each in ranked:
        parts[digest[-1] % 4].append(each)  # the last byte, since rows are in the order of the first
    search = sorted([*parts[0], *parts[1]], key={each: at for at, (_, each) in enumerate(ranked)}.__getitem__)
    return Split(tuple(search), tuple(parts[2]), tuple(parts[3]))
