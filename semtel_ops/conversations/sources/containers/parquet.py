"""Parquet: batches of few rows, and only the columns that a format uses, so a whole file is never in memory."""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from semtel_ops.conversations.sources.containers.arrow_values import ArrowReader
from semtel_ops.conversations.sources.containers.container import StoredContainer
from semtel_ops.conversations.sources.formats import canonical_names, columns_problem, used_columns
from semtel_ops.conversations.sources.records import Raw, Reason, Unreadable
from semtel_ops.errors import SourceError
from semtel_ops.humanize import count

_BATCH_BYTES = 8_000_000
_MAX_BATCH_ROWS = 1024
# A value in a list takes a bit at least, unless a run of equal values is stored as its length.
_MANY_VALUES = 1_000_000
_MANY_VALUES_A_BYTE = 100


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
        if (problem := columns_problem(names)) is not None:
            detail = f"{problem}; {count(table.metadata.num_rows, 'row')} not read"
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
                for record, repair in _records(batch):
                    row += 1
                    yield Raw(f"{where}:row {row}", record, repair)
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
    """The number of values of a list that is nothing but repetition, such as 10^9 nulls; else None.

    Columns with a value for each row are no lists: a file in one language has the word for it once.
    """
    for at in range(group.num_columns):
        column = group.column(at)
        in_lists = column.num_values - group.num_rows
        if in_lists > _MANY_VALUES and in_lists > _MANY_VALUES_A_BYTE * column.total_uncompressed_size:
            return int(column.num_values)
    return None


def _batch_rows(group: Any) -> int:
    """The number of rows that take about `_BATCH_BYTES`, at least a byte for each value."""
    values = max((group.column(at).num_values for at in range(group.num_columns)), default=0)
    per_row = max(1, max(group.total_byte_size, values) // max(1, group.num_rows))
    return int(max(1, min(_MAX_BATCH_ROWS, _BATCH_BYTES // per_row)))


def _records(batch: Any) -> Iterator[tuple[dict[str, Any], str | None]]:
    """The rows, and what was done to read them."""
    reader = ArrowReader()
    columns = [reader.values(column) for column in batch.columns]
    names = canonical_names(batch.schema.names)
    for cells in zip(*columns, strict=True):
        replaced = reader.replaced and "\ufffd" in repr(cells)
        yield dict(zip(names, cells, strict=True)), "text is not UTF-8; such bytes became U+FFFD" if replaced else None


PARQUET: Final = StoredContainer("parquet", (".parquet",), b"PAR1", read_parquet)
