"""The SQL engine, DuckDB in this process: reads Parquet files, runs statements, writes rows partitioned by a column.

Statements should read narrow columns only. Wide columns (the text of conversations) are passed as Arrow batches instead,
because DuckDB processes 2,048 rows at a time regardless of their size.
"""

import itertools
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.compute as pc

from semtel_ops.errors import StoreError
from semtel_ops.store import parquet
from semtel_ops.store.files import how_to_repair, is_local
from semtel_ops.store.seal import open_footer, verify

Connection = Any
"""A DuckDB connection; the package is imported on first use."""

_WRITE_BYTES = 32 * 1024 * 1024


@dataclass(slots=True)
class _Instance:
    """DuckDB as this process runs it, with the file systems that it reads through, by protocol."""

    con: Connection
    folder: tempfile.TemporaryDirectory[str]
    file_systems: dict[str, Any] = field(default_factory=dict)


_instances: dict[int, _Instance] = {}
"""By process id, since a forked process must not use its parent's."""
_numbers = itertools.count()


@contextmanager
def connect() -> Iterator[Connection]:
    """An empty database.

    Starting DuckDB takes 13 ms, so a process starts it once, and each connection gets a new database in that instance. All
    databases of a process together have 256 MB; beyond, they spill to a temporary folder.
    """
    con, name = _instance().con.cursor(), f"database_{next(_numbers)}"
    try:
        con.execute(f"attach ':memory:' as {name}")
        con.execute(f"use {name}")
        try:
            yield con
        finally:
            con.execute("use memory")
            con.execute(f"detach {name}")
    finally:
        con.close()


def _instance() -> _Instance:
    if os.getpid() not in _instances:
        import duckdb

        folder = tempfile.TemporaryDirectory(prefix="semtel-sql-")
        # Extensions are not needed, and must not be downloaded.
        # One thread: each thread has its own buffers, and tasks share the machine's cores.
        settings = {
            "memory_limit": "256MB",
            "temp_directory": folder.name,
            "autoinstall_known_extensions": "false",
            "threads": 1,
            "preserve_insertion_order": "false",
        }
        _instances[os.getpid()] = _Instance(duckdb.connect(config=settings), folder)
    return _instances[os.getpid()]


def read(
    con: Connection,
    name: str,
    urls: Sequence[str],
    columns: Sequence[str],
    *,
    newer: Mapping[str, pa.DataType] | None = None,
) -> None:
    """Make `name` a view of Parquet files that share their columns.

    Two columns locate a row: `part_file`, the index of its file in `urls`, and `part_row`, its index in that file, both
    from 0. The engine does not check the bytes that it reads, so they are verified before.

    Args:
        newer: text columns that files of earlier releases lack; they are null there.

    Raises:
        DamagedFileError: a file is damaged, or belongs to another run or shard.
        StoreError: a file does not exist or lacks a column.
    """
    if not urls:
        raise StoreError(f"{name}: no files to read")
    for url in urls:
        try:
            verify(url)
        except FileNotFoundError:
            raise StoreError(f"{url}: does not exist; {how_to_repair(url)}") from None
        _register_file_system(url)
    selects = [
        f"select {_selected(url, columns, newer or {})}, {i} as part_file, file_row_number as part_row "  # noqa: S608 — names of our schemas
        f"from read_parquet('{_quoted(url)}', file_row_number = true, hive_partitioning = false)"
        for i, url in enumerate(urls)
    ]
    import duckdb

    try:
        con.execute(f"create view {name} as {' union all '.join(selects)}")
    except duckdb.Error as error:
        raise StoreError(f"{name}: cannot be read: {str(error).splitlines()[0]}; run the step that writes it") from None


def _selected(url: str, columns: Sequence[str], newer: Mapping[str, pa.DataType]) -> str:
    """The columns of a file as SQL, with a null for what an earlier release did not write."""
    if newer.keys().isdisjoint(columns):
        return ", ".join(columns)
    with open_footer(url) as opened:
        found = set(opened.metadata.schema.to_arrow_schema().names)
    return ", ".join(f"null::varchar as {name}" if name in newer and name not in found else name for name in columns)


def sql(con: Connection, text: str, **params: Any) -> Iterator[pa.RecordBatch]:
    """Run a statement with parameters `$name`; returns its rows in batches.

    A statement that creates a table has run when this returns. The batches of a query are computed while they are read: read
    them before the next statement.
    """
    import duckdb

    try:
        relation = con.sql(text, params=params or None)
    except duckdb.Error as error:
        raise _stopped(error) from error
    return iter(()) if relation is None else _batches(relation)


def _batches(relation: Any) -> Iterator[pa.RecordBatch]:
    import duckdb

    try:
        yield from relation.to_arrow_reader(10_000)
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise _stopped(error) from error


def _stopped(error: Exception) -> StoreError:
    return StoreError(f"the SQL engine stopped: {(str(error).splitlines() or [type(error).__name__])[0]}")


def records(con: Connection, text: str, **params: Any) -> Iterator[dict[str, Any]]:
    """The rows of a statement as dicts. Read them before the next statement, and while the connection is open."""
    return parquet.records(sql(con, text, **params))


def value(con: Connection, text: str, **params: Any) -> Any:
    """The first column of the only row of a result."""
    return next(sql(con, text, **params)).column(0)[0].as_py()


def write_partitioned(
    batches: Iterable[pa.RecordBatch], by: str, url_of: Callable[[int], str], schema: pa.Schema, values: Sequence[int]
) -> dict[int, int]:
    """Write rows to a Parquet file for each of `values` of the integer column `by`; return the rows of each file.

    The files appear when all rows are written; a value without rows has a file without rows. Rows keep their order. Batches are
    buffered up to 32 MB and then written together, a row group per file: the memory needed is about three times that,
    regardless of the number of files.
    """
    with ExitStack() as stack:
        sinks = {v: stack.enter_context(parquet.atomic_parquet(url_of(v), schema)) for v in values}
        buffer: list[pa.RecordBatch] = []
        buffer_bytes = 0
        for batch in batches:
            buffer.append(batch)
            buffer_bytes += batch.nbytes
            if buffer_bytes >= _WRITE_BYTES:
                _write_buffer(buffer, by, sinks)
                buffer, buffer_bytes = [], 0
        if buffer:
            _write_buffer(buffer, by, sinks)
        return {v: sink.rows for v, sink in sinks.items()}


def _write_buffer(buffer: list[pa.RecordBatch], by: str, sinks: dict[int, parquet.ParquetSink]) -> None:
    """Write the rows of each value to its sink and empty `buffer`, so that rows are in memory twice only briefly."""
    table = pa.Table.from_batches(buffer)
    buffer.clear()
    table = table.take(pc.sort_indices(table.column(by))).combine_chunks()  # a stable sort
    at = 0
    counts = pc.value_counts(table.column(by))
    for v, rows in zip(*(column.to_pylist() for column in counts.flatten()), strict=True):
        sinks[v].write_now(table.slice(at, rows))
        at += rows
    del table
    pa.default_memory_pool().release_unused()


def _register_file_system(url: str) -> None:
    """Let the engine read URLs through fsspec, unless it supports their file system itself."""
    fs, _ = fsspec.core.url_to_fs(url)
    protocols = {fs.protocol} if isinstance(fs.protocol, str) else set(fs.protocol)
    instance = _instance()
    if is_local(fs) or all(instance.file_systems.get(name) is fs for name in protocols):
        return
    for name in protocols & instance.file_systems.keys():
        # The same protocol with other settings, such as renewed keys.
        instance.con.unregister_filesystem(name)
    instance.con.register_filesystem(fs)
    instance.file_systems |= dict.fromkeys(protocols, fs)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
