"""Values in other clothes: JSON as text, once or twice encoded, lists of such texts, and columns in place of a list of rows."""

import re
from typing import Any

from semtel_ops.conversations.sources.json_text import decode_json
from semtel_ops.conversations.sources.records import BadRecordError, Reason

# A text in a text in a text is the most that tools make by encoding what is already encoded.
_MAX_ENCODINGS = 3
_PYTHON = re.compile(r"\s*(?:[\[{(]\s*)*(?:(?<=[\[{(\s])'|(?:array|OrderedDict|defaultdict|dict|list)\()")


def unfolded(value: Any) -> Any:
    """The list or object that a text holds as JSON; every other value as it is."""
    if not isinstance(value, str):
        return value
    decoded: Any = value
    for _ in range(_MAX_ENCODINGS):
        if not isinstance(decoded, str) or decoded.lstrip()[:1] not in {"[", "{", '"'}:
            break
        try:
            decoded = decode_json(decoded)
        except ValueError:
            return value  # plain text that begins with a bracket
    return decoded if isinstance(decoded, list | dict) else value


def as_messages(value: Any) -> list[Any]:
    """The list of messages in a value.

    Raises:
        BadRecordError: it holds none; the detail says what was there.
    """
    value = unfolded(value)
    if isinstance(value, dict):
        value = _rows(value)
    if isinstance(value, list):
        return [unfolded(message) for message in value] if str in map(type, value) else value
    if isinstance(value, str) and _PYTHON.match(value):
        detail = "expected a list of messages, found text in Python's spelling, which is not JSON; write it with json.dumps"
        raise BadRecordError(Reason.WRONG_TYPE, detail)
    raise BadRecordError(Reason.WRONG_TYPE, f"expected a list of messages, found {_name(value)}")


def _rows(columns: dict[str, Any]) -> list[dict[str, Any]]:
    """`{"from": [a, b], "value": [c, d]}` as a list of objects, as Hugging Face's `Sequence` of a dict is stored."""
    for field in ("messages", "chunks"):
        if field in columns:
            return as_messages(columns[field])
    if all(name.isdecimal() for name in columns):
        detail = "expected a list of messages, found the rows of a whole table; write it with orient='records' and lines=True"
        raise BadRecordError(Reason.WRONG_TYPE, detail)
    lists = {name: values for name, values in columns.items() if isinstance(values, list)}
    lengths = {len(values) for values in lists.values()}
    if not lists or len(lists) != sum(values is not None for values in columns.values()):
        raise BadRecordError(Reason.WRONG_TYPE, "expected a list of messages, found an object that is not one of lists")
    if len(lengths) > 1:
        raise BadRecordError(
            Reason.WRONG_TYPE, f"expected a list of messages, found lists of {' and '.join(map(str, sorted(lengths)))} elements"
        )
    return [dict(zip(lists, cells, strict=True)) for cells in zip(*lists.values(), strict=True)]


def _name(value: Any) -> str:
    return "text that is not JSON" if isinstance(value, str) else type(value).__name__
