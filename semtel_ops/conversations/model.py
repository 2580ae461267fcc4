"""What a conversation is, whoever recorded it."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """Who speaks. Formats of the field use other words for these; `sources.formats` maps them."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance. `content` is well-formed Unicode without NUL: `sources` clean it on the way in."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation between a person and an assistant.

    Attributes:
        id: the record's own id, or `content_hash` of its turns where it brought none.
        turns: in the order they were said; at least one.
        started_at: timezone-aware, UTC; None where the record has no date.
        language: as the record says it (usually ISO 639-1), or None.
        labels: labels that came with the record (golden labels in our sample, other annotations elsewhere).
    """

    id: str
    turns: tuple[Turn, ...]
    started_at: datetime | None = None
    language: str | None = None
    labels: dict[str, object] = field(default_factory=dict)


def content_hash(turns: tuple[Turn, ...]) -> str:
    """Hash of what was said: 32 hex digits, equal for equal turns on any machine.

    Roles and contents are length-prefixed, so that no two different lists of turns share a spelling.
    """
    digest = hashlib.blake2b(digest_size=16)
    for turn in turns:
        content = turn.content.encode("utf-8", "surrogatepass")
        digest.update(f"{turn.role.value}\x00{len(content)}\x00".encode())
        digest.update(content)
    return digest.hexdigest()
