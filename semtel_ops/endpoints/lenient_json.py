"""Reads JSON as servers write it, where a strict parser would lose a reply for a detail that nobody reads."""

import json
import math
from typing import Any

import orjson

from semtel_ops.surrogates import repair_surrogates

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 200
"""Deeper values are not read, so that code that follows a value may recurse."""


def read_json(raw: bytes | str, *, max_bytes: int = MAX_BYTES) -> Any:
    """Read a JSON document; None if it is none, or is larger than `max_bytes` or deeper than `MAX_DEPTH`. Never raises.

    What standard JSON has no form for is read as far as possible: NaN and infinite numbers as None, lone surrogates and bytes
    that are not UTF-8 as U+FFFD, control characters inside strings as they are, a byte order mark as nothing. An integer beyond
    64 bits is a float.
    """
    if len(raw) > max_bytes:
        return None
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _read_leniently(raw)
    # Counting is cheap, and nearly every reply has fewer brackets than the depth that is allowed.
    brackets = raw.count(b"[") + raw.count(b"{") if isinstance(raw, bytes) else raw.count("[") + raw.count("{")
    return value if brackets <= MAX_DEPTH or not _is_deep(value) else None


def _read_leniently(raw: bytes | str) -> Any:
    text = raw if isinstance(raw, str) else raw.decode(json.detect_encoding(raw), "replace")
    try:
        value = json.loads(
            text.removeprefix("\ufeff"), strict=False, parse_constant=lambda _: None, parse_float=_finite, parse_int=_whole
        )
    except (ValueError, RecursionError):
        return None
    return None if _is_deep(value) else well_formed(value)


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _whole(digits: str) -> int | float | None:
    # Longer numbers than Python's limit of digits would raise an error.
    if len(digits) < 19:
        return int(digits)
    number = int(digits) if len(digits) <= 20 else None
    return number if number is not None and -(2**63) <= number < 2**64 else _finite(digits)


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def well_formed(value: Any) -> Any:
    """The JSON value with U+FFFD in place of lone surrogates, in keys and texts."""
    if isinstance(value, str):
        return repair_surrogates(value)
    if isinstance(value, dict):
        return {well_formed(key): well_formed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [well_formed(item) for item in value]
    return value
