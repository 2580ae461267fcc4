"""Finds objects inside a text: gateways write the error of the server behind them into a message, as JSON or as Python."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from semtel_ops.endpoints.lenient_json import read_json

_MAX_CHARS = 20_000
_MAX_OBJECTS = 8
_BEGINS = re.compile(r"""[\[{][\[{\s]{0,8}['"]""")
"""An object with a name in quotation marks, or a list of such."""
_CLOSING = {"{": "}", "[": "]", "(": ")"}


def split_embedded(text: str) -> Iterator[str | dict[str, Any] | list[Any]]:
    """The parts of a text in order: text, and each object or list of objects in it, parsed.

    A text that ends inside an object, because it was cut, ends before that object: its rest may be anything.
    """
    text = text[:_MAX_CHARS]
    if (texts := _texts_only(text)) is not None:
        yield texts
        return
    start = position = 0
    for _ in range(_MAX_OBJECTS):
        begins = _BEGINS.search(text, position)
        if begins is None:
            break
        position = begins.start()
        end = _end_of(text, position)
        if end < 0:
            yield text[start:position]
            return
        value = _parse(text[position:end])
        if value is None:
            position += 1
            continue
        yield text[start:position]
        yield value
        start = position = end
    yield text[start:]


def _end_of(text: str, start: int) -> int:
    """The end of the bracket that opens at `start`, by counting brackets outside quotation marks; -1 if it does not close."""
    open_brackets: list[str] = []
    quote = ""
    position = start
    while position < len(text):
        char = text[position]
        if quote:
            if char == "\\":
                position += 1
            elif char == quote:
                quote = ""
        elif char in {'"', "'"}:
            quote = char
        elif char in _CLOSING:
            open_brackets.append(_CLOSING[char])
        elif open_brackets and char == open_brackets[-1]:
            open_brackets.pop()
            if not open_brackets:
                return position + 1
        position += 1
    return -1


def _texts_only(text: str) -> list[Any] | None:
    """The texts of a list that is the whole text, as Perplexity lists what is wrong with a request."""
    if not text.startswith("[") or not text.endswith("]"):
        return None
    value = _value(text)
    return value if isinstance(value, list) and value and all(isinstance(item, str) for item in value) else None


def _value(text: str) -> Any:
    value = read_json(text)
    if value is None:
        try:
            value = ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            return None
    return value


def _parse(text: str) -> dict[str, Any] | list[Any] | None:
    value = _value(text)
    if isinstance(value, dict) or (isinstance(value, list) and value and all(isinstance(item, dict) for item in value)):
        return value
    return None
