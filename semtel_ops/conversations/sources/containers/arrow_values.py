"""Arrow arrays as Python values, for the types in which tables have conversations."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from semtel_ops.conversations.sources.containers.columns import as_plain
from semtel_ops.conversations.sources.json_text import text_of_bytes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICKS_PER_S = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def as_values(array: Any) -> list[Any]:
    """The values of `ArrowReader.values`."""
    return ArrowReader().values(array)


class ArrowReader:
    """Reads arrays; much faster than `to_pylist` for lists of structs, and lenient with invalid UTF-8.

    Attributes:
        replaced: whether a text was not UTF-8, so that some of its bytes became U+FFFD.
    """

    def __init__(self) -> None:
        self.replaced = False

    def values(self, array: Any) -> list[Any]:
        """One value for each element. Maps become objects, bytes the text in them; bytes that are no text remain."""
        import pyarrow as pa

        kind = array.type
        if isinstance(array, pa.ExtensionArray):
            return self.values(array.storage)
        if pa.types.is_struct(kind):
            return self._structs(array, [field.name for field in kind])
        if pa.types.is_map(kind):
            return [None if entries is None else dict(entries) for entries in array.to_pylist()]
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            return self._lists(array)
        if pa.types.is_fixed_size_list(kind):
            return self.values(array.cast(pa.list_(kind.value_type)))
        if pa.types.is_timestamp(kind):
            return [_moment(ticks, _TICKS_PER_S[kind.unit]) for ticks in array.cast(pa.int64()).to_pylist()]
        if pa.types.is_decimal(kind):
            return [as_plain(cell) for cell in array.to_pylist()]
        if pa.types.is_date(kind):
            return self.values(array.cast(pa.date64()).cast(pa.timestamp("ms")))
        if pa.types.is_dictionary(kind):
            return self._from_dictionary(array)
        if any(is_bytes(kind) for is_bytes in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)):
            return [None if cell is None else text_of_bytes(cell) for cell in array.to_pylist()]
        try:
            return list(array.to_pylist())
        except UnicodeDecodeError:
            self.replaced = True
            raw = array.cast(pa.large_binary() if pa.types.is_large_string(kind) else pa.binary()).to_pylist()
            return [None if cell is None else cell.decode("utf-8", "replace") for cell in raw]

    def _from_dictionary(self, array: Any) -> list[Any]:
        """Each value of the dictionary becomes one Python value, however often it is used, and only if it is used."""
        used = array.indices.unique().drop_null()
        values = dict(zip(used.to_pylist(), self.values(array.dictionary.take(used)), strict=True))
        return [None if index is None else values[index] for index in array.indices.to_pylist()]

    def _structs(self, array: Any, names: list[str]) -> list[Any]:
        fields = [self.values(field) for field in array.flatten()]
        rows = zip(*fields, strict=True) if fields else iter([()] * len(array))
        values = [dict(zip(names, cells, strict=True)) for cells in rows]
        return _with_nulls(array, values)

    def _lists(self, array: Any) -> list[Any]:
        offsets = array.offsets.to_pylist()
        first = offsets[0]
        items = self.values(array.values.slice(first, offsets[-1] - first))
        values = [items[start - first : end - first] for start, end in pairwise(offsets)]
        return _with_nulls(array, values)


def _moment(ticks: int | None, per_s: int) -> datetime | float | None:
    """Converts here: Arrow would import pandas, and fail for the whole column if one date is outside Python's range."""
    if ticks is None:
        return None
    try:
        return _EPOCH + timedelta(seconds=ticks // per_s, microseconds=ticks % per_s * 1_000_000 // per_s)
    except OverflowError:
        return math.inf  # not a date, which `read_date` reports for this row only


def _with_nulls(array: Any, values: list[Any]) -> list[Any]:
    if not array.null_count:
        return values
    return [value if valid else None for value, valid in zip(values, array.is_valid().to_pylist(), strict=True)]
