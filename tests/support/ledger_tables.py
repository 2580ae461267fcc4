"""The tables of a new SQLite ledger, as the migrations make them: they run once in a process, and later ledgers get what they made."""

from contextlib import closing
from functools import cache

from sqlalchemy import Connection, create_engine

from semtel_ops.store.migrations import migrate


def make_tables(connection: Connection) -> None:
    """Stands for `migrate` where a ledger is opened: it takes a tenth of the time."""
    if connection.dialect.name != "sqlite":
        migrate(connection)
        return
    for statement in _statements():
        connection.exec_driver_sql(statement)


@cache
def _statements() -> tuple[str, ...]:
    """A ledger that the migrations made, in SQL."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        migrate(connection)
    with closing(engine.raw_connection()) as made:
        begin, *statements, commit = made.driver_connection.iterdump()
    engine.dispose()
    assert (begin, commit) == ("BEGIN TRANSACTION;", "COMMIT;")
    return tuple(statements)
