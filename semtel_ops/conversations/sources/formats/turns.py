"""Converts messages of any format into turns: maps roles, and extracts the text of their content."""

from typing import Any

from semtel_ops.conversations.model import Role, Turn
from semtel_ops.conversations.sources.formats.text import clean
from semtel_ops.conversations.sources.records import BadRecordError, Reason

ROLES: dict[str, Role] = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "human": Role.USER,
    "prompter": Role.USER,
    "assistant": Role.ASSISTANT,
    "gpt": Role.ASSISTANT,
    "chatgpt": Role.ASSISTANT,
    "bot": Role.ASSISTANT,
    "bing": Role.ASSISTANT,
    "bard": Role.ASSISTANT,
    "model": Role.ASSISTANT,
    "function_call": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function": Role.TOOL,
    "function_response": Role.TOOL,
    "observation": Role.TOOL,
}
"""Role names used by the supported formats."""

# A part that is not text is replaced by a marker of ours: names and descriptions in the part could be personal data.
_MARKERS: tuple[tuple[str, str], ...] = (
    ("image", "[image]"),
    ("audio", "[audio]"),
    ("video", "[video]"),
    ("file", "[file]"),
    ("document", "[file]"),
    ("tool", "[tool]"),
)
_OTHER_MARKER = "[attachment]"


def read_turns(messages: Any) -> tuple[Turn, ...]:
    """The turns of a list of messages (`role`/`content`, or `from`/`value`), without empty messages.

    Raises:
        BadRecordError: not a list of objects, or a message has an unknown role or content of the wrong type.
    """
    if not isinstance(messages, list):
        raise BadRecordError(Reason.WRONG_TYPE, f"expected a list of messages, found {type(messages).__name__}")
    turns = []
    for number, message in enumerate(messages, start=1):
        if not isinstance(message, dict):
            actual = type(message).__name__
            raise BadRecordError(Reason.WRONG_TYPE, f"message {number}: expected an object, found {actual}")
        role = message.get("role")
        content = message.get("content")
        turn = make_turn(
            message.get("from") if role is None else role, message.get("value") if content is None else content, number
        )
        if turn is not None:
            turns.append(turn)
    return tuple(turns)


def make_turn(role: Any, content: Any, number: int) -> Turn | None:
    """A turn, or None where the content is empty or white space.

    Args:
        number: position of the message, counted from 1, for the error.

    Raises:
        BadRecordError: the role is unknown or the content has the wrong type.
    """
    known = ROLES.get(role) if isinstance(role, str) else None
    if known is None:
        known = ROLES.get(role.strip().lower()) if isinstance(role, str) else None
    if known is None:
        raise BadRecordError(Reason.UNKNOWN_ROLE, f"message {number}: its role is not one of {', '.join(sorted(ROLES))}")
    text = read_content(content, number)
    return Turn(known, text) if text and not text.isspace() else None


def read_content(content: Any, number: int) -> str:
    """The text of a content. Each part of a list is on its own line; parts that are not text become markers such as `[image]`.

    Raises:
        BadRecordError: the content, or a part of it, has the wrong type.
    """
    if isinstance(content, str):
        return clean(content)
    if content is None:
        return ""
    if isinstance(content, list):
        return "\n".join(filter(None, (_part(part, number) for part in content)))
    if isinstance(content, dict):
        return _part(content, number)
    raise BadRecordError(Reason.WRONG_TYPE, f"message {number}: expected text, found {type(content).__name__}")


def _part(part: Any, number: int) -> str:
    if isinstance(part, str):
        return clean(part)
    if not isinstance(part, dict):
        actual = type(part).__name__
        raise BadRecordError(Reason.WRONG_TYPE, f"message {number}: expected a part of text, found {actual}")
    text = part.get("text")
    if isinstance(text, dict):  # the Assistants API: {"text": {"value": …}}
        text = text.get("value")
    if isinstance(text, str):
        return clean(text)
    kind = part.get("type") or part.get("content_type")
    return marker_for(kind if isinstance(kind, str) else "")


def marker_for(kind: str) -> str:
    """The marker that replaces a part of this kind."""
    for word, marker in _MARKERS:
        if word in kind:
            return marker
    return _OTHER_MARKER
