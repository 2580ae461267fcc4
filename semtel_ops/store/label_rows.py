"""Label rows from Parquet into the ledger's `label` table, a week at a time, in one transaction.

The week's old rows go and the new ones come in the same transaction, so a reader sees one run's rows or the other's, and a
process killed in the middle leaves the old ones. Rows stream in batches: memory does not grow with the week.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from sqlalchemy import Connection, delete, text

from semtel_ops.store import ledger_tables as tables

BATCH_ROWS = 20_000
"""Rows in memory at a time: about 10 MB."""

_COLUMNS = [column.name for column in tables.label.columns]


def replace_week(connection: Connection, week: str, urls: Sequence[str]) -> int:
    """Make the week's rows those of these Parquet files (schema `LABELS`); return how many.

    Runs inside the caller's transaction: nothing is seen by others until it commits.
    """
    write = _copy if connection.dialect.name == "postgresql" else _execute_many
    if connection.dialect.name == "postgresql":
        # A second publication of the same week waits here instead of colliding row by row.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"semtel publish {week}"})
    connection.execute(delete(tables.label).where(tables.label.c.week == week))
    return sum(write(connection, batch) for url in urls for batch in _batches(url))


def _batches(url: str) -> Iterator[pa.RecordBatch]:
    with fsspec.open(url, "rb") as file:
        parquet = pq.ParquetFile(file)
        for batch in parquet.iter_batches(batch_size=BATCH_ROWS, columns=_COLUMNS):
            yield _as_sql(batch)


def _as_sql(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Columns in the table's order, lists as JSON text."""
    lists = batch.column("labels").to_pylist()
    spelled = pa.array([None if one is None else json.dumps(one, ensure_ascii=False) for one in lists], pa.string())
    columns = [spelled if name == "labels" else batch.column(name) for name in _COLUMNS]
    return pa.RecordBatch.from_arrays(columns, names=_COLUMNS)


def _execute_many(connection: Connection, batch: pa.RecordBatch) -> int:
    """SQLite: plain tuples through the driver, twice as fast as statements that SQLAlchemy compiles."""
    at = _COLUMNS.index("classified_at")
    columns = [batch.column(name).to_pylist() for name in _COLUMNS]
    # The spelling SQLAlchemy's own DateTime uses on SQLite: UTC without a zone.
    columns[at] = [None if time is None else f"{time:%Y-%m-%d %H:%M:%S.%f}" for time in columns[at]]
    marks = ", ".join("?" * len(_COLUMNS))
    statement = f"INSERT INTO label ({', '.join(_COLUMNS)}) VALUES ({marks})"  # noqa: S608 - names of our own columns
    if batch.num_rows:
        connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))
    return int(batch.num_rows)


def _copy(connection: Connection, batch: pa.RecordBatch) -> int:
    """PostgreSQL: COPY of CSV that Arrow writes, without a Python object for each value."""
    columns = [_without_nul(batch.column(name)) for name in _COLUMNS]
    clean = pa.RecordBatch.from_arrays(columns, names=_COLUMNS)
    sink = pa.BufferOutputStream()
    # Every value is quoted and a null is not, which is how COPY tells an empty text from none.
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    pyarrow.csv.write_csv(pa.Table.from_batches([clean]), sink, write_options=options)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY label ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(memoryview(sink.getvalue()))
    return int(batch.num_rows)


def _without_nul(column: pa.Array) -> pa.Array:
    """PostgreSQL keeps no NUL in text; an id that has one is stored with U+FFFD in its place."""
    if not pa.types.is_string(column.type):
        return column
    return pc.replace_substring(column, pattern="\x00", replacement="\ufffd")
