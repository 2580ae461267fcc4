"""Formats with a list of messages in a field: ours, OpenAI, ShareGPT, WildChat, LMSYS-Chat, Gemini, AI Studio.

ours       {"conversation_id", "messages": [{"role", "content"}], "started_at", "language", "labels"}
OpenAI     {"messages": [{"role", "content": text or parts}], "id"?}
ShareGPT   {"conversations": [{"from", "value"}], "id"?}
WildChat   {"conversation": [{"role", "content", …}], "conversation_hash", "timestamp", "language"}
LMSYS      {"conversation": [{"role", "content"}], "conversation_id", "language"}
Gemini     {"contents": [{"role", "parts": [{"text"}]}], "id"?}
AI Studio  {"chunkedPrompt": {"chunks": [{"role", "text"}]}}
"""

from collections.abc import Callable
from typing import Any

from semtel_ops.conversations.model import Conversation, Role, Turn
from semtel_ops.conversations.sources.formats.fields import make_conversation
from semtel_ops.conversations.sources.formats.format import Format
from semtel_ops.conversations.sources.formats.turns import make_turn, read_message, read_turns

MESSAGE_IDS = ("conversation_id", "id", "conversationId", "uuid", "_id")
MESSAGE_DATES = ("started_at", "created_at", "timestamp", "tstamp", "create_time", "created", "createdAt")
_SYSTEM = ("system", "system_prompt", "systemInstruction", "system_instruction")
_CONTEXT = frozenset({*_SYSTEM, "response"})


def _reader(field: str, ids: tuple[str, ...]) -> Callable[[dict[str, Any]], Conversation]:
    def read(record: dict[str, Any]) -> Conversation:
        turns = _with_context(record, read_turns(record[field]))
        return make_conversation(record, turns, ids=ids, dates=MESSAGE_DATES, labels=record.get("labels"))

    return read


def _with_context(record: dict[str, Any], turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """The turns, with what some formats store beside the messages: the system prompt, and in logs the response."""
    if _CONTEXT.isdisjoint(record):
        return turns
    system = next((value for field in _SYSTEM if (value := record.get(field)) and isinstance(value, str | list | dict)), None)
    if system is not None and turns and turns[0].role is not Role.SYSTEM:
        turn = make_turn("system", system, 0)
        turns = turns if turn is None else (turn, *turns)
    response = record.get("response")
    if isinstance(response, dict) and turns and turns[-1].role is not Role.ASSISTANT:
        choices = response.get("choices")
        reply = choices[0] if isinstance(choices, list) and choices else response
        turn = read_message(reply, len(turns) + 1) if isinstance(reply, dict) else None
        turns = turns if turn is None else (*turns, turn)
    return turns


def _format(name: str, field: str, *marks: str, ids: tuple[str, ...] = MESSAGE_IDS) -> Format:
    return Format(
        name=name,
        required=frozenset({field, *marks}),
        optional=frozenset({*ids, *MESSAGE_DATES, *_CONTEXT, "language", "labels"}),
        read=_reader(field, ids),
        nested=frozenset({field, "response", "labels"}),
    )


OURS = _format("semtel", "messages", "conversation_id")
OPENAI = _format("openai", "messages")
SHAREGPT = _format("sharegpt", "conversations")
WILDCHAT = _format("wildchat", "conversation", "conversation_hash", ids=("conversation_hash", *MESSAGE_IDS))
LMSYS = _format("lmsys", "conversation")
GEMINI = _format("gemini", "contents")
AI_STUDIO = _format("ai-studio", "chunkedPrompt")
