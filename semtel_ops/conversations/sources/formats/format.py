"""What a format is to those who read it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from semtel_ops.conversations.model import Conversation


@dataclass(frozen=True, slots=True)
class Format:
    """A shape that records of the field have.

    Attributes:
        required: fields a record has if and only if it is of this format; formats are tried in the catalogue's order.
        optional: further fields that `read` looks at, so that tables need not be read whole.
        read: makes the conversation, or raises BadRecordError.
    """

    name: str
    required: frozenset[str]
    optional: frozenset[str]
    read: Callable[[dict[str, Any]], Conversation]
