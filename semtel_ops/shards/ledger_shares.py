"""Shares endpoint limits through the ledger, so that tasks running at the same time divide each endpoint's capacity."""

import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from semtel_ops.clock import Clock
from semtel_ops.concurrency import EndpointLimiter, Holding, ShareKeeper
from semtel_ops.errors import StoreError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import ledger_of_environment
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_outage import IMPATIENT
from semtel_ops.store.ledger_rows import EndpointShare

log = logging.getLogger(__name__)


class LedgerShares:
    """A `ShareStore` over the ledger's `endpoint_share`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def heartbeat(self, endpoint: str, holding: Holding, *, since: float) -> Sequence[Holding]:
        self._ledger.hold_share(EndpointShare(endpoint, holding.holder, holding.heartbeat_at, holding.demand, holding.share))
        living = self._ledger.live_shares(endpoint, since=since)
        return [Holding(row.holder, row.heartbeat_at, row.demand, row.share) for row in living]

    def release(self, endpoint: str, holder: str) -> None:
        self._ledger.release_share(endpoint, holder)


@contextmanager
def share_keepers(plan: RunPlan, shard: int, limiters: Sequence[EndpointLimiter], clock: Clock) -> Iterator[list[ShareKeeper]]:
    """One keeper for each limiter of a shard's task; none where the run has no ledger, or it does not answer.

    A task without keepers finds its limits alone: slower to settle beside others, never wrong. So a heartbeat waits for no
    database, while all other uses of the ledger do.
    """
    try:
        ledger = ledger_of_environment(IMPATIENT) if plan.ledger else None
    except StoreError as error:
        log.warning("capacity is not coordinated with other tasks: %s", error)
        ledger = None
    if ledger is None:
        yield []
        return
    with ledger:
        holder = f"{plan.run_id}/shard-{shard}/{secrets.token_hex(4)}"
        yield [ShareKeeper(limiter, LedgerShares(ledger), holder, clock) for limiter in limiters]
