"""The seam to the SQL engine: name Parquet files, run a statement, write rows apart by a column. Today DuckDB, in this process.

Statements come as text that other engines could be handed through sqlglot. The engine is given narrow columns; what is wide
(the text of conversations) travels as Arrow batches, because DuckDB works on 2,048 rows at a time however large a row is.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.compute as pc

from semtel_ops.errors import StoreError
from semtel_ops.store import parquet

Connection = Any
"""A DuckDB connection; the package is imported on first use."""

_WRITE_BYTES = 32 * 1024 * 1024


@contextmanager
def connect(memory_limit: str = "256MB") -> Iterator[Connection]:
    """An engine with nothing in it; beyond `memory_limit` it works in a temporary folder that goes with it."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="semtel-sql-") as folder:
        # No extension is needed, and none is to be fetched over the network.
        # One thread: buffers are for each thread, and tasks share the machine's cores.
        settings = {
            "memory_limit": memory_limit,
            "temp_directory": folder,
            "autoinstall_known_extensions": "false",
            "threads": 1,
            "preserve_insertion_order": "false",
        }
        con = duckdb.connect(config=settings)
        try:
            yield con
        finally:
            con.close()


def read(con: Connection, name: str, urls: Sequence[str], columns: Sequence[str]) -> None:
    """Make `name` a view of Parquet files that share their columns.

    Two columns say where a row lies: `part_file`, its file's place in `urls`, and `part_row`, its row in that file, both
    counted from 0.
    """
    if not urls:
        raise StoreError(f"{name}: no files to read")
    for url in urls:
        _teach_file_system(con, url)
    selects = [
        f"select {', '.join(columns)}, {i} as part_file, file_row_number as part_row "  # noqa: S608 — names of our schemas
        f"from read_parquet('{_quoted(url)}', file_row_number = true, hive_partitioning = false)"
        for i, url in enumerate(urls)
    ]
    import duckdb

    try:
        con.execute(f"create view {name} as {' union all '.join(selects)}")
    except duckdb.Error as error:
        raise StoreError(f"{name}: cannot be read: {str(error).splitlines()[0]}; run the step that writes it") from None


def sql(con: Connection, text: str, **params: Any) -> Iterator[pa.RecordBatch]:
    """Run one statement with parameters `$name`; yields its rows in batches.

    A statement that makes a table has run when this returns. The batches of a query are made while they are read, so read
    them before the next statement.
    """
    import duckdb

    try:
        relation = con.sql(text, params=params or None)
        return iter(()) if relation is None else iter(relation.to_arrow_reader(10_000))
    except duckdb.Error as error:
        raise StoreError(f"the SQL engine stopped: {str(error).splitlines()[0]}") from error


def records(con: Connection, text: str, **params: Any) -> Iterator[dict[str, Any]]:
    """The rows of a statement as dicts. Read them before the next statement, and while the connection is open."""
    return parquet.records(sql(con, text, **params))


def value(con: Connection, text: str, **params: Any) -> Any:
    """The first column of the only row of a result."""
    return next(sql(con, text, **params)).column(0)[0].as_py()


def write_partitioned(
    batches: Iterable[pa.RecordBatch], by: str, url_of: Callable[[int], str], schema: pa.Schema, values: Sequence[int]
) -> dict[int, int]:
    """Write rows to one Parquet file for each of `values` of the integer column `by`; return how many rows each got.

    All files appear when all rows are there; a value without rows makes a file without rows. Rows keep their order.
    Batches are buffered until they are 32 MB and then written together, a row group to each file: memory is about three times
    that, however many the files.
    """
    with ExitStack() as stack:
        sinks = {v: stack.enter_context(parquet.atomic_parquet(url_of(v), schema)) for v in values}
        buffer: list[pa.RecordBatch] = []
        held_bytes = 0
        for batch in batches:
            buffer.append(batch)
            held_bytes += batch.nbytes
            if held_bytes >= _WRITE_BYTES:
                _hand_out(buffer, by, sinks)
                buffer, held_bytes = [], 0
        if buffer:
            _hand_out(buffer, by, sinks)
        return {v: sink.rows for v, sink in sinks.items()}


def _hand_out(buffer: list[pa.RecordBatch], by: str, sinks: dict[int, parquet.ParquetSink]) -> None:
    """Write the rows of each value to its sink; `buffer` is emptied, so that nothing is kept twice for longer than needed."""
    table = pa.Table.from_batches(buffer)
    buffer.clear()
    table = table.take(pc.sort_indices(table.column(by))).combine_chunks()  # a stable sort
    at = 0
    counts = pc.value_counts(table.column(by))
    for v, rows in zip(*(field.to_pylist() for field in counts.flatten()), strict=True):
        sinks[v].write_now(table.slice(at, rows))
        at += rows
    del table
    pa.default_memory_pool().release_unused()


def _teach_file_system(con: Connection, url: str) -> None:
    """Let the engine read URLs through fsspec, unless it supports their file system itself."""
    fs, _ = fsspec.core.url_to_fs(url)
    protocols = {fs.protocol} if isinstance(fs.protocol, str) else set(fs.protocol)
    if "file" not in protocols and not any(con.filesystem_is_registered(name) for name in protocols):
        con.register_filesystem(fs)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
