"""Raw records into conversations; what cannot be one goes on as a quarantine entry.

Single messages that point to one another are put together to their tree while they pass by. A tree's rows stand next to each
other in the field's files, so only one tree is held: of one that is spread over several places, each place that lacks the first
message is a `broken_tree`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from semtel_ops.conversations.model import Conversation
from semtel_ops.conversations.sources.formats import read_record
from semtel_ops.conversations.sources.formats.oasst import OASST_ROW, read_tree_rows
from semtel_ops.conversations.sources.records import BadRecordError, Raw, Reason, Record, Unreadable
from semtel_ops.humanize import count

_ROW_CHARS = 256


def convert(raws: Iterable[Raw | Unreadable], max_bytes: int) -> Iterator[Record | Unreadable]:
    """Yield what each raw record is, in order; quarantine entries pass through. `max_bytes` bounds a conversation's text."""
    tree: _Tree | None = None
    for raw in raws:
        row = _tree_row(raw)
        if tree is not None and (row is None or row["message_tree_id"] != tree.id):
            yield tree.read()
            tree = None
        if row is not None:
            tree = tree or _Tree(row["message_tree_id"], raw.place, max_bytes)
            tree.add(row)
        else:
            yield _one(raw, max_bytes) if isinstance(raw, Raw) else raw
    if tree is not None:
        yield tree.read()


def _tree_row(raw: Raw | Unreadable) -> dict[str, Any] | None:
    if isinstance(raw, Raw) and isinstance(raw.value, dict) and raw.value.keys() >= OASST_ROW.required:
        return raw.value
    return None


def _one(raw: Raw, max_bytes: int) -> Record | Unreadable:
    try:
        return _bounded(read_record(raw.value), raw.place, max_bytes)
    except BadRecordError as error:
        return error.at(raw.place)


def _bounded(conversation: Conversation, place: str, max_bytes: int) -> Record | Unreadable:
    """Tables hand over cells of any size, so what JSON's containers skip is refused here."""
    if sum(len(turn.content) for turn in conversation.turns) > max_bytes:
        return Unreadable(place, Reason.TOO_LARGE, f"its text is over {count(max_bytes, 'character')}")
    return Record(conversation, place)


class _Tree:
    """The rows of the tree that is passing by, until they are more than may be held."""

    def __init__(self, tree_id: object, place: str, max_bytes: int) -> None:
        self.id = tree_id
        self._place = place
        self._max_bytes = max_bytes
        self._chars = 0
        self._count = 0
        self._rows: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        text = row["text"]
        # A row counts for something even without text, or a tree of empty rows would grow for ever.
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
            return _bounded(read_tree_rows(self._rows), self._place, self._max_bytes)
        except BadRecordError as error:
            return error.at(self._place)
