"""The description of a format."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from semtel_ops.conversations.model import Conversation

Fields = dict[str, Any]


class Grouping(NamedTuple):
    """How to join records that are messages into a conversation. Records of a conversation are adjacent in a file.

    Attributes:
        field: the field with the same value in all records of a conversation.
        text: the field with the message; its length counts towards the size limit of a conversation.
        read: makes a conversation of these records, or raises BadRecordError.
    """

    field: str
    text: str
    read: Callable[[list[Fields]], Conversation]


@dataclass(frozen=True, slots=True)
class Format:
    """A format of conversation records.

    Attributes:
        name: as in the registry.
        required: the fields that a record must have to be of this format.
        optional: further fields that `read` uses; of a table, only required and optional columns are read.
        read: makes a conversation of a record, or raises BadRecordError.
        nested: the fields that are lists or objects; where they are JSON as text, `read` gets what is in it.
        grouping: how records are joined into a conversation; None where each record is a conversation.
    """

    name: str
    required: frozenset[str]
    optional: frozenset[str]
    read: Callable[[Fields], Conversation]
    nested: frozenset[str] = frozenset()
    grouping: Grouping | None = None
