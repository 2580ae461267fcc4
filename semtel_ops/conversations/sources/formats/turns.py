"""Converts messages of any format into turns: maps roles, and extracts the text of their content."""

from collections.abc import Iterable
from typing import Any

from semtel_ops.conversations.model import Turn
from semtel_ops.conversations.sources.formats.content import is_thought, read_content
from semtel_ops.conversations.sources.formats.nested import as_messages
from semtel_ops.conversations.sources.formats.roles import ROLES, known_role
from semtel_ops.conversations.sources.formats.text import clean
from semtel_ops.conversations.sources.records import BadRecordError, Reason
from semtel_ops.humanize import number as in_words

# In the order in which they are looked for; `type` last, since it also says what kind of message it is.
_ROLE_FIELDS = ("role", "from", "sender", "speaker", "author", "type")
MAX_MESSAGES = 100_000
"""Of a record. Nobody says as much; a message may be stored in a few bytes, and takes hundreds in memory."""
_CONTENT_FIELDS = ("content", "value", "text", "parts", "message", "output", "refusal", "steps")


def read_turns(messages: Any) -> tuple[Turn, ...]:
    """The turns of a list of messages, without empty messages.

    Read are also messages as JSON text, and columns of equal length (`{"from": […], "value": […]}`) in place of a list.

    Raises:
        BadRecordError: not a list of objects, or a message has an unknown role or content of the wrong type.
    """
    listed = as_messages(messages)
    if len(listed) > MAX_MESSAGES:
        detail = f"{in_words(len(listed))} messages; at most {in_words(MAX_MESSAGES)} are read"
        raise BadRecordError(Reason.TOO_LARGE, detail)
    made = [read_message(message, number) for number, message in enumerate(listed, start=1)]
    turns = tuple([turn for turn in made if turn is not None])
    if not turns and listed and not any(map(_has_contents, listed)):
        fields = ", ".join(_CONTENT_FIELDS)
        raise BadRecordError(Reason.NO_TURNS, f"no message has one of the fields {fields}")
    return turns


def read_message(message: Any, number: int) -> Turn | None:
    """The turn of a message, or None where it is empty.

    Args:
        number: position of the message, counted from 1, for the error.

    Raises:
        BadRecordError: not an object, an unknown role, or content of the wrong type.
    """
    if message is None:
        return None
    if not isinstance(message, dict):
        raise BadRecordError(Reason.WRONG_TYPE, f"message {number}: expected an object, found {type(message).__name__}")
    role, content = message.get("role"), message.get("content")
    if role is None and content is None:
        role, content = message.get("from"), message.get("value")
    # Nearly all messages: nothing else has to be looked at.
    if isinstance(content, str) and isinstance(role, str) and (known := ROLES.get(role)) is not None:
        text = clean(content)
        if text and not text.isspace():
            return Turn(known, text)
    message = _unwrapped(message)
    role = _role_of(message)
    if (isinstance(role, str) and is_thought(role)) or message.get("isThought") is True:
        return None
    return _turn(role, _contents_of(message), number)


def _has_contents(message: Any) -> bool:
    return isinstance(message, dict) and not _unwrapped(message).keys().isdisjoint(_CONTENT_FIELDS)


def _unwrapped(message: dict[str, Any]) -> dict[str, Any]:
    """LangChain writes a message as `{"type", "data": {…}}`, or as its class (`id`) and the arguments to make it (`kwargs`)."""
    if isinstance(data := message.get("data"), dict) and "content" not in message:
        return {"type": message.get("type"), **data}
    for field in ("message", "response"):
        if isinstance(inner := message.get(field), dict):
            return inner
    if isinstance(versions := message.get("versions"), list) and versions:  # LM Studio
        at = message.get("currentlySelected")
        chosen = versions[at] if type(at) is int and 0 <= at < len(versions) else versions[-1]
        return chosen if isinstance(chosen, dict) else message
    names, kwargs = message.get("id"), message.get("kwargs")
    if message.get("type") == "constructor" and isinstance(kwargs, dict) and isinstance(names, list) and names:
        return {**kwargs, "type": names[-1]}
    return message


def _role_of(message: dict[str, Any]) -> Any:
    if isinstance(by_user := message.get("isCreatedByUser"), bool):  # LibreChat: the sender is the name of a model
        return "user" if by_user else "assistant"
    values = (message.get(field) for field in _ROLE_FIELDS)
    named = (value.get("role") if isinstance(value, dict) else value for value in values)
    return next((value for value in named if value is not None), None)


def _contents_of(message: dict[str, Any]) -> Iterable[Any]:
    """What may be the content, in order of preference: exports leave `content` empty beside a full `text`, or the reverse."""
    return [value for field in _CONTENT_FIELDS if (value := message.get(field)) is not None]


def make_turn(role: Any, content: Any, number: int) -> Turn | None:
    """A turn, or None where the content is empty or white space.

    Args:
        number: position of the message, counted from 1, for the error.

    Raises:
        BadRecordError: the role is unknown or the content has the wrong type.
    """
    return _turn(role, (content,), number)


def _turn(role: Any, contents: Iterable[Any], number: int) -> Turn | None:
    """A turn with the first of the contents that says something."""
    for content in contents:
        text = read_content(content, number)
        if text and not text.isspace():
            known = known_role(role)
            if known is None:
                listed = ", ".join(sorted(ROLES))
                raise BadRecordError(Reason.UNKNOWN_ROLE, f"message {number}: its role is not one of {listed}")
            return Turn(known, text)
    return None
