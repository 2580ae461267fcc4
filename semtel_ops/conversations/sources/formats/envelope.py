"""Envelopes: lists and objects that hold records, as exports of a whole application and answers of an API do."""

from typing import Any

from semtel_ops.conversations.sources.formats.catalog import find_format

HOLDERS = frozenset({"conversations", "chats", "history", "threads", "data", "items", "records", "results", "rows", "row"})
"""The fields of an envelope: `{"chats": […]}`, `{"data": {"chats": […]}}`, `{"rows": [{"row": {…}}]}`."""
_MAX_DEPTH = 4
# Fields of messages and of no record: most lists in these fields are messages, which is seen at once.
_OF_MESSAGES = frozenset({"from", "value", "content"})


def open_envelope(value: Any, depth: int = _MAX_DEPTH) -> list[Any] | None:
    """The records that a value holds in place of being one; None for every other value.

    The first element decides. The others are returned too, whatever they are, so that each is accounted for.
    """
    if depth == 0:
        return None
    if isinstance(value, list):
        return _opened(value, depth) if value and _holds(value[0], depth) else None
    if not isinstance(value, dict):
        return None
    fields = ((name, value[name]) for name in value if name in HOLDERS)
    lists = [(name, [field] if isinstance(field, dict) else field) for name, field in fields if isinstance(field, dict | list)]
    opened = {name: records for name, each in lists if (records := open_envelope(each, depth - 1)) is not None}
    if not opened:
        return None
    known = find_format(value)
    return [record for name in opened if known is None or name in known.required for record in opened[name]] or None


def _holds(first: Any, depth: int) -> bool:
    if not isinstance(first, dict) or not _OF_MESSAGES.isdisjoint(first):
        return False
    return find_format(first) is not None or open_envelope(first, depth - 1) is not None


def _opened(values: list[Any], depth: int) -> list[Any]:
    inner = ((value, open_envelope(value, depth - 1) if isinstance(value, dict) else None) for value in values)
    return [record for value, records in inner for record in (records if records is not None else [value])]
