"""Removes conversations from the ledger: label rows, and ids in texts. What is deleted leaves the database file, too."""

from collections.abc import Collection, Iterable, Iterator

from sqlalchemy import Column, Connection, delete, func, select, text, update

from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.erasure import redact, redact_json
from semtel_ops.store.gold_tables import GOLD_TABLES
from semtel_ops.store.ledger import Ledger

# Columns that may name a conversation as an example; the second are JSON.
_TEXTS = (tables.quality_result.c.notes, tables.run.c.message, tables.alert.c.what)
_DOCUMENTS = (tables.alert.c.body,)
_IN_A_STATEMENT = 500


def erase_labels(ledger: Ledger, ids: Collection[str], *, go: bool) -> int:
    """Delete the published label rows of conversations; returns their number."""
    column = tables.label.c.conversation_id
    found = 0
    with ledger.write() if go else ledger.read() as connection:
        if go:
            _overwrite(connection)
        for some in _chunks(sorted(ids)):
            if go:
                found += connection.execute(delete(tables.label).where(column.in_(some))).rowcount
            else:
                found += connection.execute(select(func.count()).select_from(tables.label).where(column.in_(some))).scalar_one()
    return found


def erase_examples(ledger: Ledger, names: Collection[str], *, go: bool) -> int:
    """Replace ids in texts; returns their number."""
    with ledger.write() if go else ledger.read() as connection:
        if go:
            _overwrite(connection)
        found = sum(_erase_text(connection, column, names, go=go, as_json=False) for column in _TEXTS)
        return found + sum(_erase_text(connection, column, names, go=go, as_json=True) for column in _DOCUMENTS)


def erase_gold(ledger: Ledger, ids: Collection[str], *, go: bool) -> int:
    """Delete the gold rows of conversations: draws, labels of people, answers of models; returns their number."""
    found = 0
    with ledger.write() if go else ledger.read() as connection:
        if go:
            _overwrite(connection)
        for table in GOLD_TABLES:
            for some in _chunks(sorted(ids)):
                mine = table.c.conversation_id.in_(some)
                if go:
                    found += connection.execute(delete(table).where(mine)).rowcount
                else:
                    found += connection.execute(select(func.count()).select_from(table).where(mine)).scalar_one()
    return found


def erase_weeks(ledger: Ledger, weeks: Iterable[str], *, go: bool) -> int:
    """Delete the published label rows of weeks; returns their number."""
    chosen = list(weeks)
    with ledger.write() if go else ledger.read() as connection:
        if go:
            _overwrite(connection)
            return int(connection.execute(delete(tables.label).where(tables.label.c.week.in_(chosen))).rowcount)
        query = select(func.count()).select_from(tables.label).where(tables.label.c.week.in_(chosen))
        return int(connection.execute(query).scalar_one())


def compact(ledger: Ledger) -> None:
    """Give back the pages of deleted rows, which still have their bytes: VACUUM, and in SQLite also the write-ahead log."""
    changed = (tables.label, *GOLD_TABLES, *(column.table for column in (*_TEXTS, *_DOCUMENTS)))
    ledger.vacuum([table.name for table in changed])


def _erase_text(connection: Connection, column: Column[str], names: Collection[str], *, go: bool, as_json: bool) -> int:
    table, keys = column.table, list(column.table.primary_key.columns)
    found = 0
    for row in connection.execute(select(*keys, column).where(column.is_not(None))).all():
        *key, value = row
        changed, number = redact_json(value, names) if as_json else redact(value, names)
        found += number
        if number and go:
            where = [part == one for part, one in zip(keys, key, strict=True)]
            connection.execute(update(table).where(*where).values({column.name: changed}))
    return found


def _overwrite(connection: Connection) -> None:
    """Make SQLite overwrite what this transaction deletes."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA secure_delete = ON"))


def _chunks(values: list[str]) -> Iterator[list[str]]:
    return (values[at : at + _IN_A_STATEMENT] for at in range(0, len(values), _IN_A_STATEMENT))
