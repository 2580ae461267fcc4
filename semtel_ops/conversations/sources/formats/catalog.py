"""The registered formats, and detection of the format of a record or a table."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from semtel_ops.conversations.model import Conversation
from semtel_ops.conversations.sources.formats.format import Format
from semtel_ops.conversations.sources.records import BadRecordError, Reason
from semtel_ops.extensions import CONVERSATION_FORMATS

# Other column names could be a row of text in place of a header, and must not get into a message.
_COLUMN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")
_COLUMNS_NAMED = 8


@cache
def known_formats() -> tuple[Format, ...]:
    """All formats in the order in which they are tried: a format before those that require a subset of its fields."""
    ordered: list[Format] = []
    for name in CONVERSATION_FORMATS.names():
        known: Format = CONVERSATION_FORMATS.load(name)
        position = next((index for index, other in enumerate(ordered) if other.required < known.required), len(ordered))
        ordered.insert(position, known)
    return tuple(ordered)


@cache
def nested_fields() -> frozenset[str]:
    """Fields in which a table may have JSON as text, of all formats."""
    return frozenset().union(*(known.nested for known in known_formats()))


def find_format(record: dict[str, Any]) -> Format | None:
    """The first format whose required fields the record has."""
    keys = record.keys()
    for known in known_formats():
        if keys >= known.required:
            return known
    return None


def read_record(value: Any) -> Conversation:
    """Convert a decoded record.

    Raises:
        BadRecordError: no format fits, or a field has the wrong type.
    """
    record = as_record(value)
    known = find_format(record)
    if known is None:
        raise BadRecordError(Reason.UNKNOWN_FORMAT, f"no known format with these {len(record)} fields")
    return known.read(record)


def as_record(value: Any) -> dict[str, Any]:
    """The record as an object; a list is taken as the messages of a record without other fields.

    Raises:
        BadRecordError: neither an object nor a list.
    """
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {"messages": value}
    raise BadRecordError(Reason.UNKNOWN_FORMAT, f"expected an object, found {type(value).__name__}")


def fits_columns(names: Iterable[str]) -> bool:
    """Whether a table with these columns has records of a known format."""
    return find_format(dict.fromkeys(name.strip() for name in names)) is not None


def used_columns(names: Iterable[str]) -> list[str]:
    """The columns that the table's format reads, in the table's order."""
    known = find_format(dict.fromkeys(names))
    return [name for name in names if known is None or name in known.required or name in known.optional]


def name_columns(names: list[str]) -> str:
    """A table's columns for a message: their number, and the first few that look like names."""
    shown = [name for name in names[:_COLUMNS_NAMED] if _COLUMN_NAME.fullmatch(name)]
    return f"{len(names)} columns ({', '.join(shown)}{', …' if len(names) > len(shown) else ''})"
