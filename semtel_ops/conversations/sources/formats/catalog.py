"""The registered formats, and detection of the format of a record or a table."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from semtel_ops.conversations.model import Conversation
from semtel_ops.conversations.sources.formats.format import Format
from semtel_ops.conversations.sources.formats.nested import unfolded
from semtel_ops.conversations.sources.records import BadRecordError, Reason
from semtel_ops.extensions import CONVERSATION_FORMATS
from semtel_ops.humanize import count

# Other column names could be a row of text in place of a header, and must not get into a message.
_COLUMN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")
_COLUMNS_NAMED = 8
_MESSAGE_FIELDS = frozenset({"role", "content", "sender"})


@cache
def known_formats() -> tuple[Format, ...]:
    """All formats in the order in which they are tried: a format before those that require a subset of its fields."""
    ordered: list[Format] = []
    for name in CONVERSATION_FORMATS.names():
        known: Format = CONVERSATION_FORMATS.load(name)
        position = next((index for index, other in enumerate(ordered) if other.required < known.required), len(ordered))
        ordered.insert(position, known)
    return tuple(ordered)


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
        if not _MESSAGE_FIELDS.isdisjoint(record):
            detail = "it is a message, not a conversation; put all messages of a conversation in one record"
            raise BadRecordError(Reason.UNKNOWN_FORMAT, detail)
        raise BadRecordError(Reason.UNKNOWN_FORMAT, f"no known format with its {count(len(record), 'field')}; {_expected()}")
    return read_as(known, record)


@cache
def _expected() -> str:
    """The fields by which records are recognized, of which none was there."""
    fields = dict.fromkeys(min(known.required, key=len) for known in known_formats() if len(known.required) == 1)
    return f"expected one of {', '.join(sorted(fields))}"


def read_as(known: Format, record: dict[str, Any]) -> Conversation:
    """Convert a record of a format, whose nested fields may be JSON as text.

    Raises:
        BadRecordError: a field has the wrong type.
    """
    texts = {name: unfolded(value) for name in known.nested if isinstance(value := record.get(name), str)}
    return known.read({**record, **texts} if texts else record)


def as_record(value: Any) -> dict[str, Any]:
    """The record as an object; a list is taken as the messages of a record without other fields, and text as the JSON in it.

    Raises:
        BadRecordError: neither an object nor a list.
    """
    value = unfolded(value)
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {"messages": value}
    raise BadRecordError(Reason.UNKNOWN_FORMAT, f"expected an object, found {type(value).__name__}")


@cache
def _fields_in_lower_case() -> dict[str, str]:
    return {field.lower(): field for known in known_formats() for field in (*known.optional, *known.required)}


def canonical_names(names: Iterable[str]) -> list[str]:
    """The names of a table's columns as formats spell them: databases and people write `MESSAGES` or `Conversation ID`."""
    names = [name.strip() for name in names]
    fields = _fields_in_lower_case()
    taken = {name for name in names if fields.get(name.lower()) == name}
    canonical: list[str] = []
    for name in names:
        field = fields.get(name.lower().replace(" ", "_"), name)
        canonical.append(name if field in taken else field)
        taken.add(canonical[-1])
    return canonical


def fits_columns(names: Iterable[str]) -> bool:
    """Whether a table with these columns has records of a known format."""
    return find_format(dict.fromkeys(canonical_names(names))) is not None


def columns_problem(names: Sequence[str]) -> str | None:
    """Why a table with these columns cannot be read: they fit no format, or a column that is read is there twice; else None."""
    if not fits_columns(names):
        return f"no known format with {_name_columns(names)}"
    repeated = sorted(name for name, times in Counter(used_columns(names)).items() if times > 1)
    return f"several columns are named {', '.join(repeated)}; rename all but the right one" if repeated else None


def used_columns(names: Sequence[str]) -> list[str]:
    """The columns that the table's format reads, in the table's order."""
    canonical = canonical_names(names)
    known = find_format(dict.fromkeys(canonical))
    used = None if known is None else known.required | known.optional
    return [name for name, field in zip(names, canonical, strict=True) if used is None or field in used]


def _name_columns(names: Sequence[str]) -> str:
    """A table's columns for a message: their number, and the first few that look like names."""
    shown = [name for name in names[:_COLUMNS_NAMED] if _COLUMN_NAME.fullmatch(name)]
    listed = f" ({', '.join(shown)}{', …' if len(names) > len(shown) else ''})" if shown else ""
    return f"{count(len(names), 'column')}{listed}"
