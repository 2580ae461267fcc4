"""Converts raw records into conversations; a record that is not a conversation becomes a quarantine entry.

Some formats store each message as a record. Their adjacent records are grouped into a conversation. Only one group is in
memory: where the messages of a conversation are not adjacent, each group without the first message is a `broken_tree`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from semtel_ops.conversations.model import Conversation
from semtel_ops.conversations.sources.formats import (
    HOLDERS,
    Format,
    Grouping,
    find_format,
    open_envelope,
    read_as,
    read_record,
)
from semtel_ops.conversations.sources.records import BadRecordError, Raw, Reason, Record, Unreadable
from semtel_ops.humanize import count

_ROW_CHARS = 256


def convert(raws: Iterable[Raw | Unreadable], max_bytes: int) -> Iterator[Record | Unreadable]:
    """Yield a conversation or a quarantine entry for each record or group, in order; entries in `raws` pass through.

    Args:
        max_bytes: maximum number of characters of a conversation; larger conversations become quarantine entries.
    """
    group: _Group | None = None
    for raw, known in _with_formats(raws):
        grouping = known.grouping if known is not None else None
        if group is not None and (grouping is None or not group.takes(grouping, raw)):
            yield group.read()
            group = None
        if grouping is not None:
            assert isinstance(raw, Raw)  # it has a format
            group = group or _Group(grouping, raw, max_bytes)
            group.add(raw)
        else:
            yield _convert_record(raw, known, max_bytes) if isinstance(raw, Raw) else raw
    if group is not None:
        yield group.read()


def _with_formats(raws: Iterable[Raw | Unreadable]) -> Iterator[tuple[Raw | Unreadable, Format | None]]:
    """Each record with its format; an envelope as the records in it, which are counted from 1."""
    for raw in raws:
        if not isinstance(raw, Raw):
            yield raw, None
            continue
        known = _format_of(raw.value)
        records = open_envelope(raw.value) if known is None or not HOLDERS.isdisjoint(known.required) else None
        if records is None:
            yield raw, known
            continue
        for number, record in enumerate(records, start=1):
            yield Raw(f"{raw.place}, record {number}", record, raw.repair), _format_of(record)


def _format_of(value: Any) -> Format | None:
    return find_format(value) if isinstance(value, dict) else None


def _convert_record(raw: Raw, known: Format | None, max_bytes: int) -> Record | Unreadable:
    try:
        return _bounded(
            read_record(raw.value) if known is None else read_as(known, raw.value), raw.place, raw.repair, max_bytes
        )
    except BadRecordError as error:
        return error.at(raw.place)


def _bounded(conversation: Conversation, place: str, repair: str | None, max_bytes: int) -> Record | Unreadable:
    """The conversation as a record, if it is not too large: the JSON containers skip large records, tables do not."""
    chars = sum([len(turn.content) for turn in conversation.turns])
    if chars > max_bytes:
        return Unreadable(place, Reason.TOO_LARGE, f"its text is over {count(max_bytes, 'character')}")
    return Record(conversation, place, chars, repair)


class _Group:
    """The rows of the current conversation; dropped, but still counted, once they are too large."""

    def __init__(self, grouping: Grouping, first: Raw, max_bytes: int) -> None:
        self._grouping = grouping
        self._id = first.value[grouping.field]
        self._place = first.place
        self._repair: str | None = None
        self._max_bytes = max_bytes
        self._chars = 0
        self._count = 0
        self._rows: list[dict[str, Any]] = []

    def takes(self, grouping: Grouping, raw: Raw | Unreadable) -> bool:
        return isinstance(raw, Raw) and grouping is self._grouping and raw.value[grouping.field] == self._id

    def add(self, raw: Raw) -> None:
        row: dict[str, Any] = raw.value
        self._repair = self._repair or raw.repair
        text = row[self._grouping.text]
        # A row without text counts too, so that a conversation of empty rows cannot grow without limit.
        self._chars += _ROW_CHARS + (len(text) if isinstance(text, str) else 0)
        self._count += 1
        if self._chars <= self._max_bytes:
            self._rows.append(row)
        else:
            self._rows.clear()

    def read(self) -> Record | Unreadable:
        """The conversation of all rows, at the place of the first row."""
        if not self._rows:
            detail = f"a tree of {count(self._count, 'row')} is over {count(self._max_bytes, 'character')}"
            return Unreadable(self._place, Reason.TOO_LARGE, detail)
        try:
            return _bounded(self._grouping.read(self._rows), self._place, self._repair, self._max_bytes)
        except BadRecordError as error:
            return error.at(self._place)
