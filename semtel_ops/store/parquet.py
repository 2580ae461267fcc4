"""Reads and writes Parquet files in batches; what is written is sealed, and what is read was verified."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from semtel_ops.errors import DamagedFileError, StoreError
from semtel_ops.store.files import atomic_write, how_to_repair, reason_of
from semtel_ops.store.seal import SealedWriter, open_footer, open_verified


def read_batches(
    url: str,
    columns: Sequence[str] | None = None,
    rows: int = 1_000,
    *,
    newer: Mapping[str, pa.DataType] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Record batches of at most `rows` rows, in the order of the file, once every byte of it is verified.

    No batch spans row groups, whose bytes `atomic_parquet` bounds, so batches of large rows are small. The columns are in the
    order of `columns`.

    Args:
        newer: columns that files of earlier releases lack, with their types; they are null there.

    Raises:
        DamagedFileError: the file is damaged, belongs to another run or shard, or lacks a column.
        StoreError: the file does not exist or cannot be read.
    """
    wanted = None if columns is None else list(columns)
    try:
        with open_verified(url) as opened, opened.parquet() as parquet:
            missing = [name for name in wanted or () if name not in parquet.schema_arrow.names]
            nulls = {name: newer[name] for name in missing if newer and name in newer}
            missing = [name for name in missing if name not in nulls]
            if missing:
                raise DamagedFileError(f"{url}: is another kind of file, without the column {missing[0]}; {how_to_repair(url)}")
            for group in range(parquet.num_row_groups):
                # No threads: tasks share the machine's cores, and threads cost more than they save.
                for batch in parquet.iter_batches(batch_size=rows, row_groups=[group], columns=wanted, use_threads=False):
                    if not opened.sealed:
                        batch.validate(full=True)  # texts that are no UTF-8, for example
                    yield _with_nulls(batch, wanted, nulls) if wanted and nulls else batch
    except FileNotFoundError:
        raise StoreError(f"{url}: does not exist; run the step that writes it first") from None
    except (pa.ArrowException, OSError) as error:
        raise unreadable(url, error) from None


def _with_nulls(batch: pa.RecordBatch, wanted: Sequence[str], nulls: Mapping[str, pa.DataType]) -> pa.RecordBatch:
    columns = [pa.nulls(batch.num_rows, nulls[name]) if name in nulls else batch.column(name) for name in wanted]
    return pa.RecordBatch.from_arrays(columns, names=list(wanted))


def unreadable(url: str, error: Exception) -> StoreError:
    """The error of a file that Arrow cannot read: the system's, which may pass, or damage."""
    if isinstance(error, OSError) and error.errno is not None:
        return StoreError(f"{url}: cannot be read: {reason_of(error)}")
    return DamagedFileError(f"{url}: is damaged ({error}); {how_to_repair(url)}")


def read_rows(url: str, columns: Sequence[str] | None = None, rows: int = 1_000) -> Iterator[dict[str, Any]]:
    """Rows as dicts, with a batch of at most `rows` rows in memory; raises as `read_batches` does."""
    return records(read_batches(url, columns, rows))


def records(batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    """The rows of batches as dicts, one batch at a time."""
    return (row for batch in batches for row in batch.to_pylist())


def claimed_rows(url: str) -> int | None:
    """Number of rows that the verified footer of a file claims, without reading the rows; None if there is no file.

    Raises:
        DamagedFileError: the footer is damaged.
    """
    try:
        with open_footer(url) as opened:
            return int(opened.metadata.num_rows)
    except FileNotFoundError:
        return None


def count_rows(url: str) -> int:
    """Number of rows in a Parquet file, from its footer; 0 if there is no file.

    Raises:
        DamagedFileError: the file is damaged, or belongs to another run or shard.
    """
    try:
        with open_verified(url) as opened:
            return int(opened.metadata.num_rows)
    except FileNotFoundError:
        return 0


_GROUP_BYTES = 32 * 1024 * 1024
_GROUP_ROWS = 50_000


class ParquetSink:
    """Buffers rows, and writes a row group when it has `group_bytes` or 50,000 rows.

    Attributes:
        rows: number of rows received so far.
    """

    def __init__(self, writer: SealedWriter, schema: pa.Schema, group_bytes: int = _GROUP_BYTES) -> None:
        self._writer = writer
        self._schema = schema
        self._group_bytes = group_bytes
        self._buffered: list[pa.RecordBatch] = []
        self._buffered_bytes = 0
        self._buffered_rows = 0
        self.rows = 0

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows; a missing column becomes null, and an unknown column is dropped."""
        if rows:
            self.write_batch(pa.RecordBatch.from_pylist(list(rows), schema=self._schema))

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Add a batch, which must have the schema of the file."""
        self._buffered.append(batch)
        self._buffered_bytes += batch.nbytes
        self._buffered_rows += batch.num_rows
        self.rows += batch.num_rows
        if self._buffered_bytes >= self._group_bytes or self._buffered_rows >= _GROUP_ROWS:
            self._flush()

    def write_now(self, table: pa.Table) -> None:
        """Write the buffered rows, then these rows as a row group."""
        self._flush()
        self.rows += table.num_rows
        self._writer.write_table(table)

    def _flush(self) -> None:
        if self._buffered:
            self._writer.write_table(pa.Table.from_batches(self._buffered, schema=self._schema))
        self._buffered, self._buffered_bytes, self._buffered_rows = [], 0, 0

    def close(self) -> None:
        """Write the buffered rows."""
        self._flush()


@contextmanager
def atomic_parquet(
    url: str, schema: pa.Schema, group_bytes: int = _GROUP_BYTES, place: str | None = None
) -> Iterator[ParquetSink]:
    """Write a Parquet file, which appears only if the block ends without an exception.

    Calls may add any number of rows; memory holds about one row group of `group_bytes`. Without rows, the file is empty but has
    the schema, so that readers need no special case. `place` as in `SealedWriter`.
    """
    with atomic_write(url) as file, SealedWriter(file, schema, url, place) as writer:
        sink = ParquetSink(writer, schema, group_bytes)
        yield sink
        sink.close()


def write_table(url: str, table: pa.Table, block_rows: int | None = None) -> None:
    """Write a table atomically, in blocks of `block_rows` rows that are verified separately; None: one block."""
    with atomic_write(url) as file, SealedWriter(file, table.schema, url) as writer:
        for start in range(0, len(table), block_rows or len(table) or 1):
            writer.write_table(table.slice(start, block_rows))
