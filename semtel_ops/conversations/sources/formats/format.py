"""What a format is to those who read it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from semtel_ops.conversations.model import Conversation

Fields = dict[str, Any]


class Grouping(NamedTuple):
    """How a conversation is put together whose messages are records of their own. They stand next to each other in a file.

    Attributes:
        field: holds the same in all of them.
        text: the field with the message, whose length counts towards the largest conversation that is read.
        read: makes the conversation of all of them, or raises BadRecordError.
    """

    field: str
    text: str
    read: Callable[[list[Fields]], Conversation]


@dataclass(frozen=True, slots=True)
class Format:
    """A shape that records of the field have.

    Attributes:
        name: as in the registry.
        required: fields a record has if it is of this format; what asks for more fields is tried first.
        optional: further fields that `read` looks at, so that tables need not be read whole.
        read: makes the conversation of one record, or raises BadRecordError.
        nested: those of the fields that hold lists or objects: tables may spell them as JSON.
        grouping: where a conversation takes several records; None where each is one.
    """

    name: str
    required: frozenset[str]
    optional: frozenset[str]
    read: Callable[[Fields], Conversation]
    nested: frozenset[str] = frozenset()
    grouping: Grouping | None = None
