"""Raw records into conversations; what cannot be one goes on as a quarantine entry.

Messages that are records of their own are put together to their conversation while they pass by. They stand next to each other
in the field's files, so only one conversation is held: of a tree that is spread over several places, each place that lacks the
first message is a `broken_tree`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from semtel_ops.conversations.model import Conversation
from semtel_ops.conversations.sources.formats import Format, Grouping, find_format, read_record
from semtel_ops.conversations.sources.records import BadRecordError, Raw, Reason, Record, Unreadable
from semtel_ops.humanize import count

_ROW_CHARS = 256


def convert(raws: Iterable[Raw | Unreadable], max_bytes: int) -> Iterator[Record | Unreadable]:
    """Yield what each raw record is, in order; quarantine entries pass through. `max_bytes` bounds a conversation's text."""
    group: _Group | None = None
    for raw in raws:
        known = find_format(raw.value) if isinstance(raw, Raw) and isinstance(raw.value, dict) else None
        grouping = known.grouping if known is not None else None
        if group is not None and (grouping is None or not group.takes(grouping, raw)):
            yield group.read()
            group = None
        if grouping is not None:
            assert isinstance(raw, Raw)  # it has a format
            group = group or _Group(grouping, raw, max_bytes)
            group.add(raw.value)
        else:
            yield _one(raw, known, max_bytes) if isinstance(raw, Raw) else raw
    if group is not None:
        yield group.read()


def _one(raw: Raw, known: Format | None, max_bytes: int) -> Record | Unreadable:
    try:
        conversation = read_record(raw.value) if known is None else known.read(raw.value)
        return _bounded(conversation, raw.place, max_bytes)
    except BadRecordError as error:
        return error.at(raw.place)


def _bounded(conversation: Conversation, place: str, max_bytes: int) -> Record | Unreadable:
    """Tables hand over cells of any size, so what JSON's containers skip is refused here."""
    if sum(len(turn.content) for turn in conversation.turns) > max_bytes:
        return Unreadable(place, Reason.TOO_LARGE, f"its text is over {count(max_bytes, 'character')}")
    return Record(conversation, place)


class _Group:
    """The rows of the conversation that is passing by, until they are more than may be held."""

    def __init__(self, grouping: Grouping, first: Raw, max_bytes: int) -> None:
        self._grouping = grouping
        self._id = first.value[grouping.field]
        self._place = first.place
        self._max_bytes = max_bytes
        self._chars = 0
        self._count = 0
        self._rows: list[dict[str, Any]] = []

    def takes(self, grouping: Grouping, raw: Raw | Unreadable) -> bool:
        return isinstance(raw, Raw) and grouping is self._grouping and raw.value[grouping.field] == self._id

    def add(self, row: dict[str, Any]) -> None:
        text = row[self._grouping.text]
        # A row counts for something even without text, or a conversation of empty rows would grow for ever.
        self._chars += _ROW_CHARS + (len(text) if isinstance(text, str) else 0)
        self._count += 1
        if self._chars <= self._max_bytes:
            self._rows.append(row)
        else:
            self._rows.clear()

    def read(self) -> Record | Unreadable:
        """The conversation that the rows make, at the place of the first one."""
        if not self._rows:
            detail = f"a tree of {count(self._count, 'row')} is over {count(self._max_bytes, 'character')}"
            return Unreadable(self._place, Reason.TOO_LARGE, detail)
        try:
            return _bounded(self._grouping.read(self._rows), self._place, self._max_bytes)
        except BadRecordError as error:
            return error.at(self._place)
