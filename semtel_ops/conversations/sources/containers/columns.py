"""Rows of CSV, Parquet and SQL as records: cells may contain JSON as text, and have types that JSON does not know."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from semtel_ops.conversations.sources.formats import nested_fields
from semtel_ops.conversations.sources.json_text import decode_json


def unfold(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as a record: JSON in its cells is parsed, bytes are decoded, decimals become numbers, and UUIDs text."""
    record: dict[str, Any] = {}
    nested = nested_fields()
    for name, cell in row.items():
        value = _plain(cell)
        if isinstance(value, str) and name in nested and value[:1] in {"[", "{"}:
            value = _parsed(value)
        record[name] = value
    return record


def _plain(cell: Any) -> Any:
    """The cell in a type that formats know."""
    if isinstance(cell, bytes | bytearray | memoryview):
        return bytes(cell).decode("utf-8", "replace")
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    return str(cell) if isinstance(cell, UUID) else cell


def _parsed(cell: str) -> Any:
    try:
        return decode_json(cell)
    except ValueError:
        return cell  # plain text that begins with a bracket
