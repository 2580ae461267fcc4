"""ChatGPT's data export: a tree of messages, since people edit and regenerate. The current branch is the conversation."""

from typing import Any

from semtel_ops.conversations.model import Conversation, Turn
from semtel_ops.conversations.sources.formats.fields import make_conversation
from semtel_ops.conversations.sources.formats.format import Format
from semtel_ops.conversations.sources.formats.turns import make_turn
from semtel_ops.conversations.sources.records import BadRecordError, Reason


def _read(record: dict[str, Any]) -> Conversation:
    mapping = record["mapping"]
    if not isinstance(mapping, dict):
        raise BadRecordError(Reason.WRONG_TYPE, f"mapping: expected an object, found {type(mapping).__name__}")
    branch = _branch(mapping, record.get("current_node"))
    turns = tuple(turn for number, node in enumerate(branch, start=1) if (turn := _turn(node, number)) is not None)
    return make_conversation(record, turns, dates=("create_time",))


def _branch(mapping: dict[str, Any], current: Any) -> list[dict[str, Any]]:
    """The nodes from the root to `current`; where there is no such node, to the latest leaf."""
    name = current if isinstance(current, str) and current in mapping else _latest_leaf(mapping)
    nodes: list[dict[str, Any]] = []
    seen: set[str] = set()
    while isinstance(name, str):
        node = mapping.get(name)
        if name in seen or not isinstance(node, dict):
            raise BadRecordError(
                Reason.BROKEN_TREE, f"mapping: the chain of parents is broken {len(nodes)} messages above the last message"
            )
        seen.add(name)
        nodes.append(node)
        name = node.get("parent")
    return nodes[::-1]


def _latest_leaf(mapping: dict[str, Any]) -> str | None:
    """The node that the last children lead to from the root. A child that does not exist or was visited ends the walk."""
    roots = [name for name, node in mapping.items() if isinstance(node, dict) and node.get("parent") is None]
    name = roots[0] if roots else None
    seen: set[str] = set()
    while name is not None and name not in seen:
        seen.add(name)
        children = mapping[name].get("children")
        latest = children[-1] if isinstance(children, list) and children else None
        if not isinstance(latest, str) or not isinstance(mapping.get(latest), dict):
            return name
        name = latest
    return name


def _turn(node: dict[str, Any], number: int) -> Turn | None:
    """The turn of a node; None for the root, which has no message, and for hidden or empty messages."""
    message = node.get("message")
    if message is None:
        return None
    if not isinstance(message, dict):
        raise BadRecordError(Reason.WRONG_TYPE, f"message {number}: expected an object, found {type(message).__name__}")
    if _object(message, "metadata").get("is_visually_hidden_from_conversation") is True:
        return None
    content = _object(message, "content")
    parts = content.get("parts")
    return make_turn(_object(message, "author").get("role"), content.get("text") if parts is None else parts, number)


def _object(message: dict[str, Any], field: str) -> dict[str, Any]:
    value = message.get(field)
    return value if isinstance(value, dict) else {}


CHATGPT_EXPORT = Format(
    name="chatgpt-export",
    required=frozenset({"mapping"}),
    optional=frozenset({"current_node", "conversation_id", "id", "create_time", "language"}),
    read=_read,
    nested=frozenset({"mapping"}),
)
