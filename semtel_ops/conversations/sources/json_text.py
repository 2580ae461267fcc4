"""JSON from bytes and back: strictly where it is well-formed, leniently where people's text made it not."""

import json
import math
from decimal import Decimal
from typing import Any

import orjson


def decode_json(data: bytes | str) -> Any:
    """Parse one JSON value; text in it is well-formed Unicode, whatever came in.

    Invalid UTF-8 and lone surrogates become U+FFFD; raw control characters in strings are kept; NaN and infinities become null;
    of duplicate keys the last one counts.

    Raises:
        ValueError: it is no JSON value, or nests deeper than 1024.
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
        # Escapes such as \ud83d may stand alone, in keys too; mended in the spelling, they are mended everywhere at once.
        return orjson.loads(mend_surrogates(json.dumps(value, ensure_ascii=False)))
    except RecursionError:
        raise ValueError("it nests too deeply") from None


def mend_surrogates(text: str) -> str:
    """Join surrogates that form pairs; replace the others by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _finite_or_none(spelled: str) -> float | None:
    number = float(spelled)
    return number if math.isfinite(number) else None


def as_json(value: object) -> object:
    """Spell for orjson (its `default`) what tables hold and JSON does not; dates it knows itself."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, set | frozenset):
        return list(value)
    raise TypeError(type(value).__name__)
