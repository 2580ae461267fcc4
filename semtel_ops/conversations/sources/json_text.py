"""Decodes JSON: strict and fast where it is well-formed, lenient where text in it is not."""

import json
import math
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from semtel_ops.conversations.sources.encodings import decode_anyway
from semtel_ops.surrogates import repair_surrogates


class Json(NamedTuple):
    """A value, and what was done to read it; None where it is well-formed JSON."""

    value: Any
    repair: str | None


def decode_json(data: bytes | str) -> Any:
    """The value of `read_json`.

    Raises:
        ValueError: not a JSON value, or nested more than 1024 deep.
    """
    return read_json(data).value


def read_json(data: bytes | str) -> Json:
    """Parse one JSON value; all text in the result is well-formed Unicode.

    Whole numbers of any size are exact in the fields of an object, and of the objects of a list. Bytes that are not UTF-8 are
    read as Windows-1252 where that is plausible, else they become U+FFFD, as lone surrogates do; raw control characters in
    strings are kept; NaN and infinities become null; of duplicate keys the last counts.

    Raises:
        ValueError: not a JSON value, or nested more than 1024 deep.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return _read_leniently(data, str(error))
    objects = (value,) if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in objects:
        if isinstance(each, dict) and any(map(_may_be_whole, each.values())):
            return _read_leniently(data, "")
    return Json(value, None)


def _may_be_whole(value: Any) -> bool:
    """Whether a field may have been a whole number beyond 64 bits, such as an id, before it became a float."""
    return type(value) is float and abs(value) >= 2.0**63


def _read_leniently(data: bytes | str, cause: str) -> Json:
    text, repair = (data, None) if isinstance(data, str) else decode_anyway(data)
    try:
        value = json.loads(
            text.removeprefix("\ufeff"),
            strict=False,
            parse_constant=lambda _: None,
            parse_float=_finite_or_none,
            parse_int=_whole,
        )
        # Escapes such as \ud83d may be lone surrogates, in keys too. Repairing the encoded text covers all of them.
        # Not by orjson, which turns whole numbers beyond 64 bits into floats.
        value = json.loads(repair_surrogates(json.dumps(value, ensure_ascii=False)))
    except RecursionError:
        raise ValueError("it nests too deeply") from None
    except json.JSONDecodeError as error:
        # Its `doc` is the data, which must not get into a message.
        raise ValueError(f"not JSON at character {error.pos + 1}: {error.msg}") from None
    return Json(value, repair or next((said for word, said in _REPAIRS if word in cause), None))


# By words of orjson's messages, which have no text of the data.
_REPAIRS = (
    ("control character", "a string has raw control characters, which were kept"),
    ("surrogate", "a lone surrogate became U+FFFD"),
)


def _finite_or_none(literal: str) -> float | None:
    number = float(literal)
    return number if math.isfinite(number) else None


def _whole(literal: str) -> int | str:
    """The number; as text where it has more digits than Python converts."""
    return int(literal) if len(literal) <= _MAX_DIGITS else literal


_MAX_DIGITS = 1000
_UUID_BYTES = 16


def text_of_bytes(data: bytes) -> str | bytes:
    """The text that bytes are in UTF-8, or the bytes: an id, for example, that is no text."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    # The bytes of some UUIDs happen to be UTF-8, but are nothing to print.
    return text if len(data) != _UUID_BYTES or text.isprintable() else data


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
