"""What reading a source yields: a conversation, or the reason why there is none, each with its place."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from semtel_ops.conversations.model import Conversation


class Reason(StrEnum):
    """Why something could not be read, in the words of the quarantine."""

    EMPTY_FILE = "empty_file"  # no bytes, or only white space
    NOT_DATA = "not_data"  # not a kind of file we read
    BROKEN_FILE = "broken_file"  # cut short or damaged; what came before the break was read
    UNKNOWN_COLUMNS = "unknown_columns"  # a table that fits no format
    INVALID_JSON = "invalid_json"
    MALFORMED_ROW = "malformed_row"  # a CSV row that does not fit its header
    TOO_LARGE = "too_large"  # over max_record_mb
    UNKNOWN_FORMAT = "unknown_format"  # a record of no known shape
    WRONG_TYPE = "wrong_type"  # a known shape with something else in a field
    UNKNOWN_ROLE = "unknown_role"
    BAD_DATE = "bad_date"
    BROKEN_TREE = "broken_tree"  # messages that do not lead to one another
    NO_TURNS = "no_turns"  # nothing was said
    NO_USER_TURN = "no_user_turn"  # nothing was asked


_OF_FILES = frozenset({Reason.EMPTY_FILE, Reason.NOT_DATA, Reason.BROKEN_FILE, Reason.UNKNOWN_COLUMNS})


@dataclass(frozen=True, slots=True)
class Record:
    """A conversation, and where it was found: `folder/file.jsonl.gz:line 12`, `x.parquet:row 7`; counted from 1."""

    conversation: Conversation
    place: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry of the quarantine: one record, or one file, that could not be read.

    Attributes:
        detail: what was found and what was expected, in our words; never text of the conversation.
    """

    place: str
    reason: Reason
    detail: str

    @property
    def kind(self) -> Literal["file", "record"]:
        """Whether a whole file (or the rest of it) is meant, or a single record of it."""
        return "file" if self.reason in _OF_FILES else "record"


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as its container holds it, not yet recognised: JSON-like values, dates and bytes where tables have them."""

    place: str
    value: Any


class BadRecordError(Exception):
    """A record cannot become a conversation. Stays inside `sources`: it leaves as an `Unreadable`."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail

    def at(self, place: str) -> Unreadable:
        return Unreadable(place, self.reason, self.detail)


class BrokenStreamError(Exception):
    """Compressed bytes ended early or are damaged. Stays inside `sources`: it leaves as an `Unreadable`."""
