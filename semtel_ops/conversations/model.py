"""A conversation, in the one shape that all source formats are converted to."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """The speaker of a turn. Source formats use other words; `sources.formats` maps them to these."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. `content` is well-formed Unicode without NUL: `sources` cleans it."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation between a person and an assistant.

    Attributes:
        id: the record's own id, or a hash of its turns and date where the record has none.
        turns: in chronological order; at least one.
        started_at: timezone-aware, UTC; None where the record has no date.
        language: as the record states it (usually ISO 639-1), or None.
        labels: labels that came with the record: golden labels in the bundled sample, other annotations elsewhere.
    """

    id: str
    turns: tuple[Turn, ...]
    started_at: datetime | None = None
    language: str | None = None
    labels: dict[str, object] = field(default_factory=dict)


def content_hash(turns: tuple[Turn, ...]) -> str:
    """Hash of roles and contents: 32 hex digits, equal for equal turns on any machine.

    Each content is preceded by its role and length, so that different lists of turns never produce the same bytes.
    """
    digest = hashlib.blake2b(digest_size=16)
    for turn in turns:
        content = turn.content.encode("utf-8", "surrogatepass")
        digest.update(f"{turn.role.value}\x00{len(content)}\x00".encode())
        digest.update(content)
    return digest.hexdigest()
