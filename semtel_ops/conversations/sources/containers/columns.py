"""Rows of SQL and values of Parquet as records: cells have types that JSON does not know."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from semtel_ops.conversations.sources.json_text import text_of_bytes


def as_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as a record: bytes are decoded where they are text, decimals become numbers, and UUIDs text."""
    return {name: as_plain(cell) for name, cell in row.items()}


def as_plain(cell: Any) -> Any:
    """The cell in a type that formats know."""
    if isinstance(cell, bytes | bytearray | memoryview):
        return text_of_bytes(bytes(cell))
    if isinstance(cell, Decimal):
        if not cell.is_finite():
            return None
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    return str(cell) if isinstance(cell, UUID) else cell
