"""ChatGPT's data export, and DeepSeek's: a tree of messages. The current branch is the conversation."""

from typing import Any

from semtel_ops.conversations.model import Conversation, Turn
from semtel_ops.conversations.sources.formats.fields import make_conversation
from semtel_ops.conversations.sources.formats.format import Format
from semtel_ops.conversations.sources.formats.tree import Links, current_branch
from semtel_ops.conversations.sources.formats.turns import make_turn
from semtel_ops.conversations.sources.records import BadRecordError, Reason

_SPEAKERS = {"REQUEST": "user", "RESPONSE": "assistant"}
_LINKS = Links("parent", "children", message=lambda node: node.get("message"), date="create_time")


def _read(record: dict[str, Any]) -> Conversation:
    mapping = record["mapping"]
    if not isinstance(mapping, dict):
        raise BadRecordError(Reason.WRONG_TYPE, f"mapping: expected an object, found {type(mapping).__name__}")
    branch = current_branch(mapping, record.get("current_node"), _LINKS)
    turns = tuple(turn for number, node in enumerate(branch, start=1) if (turn := _turn(node, number)) is not None)
    return make_conversation(record, turns, dates=("create_time", "inserted_at"))


def _turn(node: dict[str, Any], number: int) -> Turn | None:
    """The turn of a node; None for the root, which has no message, and for hidden or empty messages."""
    message = node.get("message")
    if message is None:
        return None
    if not isinstance(message, dict):
        raise BadRecordError(Reason.WRONG_TYPE, f"message {number}: expected an object, found {type(message).__name__}")
    if _object(message, "metadata").get("is_visually_hidden_from_conversation") is True:
        return None
    if isinstance(fragments := message.get("fragments"), list):
        return _turn_of_fragments(fragments, number)
    content = message.get("content")
    if isinstance(content, dict):
        parts = content.get("parts")
        content = content if _is_thought(content) else content.get("text") if parts is None else parts
    author = message.get("author")
    return make_turn(author.get("role") if isinstance(author, dict) else author or message.get("role"), content, number)


def _turn_of_fragments(fragments: list[Any], number: int) -> Turn | None:
    """DeepSeek: a question, or the thoughts, searches and answer of a model; only what is said counts."""
    said = [(_SPEAKERS.get(str(each.get("type"))), each.get("content")) for each in fragments if isinstance(each, dict)]
    role = next((speaker for speaker, _ in said if speaker is not None), None)
    return make_turn(role, [content for speaker, content in said if speaker is not None], number)


def _is_thought(content: dict[str, Any]) -> bool:
    return content.get("content_type") in {"thoughts", "reasoning_recap"}


def _object(message: dict[str, Any], field: str) -> dict[str, Any]:
    value = message.get(field)
    return value if isinstance(value, dict) else {}


CHATGPT_EXPORT = Format(
    name="chatgpt-export",
    required=frozenset({"mapping"}),
    optional=frozenset({"current_node", "conversation_id", "id", "create_time", "inserted_at", "language"}),
    read=_read,
    nested=frozenset({"mapping"}),
)
