"""Parquet in: a batch at a time."""

from collections.abc import Iterator, Sequence
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from semtel_ops.errors import StoreError


def read_batches(url: str, columns: Sequence[str] | None = None, rows: int = 1_000) -> Iterator[pa.RecordBatch]:
    """Record batches of at most `rows` rows, in the file's order.

    None spans row groups, which `atomic_parquet` bounds in bytes: large rows come few at a time.
    """
    wanted = None if columns is None else list(columns)
    try:
        with fsspec.open(url, "rb") as file, pq.ParquetFile(file) as parquet:
            for group in range(parquet.num_row_groups):
                # Threads cost more than they save: tasks share the machine's cores.
                yield from parquet.iter_batches(batch_size=rows, row_groups=[group], columns=wanted, use_threads=False)
    except FileNotFoundError:
        raise StoreError(f"{url}: is not there; run the step that writes it first") from None
    except pa.ArrowInvalid as error:
        raise StoreError(f"{url}: is not a whole Parquet file ({error}); remove it and run the step again") from None


def read_rows(url: str, columns: Sequence[str] | None = None, rows: int = 1_000) -> Iterator[dict[str, Any]]:
    """Rows as dicts, holding one batch at a time."""
    for batch in read_batches(url, columns, rows):
        yield from batch.to_pylist()


def count_rows(url: str) -> int:
    """Rows in a Parquet file, from its footer; 0 where there is no file."""
    try:
        with fsspec.open(url, "rb") as file:
            return int(pq.ParquetFile(file).metadata.num_rows)
    except FileNotFoundError:
        return 0
