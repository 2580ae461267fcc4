"""Parquet: batches of few rows, and only the columns that a format uses, so a whole file is never in memory."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, BinaryIO, Final

from semtel_ops.conversations.sources.containers.columns import unfold
from semtel_ops.conversations.sources.containers.container import StoredContainer
from semtel_ops.conversations.sources.formats import fits_columns, name_columns, used_columns
from semtel_ops.conversations.sources.records import Raw, Reason, Unreadable
from semtel_ops.errors import SourceError
from semtel_ops.humanize import count

_BATCH_BYTES = 8_000_000
_MAX_BATCH_ROWS = 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICKS_PER_S = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def read_parquet(file: BinaryIO, where: str) -> Iterator[Raw | Unreadable]:
    """Yield a record for each row; rows are counted from 1 through the whole file.

    Raises:
        SourceError: the storage failed while reading.
    """
    import pyarrow as pa
    from pyarrow import parquet as pq

    row = 0
    try:
        # Buffered: a column of a large row group is read while it is decoded, not whole.
        table = pq.ParquetFile(file, buffer_size=1 << 20)
        names = table.schema_arrow.names
        if not fits_columns(names):
            detail = f"no known format has {name_columns(names)}; {count(table.metadata.num_rows, 'row')} were not read"
            yield Unreadable(where, Reason.UNKNOWN_COLUMNS, detail)
            return
        columns = used_columns(names)
        for group in range(table.num_row_groups):
            size = _batch_rows(table.metadata.row_group(group))
            for batch in table.iter_batches(size, row_groups=[group], columns=columns, use_threads=False):
                for record in _as_dicts(batch):
                    row += 1
                    yield Raw(f"{where}:row {row}", unfold(record))
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, ArithmeticError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise SourceError(f"{where}: reading failed ({error.strerror}); run the same command again to retry") from error
        yield Unreadable(where, Reason.BROKEN_FILE, f"the Parquet file is damaged after row {row}")


def _batch_rows(group: Any) -> int:
    """The number of rows that take about `_BATCH_BYTES`."""
    per_row = max(1, group.total_byte_size // max(1, group.num_rows))
    return int(max(1, min(_MAX_BATCH_ROWS, _BATCH_BYTES // per_row)))


def _as_dicts(batch: Any) -> list[dict[str, Any]]:
    columns = [as_values(column) for column in batch.columns]
    names = batch.schema.names
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def as_values(array: Any) -> list[Any]:
    """An Arrow array as Python values; much faster than `to_pylist` for lists of structs, and lenient with invalid UTF-8."""
    import pyarrow as pa

    kind = array.type
    if pa.types.is_struct(kind):
        return _structs(array, [field.name for field in kind])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _lists(array)
    if pa.types.is_timestamp(kind):
        return [_moment(ticks, _TICKS_PER_S[kind.unit]) for ticks in array.cast(pa.int64()).to_pylist()]
    try:
        return list(array.to_pylist())
    except UnicodeDecodeError:
        raw = array.cast(pa.large_binary() if pa.types.is_large_string(kind) else pa.binary()).to_pylist()
        return [None if cell is None else cell.decode("utf-8", "replace") for cell in raw]


def _moment(ticks: int | None, per_s: int) -> datetime | float | None:
    """Converts here: Arrow would import pandas, and fail for the whole column if one date is outside Python's range."""
    if ticks is None:
        return None
    try:
        return _EPOCH + timedelta(seconds=ticks // per_s, microseconds=ticks % per_s * 1_000_000 // per_s)
    except OverflowError:
        return math.inf  # not a date, which `read_date` reports for this row only


def _structs(array: Any, names: list[str]) -> list[Any]:
    fields = [as_values(field) for field in array.flatten()]
    rows = zip(*fields, strict=True) if fields else iter([()] * len(array))
    values = [dict(zip(names, cells, strict=True)) for cells in rows]
    return _with_nulls(array, values)


def _lists(array: Any) -> list[Any]:
    offsets = array.offsets.to_pylist()
    first = offsets[0]
    items = as_values(array.values.slice(first, offsets[-1] - first))
    values = [items[start - first : end - first] for start, end in pairwise(offsets)]
    return _with_nulls(array, values)


def _with_nulls(array: Any, values: list[Any]) -> list[Any]:
    if not array.null_count:
        return values
    return [value if valid else None for value, valid in zip(values, array.is_valid().to_pylist(), strict=True)]


PARQUET: Final = StoredContainer("parquet", (".parquet",), b"PAR1", read_parquet)
