"""Decodes JSON: strict and fast where it is well-formed, lenient where text in it is not."""

import json
import math
from decimal import Decimal
from typing import Any

import orjson


def decode_json(data: bytes | str) -> Any:
    """Parse one JSON value; all text in the result is well-formed Unicode.

    Invalid UTF-8 and lone surrogates become U+FFFD; raw control characters in strings are kept; NaN and infinities become null;
    of duplicate keys the last counts.

    Raises:
        ValueError: not a JSON value, or nested more than 1024 deep.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _decode_leniently(data)


def _decode_leniently(data: bytes | str) -> Any:
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    try:
        value = json.loads(
            text.removeprefix("\ufeff"), strict=False, parse_constant=lambda _: None, parse_float=_finite_or_none
        )
        # Escapes such as \ud83d may be lone surrogates, in keys too. Repairing the encoded text covers all of them.
        return orjson.loads(repair_surrogates(json.dumps(value, ensure_ascii=False)))
    except RecursionError:
        raise ValueError("it nests too deeply") from None


def repair_surrogates(text: str) -> str:
    """Join surrogates that form pairs; replace the others by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _finite_or_none(literal: str) -> float | None:
    number = float(literal)
    return number if math.isfinite(number) else None


def as_json(value: object) -> object:
    """Convert types of tables that JSON lacks: the `default` of `orjson.dumps`, which itself converts dates.

    Raises:
        TypeError: the type is not supported.
    """
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, set | frozenset):
        return list(value)
    raise TypeError(type(value).__name__)
