"""Exports of chat interfaces: Open WebUI and LibreChat, which are trees of messages, and Grok."""

from typing import Any

from semtel_ops.conversations.model import Conversation, Turn
from semtel_ops.conversations.sources.formats.fields import make_conversation
from semtel_ops.conversations.sources.formats.format import Format
from semtel_ops.conversations.sources.formats.messages import LMSYS, MESSAGE_DATES, MESSAGE_IDS
from semtel_ops.conversations.sources.formats.nested import as_messages
from semtel_ops.conversations.sources.formats.tree import Links, branch_of_list, current_branch
from semtel_ops.conversations.sources.formats.turns import read_turns

_THOUGHTS_BEGIN = '<details type="reasoning"'
_THOUGHTS_END = "</details>"
_WEBUI_LINKS = Links("parentId", "childrenIds", message=lambda node: node, date="timestamp")
_LIBRECHAT_LINKS = Links("parentMessageId", "childrenIds", message=lambda node: node, date="createdAt")


def _read_webui(record: dict[str, Any]) -> Conversation:
    """The history is a tree; `messages` beside it is its current branch, and counts where there is no history."""
    chat = record["chat"]
    history = chat.get("history") if isinstance(chat, dict) else None
    nodes = history.get("messages") if isinstance(history, dict) else None
    if isinstance(history, dict) and isinstance(nodes, dict) and nodes:
        turns = read_turns(current_branch(nodes, history.get("currentId"), _WEBUI_LINKS))
    else:
        turns = read_turns(chat)
    return _conversation(record, tuple(turn for turn in map(_without_thoughts, turns) if turn.content.strip()))


def _without_thoughts(turn: Turn) -> Turn:
    """The turn without what a model thinks, which Open WebUI stores in the text. A pattern could take quadratic time."""
    text, kept, at = turn.content, "", 0
    while (start := text.find(_THOUGHTS_BEGIN, at)) >= 0 and (end := text.find(_THOUGHTS_END, start)) >= 0:
        kept += text[at:start]
        at = end + len(_THOUGHTS_END)
    return turn if at == 0 else Turn(turn.role, kept + text[at:].lstrip())


def _read_grok(record: dict[str, Any]) -> Conversation:
    about = record["conversation"]
    if not isinstance(about, dict):  # a data set of conversations, with further replies beside them
        return LMSYS.read(record)
    return _conversation({**about, "conversation": None}, read_turns(record["responses"]))


def _read_librechat(record: dict[str, Any]) -> Conversation:
    messages = branch_of_list(_flat(as_messages(record["messages"])), "messageId", None, _LIBRECHAT_LINKS)
    first = messages[0] if messages and isinstance(messages[0], dict) else {}
    return _conversation({"createdAt": first.get("createdAt"), **record}, read_turns(messages))


def _conversation(record: dict[str, Any], turns: tuple[Turn, ...]) -> Conversation:
    return make_conversation(record, turns, ids=MESSAGE_IDS, dates=MESSAGE_DATES, labels=record.get("labels"))


def _flat(messages: list[Any]) -> list[Any]:
    """The messages and, in a recursive export, their `children`, each before its own."""
    flat: list[Any] = []
    pending = messages[::-1]
    while pending:
        message = pending.pop()
        flat.append(message)
        children = message.get("children") if isinstance(message, dict) else None
        if isinstance(children, list):
            pending.extend(reversed(children))
    return flat


OPEN_WEBUI_EXPORT = Format(
    name="open-webui-export",
    required=frozenset({"chat"}),
    optional=frozenset({*MESSAGE_IDS, *MESSAGE_DATES, "language", "labels"}),
    read=_read_webui,
    nested=frozenset({"chat", "labels"}),
)
LIBRECHAT_EXPORT = Format(
    name="librechat-export",
    required=frozenset({"conversationId", "messages"}),
    optional=frozenset({*MESSAGE_IDS, *MESSAGE_DATES, "language", "labels"}),
    read=_read_librechat,
    nested=frozenset({"messages", "labels"}),
)
GROK_EXPORT = Format(
    name="grok-export",
    required=frozenset({"conversation", "responses"}),
    optional=frozenset(),
    read=_read_grok,
    nested=frozenset({"conversation", "responses"}),
)
