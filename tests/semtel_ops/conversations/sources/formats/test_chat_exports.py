"""Exports of Claude, Open WebUI and LibreChat."""

from typing import Any

import pytest

from semtel_ops.conversations.model import Conversation
from semtel_ops.conversations.sources.formats import read_record

EXPORTED = {
    "uuid": "3f",
    "name": "n",
    "created_at": "2026-11-18T10:00:00.123456Z",
    "account": {"uuid": "a"},
    "chat_messages": [
        {"uuid": "1", "text": "", "content": [{"type": "text", "text": "Plan a trip to Lisbon"}], "sender": "human",
         "created_at": "2026-11-18T10:00:00Z", "attachments": [{"file_name": "p.txt", "extracted_content": "pasted"}], "files": []},
        {"uuid": "2", "text": "Sure", "content": [{"type": "text", "text": "Sure"}], "sender": "assistant"},
    ],
}  # fmt: skip


def said(conversation: Conversation) -> list[tuple[str, str]]:
    return [(turn.role.value, turn.content) for turn in conversation.turns]


def test_claudes_export_is_read() -> None:
    """yetanotherchris/openwebui-importer#17, moorcheh-ai/memanto#1718"""
    conversation = read_record(EXPORTED)
    assert said(conversation) == [("user", "Plan a trip to Lisbon\n[file]"), ("assistant", "Sure")]
    assert (conversation.id, str(conversation.started_at)) == ("3f", "2026-11-18 10:00:00.123456+00:00")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"text": "x", "content": []}, "x"),
        ({"text": "x", "content": None}, "x"),
        ({"text": "", "content": [{"type": "text", "text": "x"}, {"type": "tool_use", "name": "web_search"}]}, "x\n[tool]"),
        ({"text": "", "content": [], "attachments": [{"file_name": "", "extracted_content": "pasted"}]}, "[file]"),
        ({"text": "x", "files": [{"file_uuid": "1"}], "files_v2": [{"file_uuid": "1"}]}, "x\n[file]"),
    ],
)
def test_what_a_message_of_claude_says(message: dict[str, Any], text: str) -> None:
    """danny-avila/LibreChat#11124: `text` counts where the parts are empty, and the reverse."""
    assert said(read_record({"chat_messages": [{"sender": "human", **message}]})) == [("user", text)]


def test_open_webui_without_a_history_has_a_list() -> None:
    chat = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    assert said(read_record({"id": "o", "chat": chat})) == [("user", "a"), ("assistant", "b")]


def test_a_recursive_export_of_librechat_is_read() -> None:
    """danny-avila/LibreChat#2355"""
    inner = {"messageId": "b", "parentMessageId": "a", "isCreatedByUser": False, "sender": "GPT-4", "text": "B", "children": []}
    first = {
        "messageId": "a",
        "parentMessageId": None,
        "isCreatedByUser": True,
        "sender": "User",
        "text": "A",
        "children": [inner],
    }
    conversation = read_record({"conversationId": "l", "recursive": True, "messages": [first]})
    assert (conversation.id, said(conversation)) == ("l", [("user", "A"), ("assistant", "B")])


def test_parts_of_librechat_are_read_and_thoughts_left_out() -> None:
    parts = [{"type": "think", "think": "hm"}, {"type": "text", "text": "B"}]
    messages = [{"isCreatedByUser": True, "text": "A"}, {"isCreatedByUser": False, "text": "", "content": parts}]
    assert said(read_record({"conversationId": "l", "messages": messages})) == [("user", "A"), ("assistant", "B")]
