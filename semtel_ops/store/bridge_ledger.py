"""Bridges in the ledger: the changes of published weeks whose labeller is another one than that of the week before."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, select

from semtel_ops.store.ledger import Ledger, upsert
from semtel_ops.store.ledger_outage import replayed
from semtel_ops.store.ledger_tables import bridge


@dataclass(frozen=True, slots=True)
class BridgeRow:
    """A row of `bridge`; `bridge_tables` describes the columns."""

    week: str
    classifier: str
    label: str
    run_id: str
    week_before: str
    labeller_before: str
    labeller: str
    m: int
    only_before: int
    only_now: int
    share_before: float
    labeller_change: float
    labeller_low: float
    labeller_high: float
    labeller_p: float
    labeller_is_real: bool
    seen_before: float
    seen_low: float
    seen_high: float
    seen_effective_n: float
    users_change: float
    users_low: float
    users_high: float
    users_p: float
    users_is_real: bool


class BridgeLedger:
    """The bridges of a ledger. Does not close the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @replayed
    def rows(self, weeks: Sequence[str] | None = None, *, classifier: str | None = None) -> list[BridgeRow]:
        """Changes over bridges, by week, classifier and label; optionally only of these weeks, or of a classifier."""
        query = select(bridge).order_by(bridge.c.week, bridge.c.classifier, bridge.c.label)
        if weeks is not None:
            query = query.where(bridge.c.week.in_(weeks))
        if classifier is not None:
            query = query.where(bridge.c.classifier == classifier)
        with self._ledger.read() as connection:
            return [BridgeRow(**row) for row in connection.execute(query).mappings()]


def replace_bridges(connection: Connection, week: str, rows: Sequence[BridgeRow]) -> None:
    """Replace the bridges of a week, in the transaction of a publication."""
    connection.execute(delete(bridge).where(bridge.c.week == week))
    upsert(connection, bridge, [asdict(row) for row in rows])
