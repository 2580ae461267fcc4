"""Which publication the ledger has committed, and the completion of publications that were killed after their commit."""

from datetime import UTC

from sqlalchemy import Connection, select, text

from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_outage import replayed
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.store.publication import Committed, pending, settle


def lock_week(connection: Connection, week: str) -> None:
    """Exclude other publishers of the week until the transaction ends; SQLite has a single writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"semtel publish {week}"})


def committed_in(connection: Connection, week: str) -> Committed | None:
    """The publication that SQL shows, under the lock of its week."""
    lock_week(connection, week)
    table = tables.run
    query = select(table.c.run_id, table.c.finished_at).where(table.c.week == week, table.c.state == RunState.PUBLISHED)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Committed(row.run_id, None if row.finished_at is None else row.finished_at.astimezone(UTC).isoformat())


@replayed
def settle_publications(lake: Lake, ledger: Ledger | None) -> None:
    """Complete what the ledger has committed and discard the rest; one listing of a folder if there is nothing to do."""
    if not pending(lake):
        return
    if ledger is None:
        settle(lake, None)
        return
    with ledger.write() as connection:
        settle(lake, lambda week: committed_in(connection, week))
