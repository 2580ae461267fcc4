"""Reads and writes Parquet files in batches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from semtel_ops.errors import StoreError
from semtel_ops.store.files import atomic_write


def read_batches(url: str, columns: Sequence[str] | None = None, rows: int = 1_000) -> Iterator[pa.RecordBatch]:
    """Record batches of at most `rows` rows, in the order of the file.

    No batch spans row groups, whose bytes `atomic_parquet` bounds, so batches of large rows are small.

    Raises:
        StoreError: the file does not exist or is not a complete Parquet file.
    """
    wanted = None if columns is None else list(columns)
    try:
        with fsspec.open(url, "rb") as file, pq.ParquetFile(file) as parquet:
            for group in range(parquet.num_row_groups):
                # No threads: tasks share the machine's cores, and threads cost more than they save.
                yield from parquet.iter_batches(batch_size=rows, row_groups=[group], columns=wanted, use_threads=False)
    except FileNotFoundError:
        raise StoreError(f"{url}: does not exist; run the step that writes it first") from None
    except pa.ArrowInvalid as error:
        raise StoreError(f"{url}: is not a complete Parquet file ({error}); remove it and run the step again") from None


def read_rows(url: str, columns: Sequence[str] | None = None, rows: int = 1_000) -> Iterator[dict[str, Any]]:
    """Rows as dicts, with a batch of at most `rows` rows in memory; raises as `read_batches` does."""
    return records(read_batches(url, columns, rows))


def records(batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    """The rows of batches as dicts, one batch at a time."""
    return (row for batch in batches for row in batch.to_pylist())


def count_rows(url: str) -> int:
    """Number of rows in a Parquet file, from its footer; 0 if there is no file."""
    try:
        with fsspec.open(url, "rb") as file:
            return int(pq.ParquetFile(file).metadata.num_rows)
    except FileNotFoundError:
        return 0


_GROUP_BYTES = 32 * 1024 * 1024
_GROUP_ROWS = 50_000


class ParquetSink:
    """Buffers rows, and writes a row group when it has `group_bytes` or 50,000 rows.

    Attributes:
        rows: number of rows received so far.
    """

    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema, group_bytes: int = _GROUP_BYTES) -> None:
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
def atomic_parquet(url: str, schema: pa.Schema, group_bytes: int = _GROUP_BYTES) -> Iterator[ParquetSink]:
    """Write a Parquet file, which appears only if the block ends without an exception.

    Calls may add any number of rows; memory holds about one row group of `group_bytes`. Without rows, the file is empty but has
    the schema, so that readers need no special case.
    """
    with atomic_write(url) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        sink = ParquetSink(writer, schema, group_bytes)
        yield sink
        sink.close()
