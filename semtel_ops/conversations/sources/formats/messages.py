"""Formats with a list of messages in a field: ours, OpenAI, ShareGPT, WildChat, LMSYS-Chat, Gemini.

ours       {"conversation_id", "messages": [{"role", "content"}], "started_at", "language", "labels"}
OpenAI     {"messages": [{"role", "content": text or parts}], "id"?}
ShareGPT   {"conversations": [{"from", "value"}], "id"?}
WildChat   {"conversation": [{"role", "content", …}], "conversation_hash", "timestamp", "language"}
LMSYS      {"conversation": [{"role", "content"}], "conversation_id", "language"}
Gemini     {"contents": [{"role", "parts": [{"text"}]}], "id"?}
"""

from collections.abc import Callable
from typing import Any

from semtel_ops.conversations.model import Conversation
from semtel_ops.conversations.sources.formats.fields import make_conversation
from semtel_ops.conversations.sources.formats.format import Format
from semtel_ops.conversations.sources.formats.turns import read_turns

MESSAGE_IDS = ("conversation_id", "id", "conversationId", "uuid", "_id")
MESSAGE_DATES = ("started_at", "created_at", "timestamp", "tstamp", "create_time", "created", "createdAt")


def _reader(field: str, ids: tuple[str, ...]) -> Callable[[dict[str, Any]], Conversation]:
    def read(record: dict[str, Any]) -> Conversation:
        return make_conversation(record, read_turns(record[field]), ids=ids, dates=MESSAGE_DATES, labels=record.get("labels"))

    return read


def _format(name: str, field: str, *marks: str, ids: tuple[str, ...] = MESSAGE_IDS) -> Format:
    return Format(
        name=name,
        required=frozenset({field, *marks}),
        optional=frozenset({*ids, *MESSAGE_DATES, "language", "labels"}),
        read=_reader(field, ids),
        nested=frozenset({field, "labels"}),
    )


OURS = _format("semtel", "messages", "conversation_id")
OPENAI = _format("openai", "messages")
SHAREGPT = _format("sharegpt", "conversations")
WILDCHAT = _format("wildchat", "conversation", "conversation_hash", ids=("conversation_hash", *MESSAGE_IDS))
LMSYS = _format("lmsys", "conversation")
GEMINI = _format("gemini", "contents")
