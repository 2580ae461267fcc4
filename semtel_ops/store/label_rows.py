"""Copies label rows from Parquet into the ledger's table `label`, a week in one transaction.

The transaction replaces the week's old rows, so a reader sees the rows of one run or the other, and a process that is killed
leaves the old rows. Rows are streamed in batches, so memory does not grow with the week.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from sqlalchemy import Connection, delete

from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.parquet import read_batches
from semtel_ops.store.published_state import lock_week
from semtel_ops.store.tables import NEWER_LABELS

BATCH_ROWS = 20_000
"""Rows in memory at a time: about 10 MB."""

_COLUMNS = [column.name for column in tables.label.columns]


def replace_week(connection: Connection, week: str, urls: Sequence[str]) -> int:
    """Replace the week's rows by those of these Parquet files (schema `LABELS`); returns the number of rows.

    Runs in the caller's transaction: others see the change when it commits.
    """
    write = _copy if connection.dialect.name == "postgresql" else _execute_many
    # A second publication of the same week waits here instead of conflicting row by row.
    lock_week(connection, week)
    connection.execute(delete(tables.label).where(tables.label.c.week == week))
    return sum(write(connection, batch) for url in urls for batch in _batches(url))


def _batches(url: str) -> Iterator[pa.RecordBatch]:
    return map(_as_sql, read_batches(url, _COLUMNS, BATCH_ROWS, newer=NEWER_LABELS))


def _as_sql(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Columns in the order of the table, with lists as JSON text."""
    lists = batch.column("labels").to_pylist()
    as_json = pa.array([None if ids is None else json.dumps(ids, ensure_ascii=False) for ids in lists], pa.string())
    columns = [as_json if name == "labels" else batch.column(name) for name in _COLUMNS]
    return pa.RecordBatch.from_arrays(columns, names=_COLUMNS)


def _execute_many(connection: Connection, batch: pa.RecordBatch) -> int:
    """For SQLite: tuples passed to the driver, twice as fast as statements that SQLAlchemy compiles."""
    position = _COLUMNS.index("classified_at")
    columns = [batch.column(name).to_pylist() for name in _COLUMNS]
    # The format of SQLAlchemy's DateTime on SQLite: UTC without a time zone.
    columns[position] = [None if time is None else f"{time:%Y-%m-%d %H:%M:%S.%f}" for time in columns[position]]
    marks = ", ".join("?" * len(_COLUMNS))
    statement = f"INSERT INTO label ({', '.join(_COLUMNS)}) VALUES ({marks})"  # noqa: S608 - names of our own columns
    if batch.num_rows:
        connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))
    return int(batch.num_rows)


def _copy(connection: Connection, batch: pa.RecordBatch) -> int:
    """For PostgreSQL: COPY of CSV that Arrow writes, without a Python object for each value."""
    columns = [_without_nul(batch.column(name)) for name in _COLUMNS]
    clean = pa.RecordBatch.from_arrays(columns, names=_COLUMNS)
    sink = pa.BufferOutputStream()
    # Values are quoted and nulls are not, so that COPY can distinguish an empty text from null.
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    pyarrow.csv.write_csv(pa.Table.from_batches([clean]), sink, write_options=options)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY label ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(memoryview(sink.getvalue()))
    return int(batch.num_rows)


def _without_nul(column: pa.Array) -> pa.Array:
    """Replace NUL by U+FFFD, since PostgreSQL does not allow NUL in text."""
    if not pa.types.is_string(column.type):
        return column
    return pc.replace_substring(column, pattern="\x00", replacement="\ufffd")
