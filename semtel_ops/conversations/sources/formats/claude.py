"""Claude's data export: messages with a sender, parts and attachments. Where messages name their parents, they are a tree."""

from typing import Any

from semtel_ops.conversations.model import Conversation, Turn
from semtel_ops.conversations.sources.formats.content import marker_for
from semtel_ops.conversations.sources.formats.fields import make_conversation
from semtel_ops.conversations.sources.formats.format import Format
from semtel_ops.conversations.sources.formats.nested import as_messages
from semtel_ops.conversations.sources.formats.tree import Links, branch_of_list
from semtel_ops.conversations.sources.formats.turns import read_message

_LINKS = Links("parent_message_uuid", "children", message=lambda node: node, date="created_at")


def _read(record: dict[str, Any]) -> Conversation:
    messages = branch_of_list(as_messages(record["chat_messages"]), "uuid", record.get("current_leaf_message_uuid"), _LINKS)
    made = (_turn(message, number) for number, message in enumerate(messages, start=1))
    turns = tuple(turn for turn in made if turn is not None)
    return make_conversation(record, turns, ids=("uuid", "conversation_id", "id"), dates=("created_at",))


def _turn(message: Any, number: int) -> Turn | None:
    """The turn of a message, with a marker for each attachment: what was pasted as a file is not in its text."""
    turn = read_message(message, number)
    if not isinstance(message, dict):
        return turn
    lists = (message.get(field) for field in ("attachments", "files", "files_v2"))
    markers = [marker_for("file")] * max((len(files) for files in lists if isinstance(files, list)), default=0)
    if not markers:
        return turn
    said = [turn.content] if turn is not None else []
    return read_message({**message, "content": "\n".join([*said, *markers])}, number)


CLAUDE_EXPORT = Format(
    name="claude-export",
    required=frozenset({"chat_messages"}),
    optional=frozenset({"uuid", "conversation_id", "id", "created_at", "current_leaf_message_uuid", "language"}),
    read=_read,
    nested=frozenset({"chat_messages"}),
)
