"""Sharing one endpoint between tasks: who lives, who wants how much, and what is fair; pure arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Holding:
    """What one task wants of an endpoint and what it has, in calls under way.

    Attributes:
        heartbeat_at: wall clock of the task, seconds since 1970; tasks on several machines need clocks that agree to a second.
    """

    holder: str
    heartbeat_at: float
    demand: float
    share: float


class ShareStore(Protocol):
    """Where tasks see each other; the ledger behind `steps` is one. Called from a thread, once a second."""

    def heartbeat(self, endpoint: str, holding: Holding, *, since: float) -> Sequence[Holding]:
        """Write one holding, and return all with a heartbeat at or after `since`."""
        ...

    def release(self, endpoint: str, holder: str) -> None:
        """Forget a holder; one that is not known is forgotten already."""
        ...


@dataclass(frozen=True, slots=True)
class Share:
    """What a task may use: calls under way, and its part of what the endpoint gives a minute."""

    calls: float
    fraction: float
    holders: int


def fair_shares(capacity: float, demands: Mapping[str, float]) -> dict[str, float]:
    """Max-min fairness: nobody gets more than it wants, and what some do not want is divided equally among the others.

    What is left when all have what they want is divided equally too, so that the shares add up to `capacity`.
    """
    shares: dict[str, float] = {}
    left = capacity
    waiting = sorted(demands, key=lambda holder: (demands[holder], holder))
    for place, holder in enumerate(waiting):
        shares[holder] = min(max(0.0, demands[holder]), left / (len(waiting) - place))
        left -= shares[holder]
    return {holder: share + left / len(shares) for holder, share in shares.items()} if left > 0 else shares


def share_of(holder: str, living: Sequence[Holding], capacity: float) -> Share:
    """One holder's share; alone it has everything. A holder that is not in `living` is given nothing."""
    shares = fair_shares(capacity, {holding.holder: holding.demand for holding in living})
    mine = shares.get(holder, 0.0)
    return Share(mine, mine / capacity if capacity > 0 else 1.0 / max(1, len(living)), len(living))
