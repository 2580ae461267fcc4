"""What reading a source yields: conversations and entries of the quarantine, each with its place."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from semtel_ops.conversations.model import Conversation


class Reason(StrEnum):
    """Why a record or file is in the quarantine."""

    EMPTY_FILE = "empty_file"  # no bytes, or only white space
    NOT_DATA = "not_data"  # not a supported kind of file
    BROKEN_FILE = "broken_file"  # truncated or damaged; earlier records were read
    EXPANDS_TOO_FAR = "expands_too_far"  # far larger than it is stored; earlier records were read
    UNKNOWN_COLUMNS = "unknown_columns"  # a table whose columns fit no format
    INVALID_JSON = "invalid_json"
    MALFORMED_ROW = "malformed_row"  # a CSV row that does not fit its header
    UNKNOWN_ENCODING = "unknown_encoding"  # bytes of a CSV row or a message that are no text
    TOO_LARGE = "too_large"  # over max_record_mb
    UNKNOWN_FORMAT = "unknown_format"  # a record whose fields fit no format
    WRONG_TYPE = "wrong_type"  # a known format with a value of the wrong type
    UNKNOWN_ROLE = "unknown_role"
    BAD_DATE = "bad_date"
    BROKEN_TREE = "broken_tree"  # parents or the first message are missing
    NO_TURNS = "no_turns"  # all messages are empty
    NO_USER_TURN = "no_user_turn"  # no message is a user's


_OF_FILES = frozenset({Reason.EMPTY_FILE, Reason.NOT_DATA, Reason.BROKEN_FILE, Reason.EXPANDS_TOO_FAR, Reason.UNKNOWN_COLUMNS})


@dataclass(frozen=True, slots=True)
class Record:
    """A conversation and its place: `folder/file.jsonl.gz:line 12`, `x.parquet:row 7`; counted from 1.

    Attributes:
        chars: of all turns, counted once.
        repair: what was wrong in the stored text and how it was read nevertheless, without any of the text; else None.
    """

    conversation: Conversation
    place: str
    chars: int
    repair: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry of the quarantine: a record or a file that could not be read.

    Attributes:
        place: as in `Record`, or the file.
        detail: what was expected and what is there; never text of the conversation.
    """

    place: str
    reason: Reason
    detail: str

    @property
    def kind(self) -> Literal["file", "record"]:
        """`file` where a whole file or the rest of it could not be read, else `record`."""
        return "file" if self.reason in _OF_FILES else "record"


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as stored in its container, before its format is known: JSON values, and for tables also dates and bytes.

    `repair` is as in `Record`.
    """

    place: str
    value: Any
    repair: str | None = None


class BadRecordError(Exception):
    """A record cannot become a conversation. Caught in `sources`, which yield an `Unreadable` for it."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail

    def at(self, place: str) -> Unreadable:
        return Unreadable(place, self.reason, self.detail)


class BrokenStreamError(Exception):
    """A file cannot be read to its end. Caught in `sources`, which yield an `Unreadable` for it."""

    def __init__(self, detail: str, reason: Reason = Reason.BROKEN_FILE) -> None:
        super().__init__(detail)
        self.reason = reason
