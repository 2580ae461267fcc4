"""How tasks divide the capacity of an endpoint: max-min fairness, as pure arithmetic.

Bertsekas and Gallager, *Data Networks*, 2nd ed., 1992, section 6.5.2, describe max-min fairness.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Holding:
    """A task's demand at an endpoint and its use, as of its last heartbeat.

    Attributes:
        holder: id of the task.
        heartbeat_at: wall clock of the task, seconds since 1970; the clocks of several machines must agree to a second.
        demand: requests that the task could have under way.
        share: requests that the task has under way.
    """

    holder: str
    heartbeat_at: float
    demand: float
    share: float


class ShareStore(Protocol):
    """Where tasks see each other's holdings, such as the ledger. Called from a thread, once a second.

    Methods raise StoreError when the store cannot be reached.
    """

    def heartbeat(self, endpoint: str, holding: Holding, *, since: float) -> Sequence[Holding]:
        """Write a task's holding, and return all holdings with a heartbeat at or after `since` (seconds since 1970)."""
        ...

    def release(self, endpoint: str, holder: str) -> None:
        """Delete a task's holding; an unknown holder is no error."""
        ...


@dataclass(frozen=True, slots=True)
class Share:
    """A task's capacity share.

    Attributes:
        calls: requests that the task may have under way; not rounded.
        fraction: of the endpoint's capacity, and of its quota per minute.
        holders: tasks that divide the endpoint, including this task.
    """

    calls: float
    fraction: float
    holders: int


def fair_shares(capacity: float, demands: Mapping[str, float]) -> dict[str, float]:
    """Divide `capacity` among holders by max-min fairness: small demands are met, the others get equal parts of the rest.

    What is left when all demands are met is divided equally too, so that the shares add up to `capacity`.
    """
    shares: dict[str, float] = {}
    left = capacity
    waiting = sorted(demands, key=lambda holder: (demands[holder], holder))
    for position, holder in enumerate(waiting):
        shares[holder] = min(max(0.0, demands[holder]), left / (len(waiting) - position))
        left -= shares[holder]
    return {holder: share + left / len(shares) for holder, share in shares.items()} if left > 0 else shares


def share_of(holder: str, living: Sequence[Holding], capacity: float) -> Share:
    """A holder's capacity share; a single holder gets everything, a holder that is not in `living` nothing."""
    shares = fair_shares(capacity, {holding.holder: holding.demand for holding in living})
    calls = shares.get(holder, 0.0)
    return Share(calls, calls / capacity if capacity > 0 else 1.0 / max(1, len(living)), len(living))
