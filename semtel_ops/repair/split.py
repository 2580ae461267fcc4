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
    def confirm_hash(self) -> str:
        """16 hex digits of the ids that confirm: looks at the same rows are counted together."""
        return hashlib.blake2b("\n".join(sorted(self.confirm)).encode(), digest_size=8).hexdigest()

    def check(self) -> None:
        """Check that the parts are large enough to search and to decide.

        Raises:
            ConfigError: there are too few rows.
        """
        if len(self.search) < MIN_SEARCH or len(self.confirm) < MIN_CONFIRM:
            need = max(2 * MIN_SEARCH, 4 * MIN_CONFIRM)
            raise ConfigError("rows", len(self.rows), f"are too few to repair a prompt; use at least {need}, better 1,200")


def split(ids: Iterable[str]) -> Split:
    """Divide rows 50/25/25 by a hash of their ids. The order in which ids are given does not matter."""
    ranked = sorted((hashlib.blake2b(f"semtel repair\n{each}".encode(), digest_size=8).digest(), each) for each in set(ids))
    parts: tuple[list[str], ...] = ([], [], [], [])
    for digest, each in ranked:
        parts[digest[-1] % 4].append(each)  # the last byte, since rows are in the order of the first
    search = sorted([*parts[0], *parts[1]], key={each: at for at, (_, each) in enumerate(ranked)}.__getitem__)
    return Split(tuple(search), tuple(parts[2]), tuple(parts[3]))
