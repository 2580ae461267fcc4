"""Strategy events in the ledger: classifiers whose combined labels disagreed with separate labels, for later runs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from semtel_ops.store.ledger import Ledger, upsert
from semtel_ops.store.ledger_outage import replayed
from semtel_ops.store.ledger_tables import strategy_event


@dataclass(frozen=True, slots=True)
class StrategyEvent:
    """A row of `strategy_event`; `ledger_tables` describes the columns."""

    week: str
    run_id: str
    classifier: str
    fingerprint: str
    models: str
    agreement: float
    low: float
    high: float
    n: int
    floor: float
    happened_at: datetime


class StrategyLedger:
    """The strategy events of a ledger. Does not close the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @replayed
    def save(self, events: Sequence[StrategyEvent]) -> None:
        """Record events; an event replaces the earlier event of the same run and classifier."""
        if events:
            with self._ledger.write() as connection:
                upsert(connection, strategy_event, [asdict(event) for event in events])

    @replayed
    def recent(self, *, days: float, now: datetime) -> list[StrategyEvent]:
        """Events of the last `days` days, latest first."""
        since = strategy_event.c.happened_at >= now - timedelta(days=days)
        query = select(strategy_event).where(since).order_by(strategy_event.c.happened_at.desc())
        with self._ledger.read() as connection:
            return [StrategyEvent(**row) for row in connection.execute(query).mappings()]
