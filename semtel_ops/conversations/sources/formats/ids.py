"""Reads a record's id: text as it is, and numbers and bytes as text that no other id has."""

import math
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from semtel_ops.conversations.sources.formats.dates import is_missing
from semtel_ops.conversations.sources.formats.text import clean
from semtel_ops.conversations.sources.records import BadRecordError, Reason
from semtel_ops.humanize import count, number

_MAX_ID_CHARS = 512
_UUID_BYTES = 16
_EXACT_BELOW = 2.0**53
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+\d\d")
_INFINITE = (math.inf, -math.inf)


def first_id(record: dict[str, Any], names: Sequence[str]) -> str | None:
    """The first field of `names` that is not missing, as text; None where all are.

    Raises:
        BadRecordError: a value that is neither text nor a whole number nor bytes, or is too long.
    """
    for name in names:
        if (value := record.get(name)) is None:
            continue
        if isinstance(value, dict) and value.keys() == {"$oid"}:  # MongoDB
            value = value["$oid"]
        if is_missing(value) or value in _INFINITE:
            continue
        if _is_rounded(value):
            raise BadRecordError(Reason.WRONG_TYPE, f"{name}: a table or spreadsheet rounded this number; store ids as text")
        text = value if isinstance(value, str) else _text(value)
        if text is None:
            actual = type(value).__name__
            raise BadRecordError(Reason.WRONG_TYPE, f"{name}: expected text or a whole number, found {actual}")
        text = clean(text).strip()
        if len(text) > _MAX_ID_CHARS:
            raise BadRecordError(Reason.WRONG_TYPE, f"{name}: {count(len(text), 'character')}; at most {number(_MAX_ID_CHARS)}")
        if text:
            return text
    return None


def _is_rounded(value: Any) -> bool:
    """Whether other ids may have become the same number: pandas makes floats of a column with gaps, Excel keeps 15 digits."""
    if isinstance(value, float):
        return abs(value) >= _EXACT_BELOW
    return isinstance(value, str) and "E+" in value and _SCIENTIFIC.fullmatch(value) is not None


def _text(value: Any) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bytes):
        return str(UUID(bytes=value)) if len(value) == _UUID_BYTES else value.hex()
    return str(value) if isinstance(value, str | int | UUID) and not isinstance(value, bool) else None
