"""The formats we know, and which of them a record or a table has."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from semtel_ops.conversations.model import Conversation
from semtel_ops.conversations.sources.formats.format import Format
from semtel_ops.conversations.sources.records import BadRecordError, Reason
from semtel_ops.extensions import CONVERSATION_FORMATS

# What a column's name looks like. Anything else could be a row of text where a header was expected.
_COLUMN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")
_COLUMNS_NAMED = 8


@cache
def known_formats() -> tuple[Format, ...]:
    """In the order they are tried: what asks for more fields before what asks for some of them, else as they are registered."""
    ordered: list[Format] = []
    for name in CONVERSATION_FORMATS.names():
        known: Format = CONVERSATION_FORMATS.load(name)
        at = next((at for at, other in enumerate(ordered) if other.required < known.required), len(ordered))
        ordered.insert(at, known)
    return tuple(ordered)


@cache
def nested_fields() -> frozenset[str]:
    """Fields in which a table may hold JSON, of whatever format."""
    return frozenset().union(*(known.nested for known in known_formats()))


def find_format(record: dict[str, Any]) -> Format | None:
    """The first format whose required fields the record has."""
    keys = record.keys()
    for known in known_formats():
        if keys >= known.required:
            return known
    return None


def read_record(value: Any) -> Conversation:
    """Make a conversation of one decoded record.

    Raises:
        BadRecordError: it is of no known shape, or something else is where the shape wants text.
    """
    record = as_record(value)
    known = find_format(record)
    if known is None:
        raise BadRecordError(Reason.UNKNOWN_FORMAT, f"no known format with these {len(record)} fields")
    return known.read(record)


def as_record(value: Any) -> dict[str, Any]:
    """The record as an object; a bare list of messages is one without any other field."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {"messages": value}
    raise BadRecordError(Reason.UNKNOWN_FORMAT, f"expected an object, found {type(value).__name__}")


def fits_columns(names: Iterable[str]) -> bool:
    """Whether a table with these columns holds records of a known format."""
    return find_format(dict.fromkeys(name.strip() for name in names)) is not None


def used_columns(names: Iterable[str]) -> list[str]:
    """Those of a table's columns that its format looks at, in the table's order."""
    known = find_format(dict.fromkeys(names))
    return [name for name in names if known is None or name in known.required or name in known.optional]


def name_columns(names: list[str]) -> str:
    """A table's columns for a message: a few, and only those that look like names."""
    shown = [name for name in names[:_COLUMNS_NAMED] if _COLUMN_NAME.fullmatch(name)]
    return f"{len(names)} columns ({', '.join(shown)}{', …' if len(names) > len(shown) else ''})"
