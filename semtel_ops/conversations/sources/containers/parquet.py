"""Parquet: batches of few rows, and only the columns that a format uses, so a whole file is never in memory."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, BinaryIO, Final

from semtel_ops.conversations.sources.containers.columns import as_fields
from semtel_ops.conversations.sources.containers.container import StoredContainer
from semtel_ops.conversations.sources.formats import canonical_names, fits_columns, name_columns, used_columns
from semtel_ops.conversations.sources.json_text import text_of_bytes
from semtel_ops.conversations.sources.records import Raw, Reason, Unreadable
from semtel_ops.errors import SourceError
from semtel_ops.humanize import count

_BATCH_BYTES = 8_000_000
_MAX_BATCH_ROWS = 1024
# A value takes a bit at least, unless a run of equal values is stored as its length.
_MANY_VALUES = 10_000_000
_MANY_VALUES_A_BYTE = 100
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
        metadata = pq.read_metadata(file)
        file.seek(0)
        # Buffered: a column of a large row group is read while it is decoded, not whole.
        table = pq.ParquetFile(file, metadata=metadata, buffer_size=1 << 20, read_dictionary=_dictionary_columns(metadata))
        names = table.schema_arrow.names
        if not fits_columns(names):
            detail = f"no known format has {name_columns(names)}; {count(table.metadata.num_rows, 'row')} were not read"
            yield Unreadable(where, Reason.UNKNOWN_COLUMNS, detail)
            return
        columns = used_columns(names)
        for group in range(table.num_row_groups):
            if (values := _repeated_values(metadata.row_group(group))) is not None:
                detail = (
                    f"row group {group + 1} has {count(values, 'value')} in a few bytes; its rows and later rows were not read"
                )
                yield Unreadable(where, Reason.EXPANDS_TOO_FAR, detail)
                return
            size = _batch_rows(metadata.row_group(group))
            for batch in table.iter_batches(size, row_groups=[group], columns=columns, use_threads=False):
                for record in _as_dicts(batch):
                    row += 1
                    yield Raw(f"{where}:row {row}", as_fields(record))
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, ArithmeticError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise SourceError(f"{where}: reading failed ({error.strerror}); run the same command again to retry") from error
        yield Unreadable(where, Reason.BROKEN_FILE, f"the Parquet file is damaged after row {row}")


def _dictionary_columns(metadata: Any) -> list[str]:
    """The columns of text that are stored as numbers into a dictionary: read as such, a text that repeats is in memory once."""
    return sorted(
        {
            column.path_in_schema
            for group in range(metadata.num_row_groups)
            for at in range(metadata.num_columns)
            if (column := metadata.row_group(group).column(at)).has_dictionary_page and column.physical_type == "BYTE_ARRAY"
        }
    )


def _repeated_values(group: Any) -> int | None:
    """The number of values of a column that is nothing but repetition, such as a list of 10^9 nulls; else None."""
    for at in range(group.num_columns):
        column = group.column(at)
        if column.num_values > _MANY_VALUES and column.num_values > _MANY_VALUES_A_BYTE * column.total_uncompressed_size:
            return int(column.num_values)
    return None


def _batch_rows(group: Any) -> int:
    """The number of rows that take about `_BATCH_BYTES`, at least a byte for each value."""
    values = max((group.column(at).num_values for at in range(group.num_columns)), default=0)
    per_row = max(1, max(group.total_byte_size, values) // max(1, group.num_rows))
    return int(max(1, min(_MAX_BATCH_ROWS, _BATCH_BYTES // per_row)))


def _as_dicts(batch: Any) -> list[dict[str, Any]]:
    columns = [as_values(column) for column in batch.columns]
    names = canonical_names(batch.schema.names)
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def as_values(array: Any) -> list[Any]:
    """An Arrow array as Python values; much faster than `to_pylist` for lists of structs, and lenient with invalid UTF-8.

    Maps become objects, bytes the text in them; bytes that are no text remain.
    """
    import pyarrow as pa

    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return as_values(array.storage)
    if pa.types.is_struct(kind):
        return _structs(array, [field.name for field in kind])
    if pa.types.is_map(kind):
        return [None if entries is None else dict(entries) for entries in array.to_pylist()]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _lists(array)
    if pa.types.is_fixed_size_list(kind):
        return as_values(array.cast(pa.list_(kind.value_type)))
    if pa.types.is_timestamp(kind):
        return [_moment(ticks, _TICKS_PER_S[kind.unit]) for ticks in array.cast(pa.int64()).to_pylist()]
    if pa.types.is_dictionary(kind):
        return _from_dictionary(array)
    if any(is_bytes(kind) for is_bytes in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)):
        return [None if cell is None else text_of_bytes(cell) for cell in array.to_pylist()]
    try:
        return list(array.to_pylist())
    except UnicodeDecodeError:
        raw = array.cast(pa.large_binary() if pa.types.is_large_string(kind) else pa.binary()).to_pylist()
        return [None if cell is None else cell.decode("utf-8", "replace") for cell in raw]


def _from_dictionary(array: Any) -> list[Any]:
    """Each value of the dictionary becomes one Python value, however often it is used, and only if it is used."""
    used = array.indices.unique().drop_null()
    values = dict(zip(used.to_pylist(), as_values(array.dictionary.take(used)), strict=True))
    return [None if index is None else values[index] for index in array.indices.to_pylist()]


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
