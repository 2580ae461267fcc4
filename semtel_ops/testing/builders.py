"""Builders of conversations for tests."""

from datetime import datetime

from semtel_ops.conversations.model import Conversation, Role, Turn


def make_turns(*texts: str) -> tuple[Turn, ...]:
    """Turns of alternating roles, the user's first."""
    roles = (Role.USER, Role.ASSISTANT)
    return tuple(Turn(roles[number % 2], text) for number, text in enumerate(texts))


def make_conversation(
    *texts: str,
    id: str = "c1",  # noqa: A002  # the field's own name
    turns: tuple[Turn, ...] | None = None,
    started_at: datetime | None = None,
    language: str | None = "en",
    labels: dict[str, object] | None = None,
) -> Conversation:
    """A conversation of alternating turns, the user's first; or with exactly these `turns`."""
    made = make_turns(*(texts or ("How do I sort a list?", "Call sorted().")))
    return Conversation(
        id=id, turns=made if turns is None else turns, started_at=started_at, language=language, labels=labels or {}
    )
