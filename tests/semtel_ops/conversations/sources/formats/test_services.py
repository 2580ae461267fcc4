"""Exports and logs of services, made from public reports: what is said is read, wherever it is stored."""

import json
from typing import Any

import pytest

from semtel_ops.conversations.sources import Reason, Record, Unreadable

QUESTION, ANSWER = {"role": "user", "content": "How are you?"}, {"role": "assistant", "content": "Fine."}
MESSAGES = [QUESTION, ANSWER]
SAID = [("user", "How are you?"), ("assistant", "Fine.")]
WITH_SYSTEM = [("system", "be brief"), *SAID]


def _deepseek(*fragments: list[dict[str, str]]) -> dict[str, Any]:
    names = [str(number) for number in range(len(fragments) + 1)]
    mapping = {
        name: {
            "parent": names[at - 1] if at else None,
            "children": names[at + 1 : at + 2],
            "message": {"fragments": fragments[at - 1], "model": "deepseek-chat"} if at else None,
        }
        for at, name in enumerate(names)
    }
    return {"id": "d", "inserted_at": "2025-01-27T10:00:00+08:00", "mapping": mapping}


def _lm_studio(*steps: dict[str, Any]) -> dict[str, Any]:
    question = {"type": "singleStep", "role": "user", "content": [{"type": "text", "text": "How are you?"}]}
    answer = {"type": "multiStep", "role": "assistant", "steps": list(steps)}
    old = {"type": "singleStep", "role": "user", "content": [{"type": "text", "text": "old"}]}
    return {
        "createdAt": 1755686563976,
        "messages": [
            {"versions": [old, question], "currentlySelected": 1},
            {"versions": [answer], "currentlySelected": 7},
        ],
    }


def _block(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "contentBlock", "content": [{"type": "text", "text": text}], **more}


def _webui(answer: str) -> dict[str, Any]:
    nodes = {
        "a": {"id": "a", "parentId": None, "childrenIds": ["b"], **QUESTION},
        "b": {"id": "b", "parentId": "a", "childrenIds": [], "role": "assistant", "content": answer},
    }
    return {"id": "w", "chat": {"history": {"messages": nodes, "currentId": "b"}}}


THOUGHT = '<details type="reasoning" done="true" duration="2">\n<summary>Thought for 2 seconds</summary>\n> hm\n</details>\n'
GROK = {
    "conversation": {"id": "g", "create_time": "2025-07-01T10:00:00Z"},
    "responses": [
        {"response": {"_id": "1", "sender": "human", "message": "How are you?"}},
        {"response": {"_id": "2", "sender": "ASSISTANT", "message": "Fine."}},
    ],
}
CHUNKS = [
    {"role": "user", "text": "How are you?", "tokenCount": 4},
    {"role": "model", "text": "hm", "isThought": True},
    {"role": "model", "text": "Fine."},
]
BEDROCK = [
    {"role": "user", "content": [{"text": "How are you?"}]},
    {"role": "assistant", "content": [{"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"text": "Fine."}]},
]
TRANSCRIBED = [{"role": "user", "content": [{"type": "audio_transcription", "text": "How are you?"}]}, ANSWER]

READ: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    "osaurus-ai/osaurus#2217 Grok": ({"conversations": [GROK], "projects": []}, SAID),
    "replies of several models beside a conversation": ({"conversation": MESSAGES, "responses": ["x", "y"]}, SAID),
    "Superkikim/nexus-ai-chat-importer#82 DeepSeek": (
        _deepseek(
            [{"type": "REQUEST", "content": "How are you?"}],
            [{"type": "THINK", "content": "hm"}, {"type": "RESPONSE", "content": "Fine."}],
        ),
        SAID,
    ),
    "danny-avila/LibreChat#5932 AI Studio": (
        {"systemInstruction": {"text": "be brief"}, "chunkedPrompt": {"chunks": CHUNKS, "pendingInputs": []}},
        WITH_SYSTEM,
    ),
    "lmstudio-ai/lms#305 LM Studio": (
        _lm_studio(_block("hm", style={"type": "thinking"}), _block("Fine."), {"type": "debugInfoBlock", "debugInfo": "x"}),
        SAID,
    ),
    "open-webui/open-webui: thoughts in details": (_webui(f"{THOUGHT}Fine."), SAID),
    "hiyouga/LlamaFactory#4152 system": (
        {"conversations": [{"from": "human", "value": "How are you?", "loss": True}, {"from": "gpt", "value": "Fine."}],
         "system": "be brief", "tools": "[]"},
        WITH_SYSTEM,
    ),
    "Anthropic, system as parts": ({"model": "m", "system": [{"type": "text", "text": "be brief"}], "messages": MESSAGES}, WITH_SYSTEM),
    "Vertex tuning": (
        {"systemInstruction": {"role": "system", "parts": [{"text": "be brief"}]},
         "contents": [{"role": "user", "parts": [{"text": "How are you?"}]}, {"role": "model", "parts": [{"text": "Fine."}]}]},
        WITH_SYSTEM,
    ),
    "a system prompt that is there already": ({"system": "be brief", "messages": [{"role": "system", "content": "be brief"}, *MESSAGES]}, WITH_SYSTEM),
    "system that is no text": ({"system": True, "messages": MESSAGES}, SAID),
    "Bedrock Converse": ({"messages": BEDROCK}, SAID),
    "LiteLLM log": ({"id": "x", "messages": [QUESTION], "response": {"choices": [{"message": ANSWER}]}}, SAID),
    "LiteLLM log in a table": ({"id": "x", "messages": [QUESTION], "response": json.dumps({"choices": [{"message": ANSWER}]})}, SAID),
    "Anthropic log": ({"messages": [QUESTION], "response": {"role": "assistant", "content": [{"type": "text", "text": "Fine."}]}}, SAID),
    "a response that is text": ({"messages": MESSAGES, "response": "Fine."}, SAID),
    "OpenAI refusal": ({"messages": [QUESTION, {"role": "assistant", "content": None, "refusal": "Fine."}]}, SAID),
    "OpenAI refusal part": (
        {"messages": [QUESTION, {"role": "assistant", "content": [{"type": "refusal", "refusal": "Fine."}]}]}, SAID
    ),
    "ChatGPT voice": ({"messages": TRANSCRIBED}, SAID),
    "TRL preference": ({"prompt": [QUESTION], "chosen": [ANSWER], "rejected": [ANSWER]}, SAID),
    "TRL preference with the prompt twice": ({"prompt": [QUESTION], "chosen": MESSAGES, "rejected": MESSAGES}, SAID),
}  # fmt: skip


def _read(read_bytes: Any, record: Any) -> Record | Unreadable:
    (item,) = read_bytes(json.dumps(record).encode() + b"\n")
    assert isinstance(item, Record | Unreadable)
    return item


@pytest.mark.parametrize("case", READ, ids=READ.keys())
def test_it_is_read(read_bytes: Any, case: str) -> None:
    record, said = READ[case]
    item = _read(read_bytes, record)
    assert isinstance(item, Record), item
    assert [(turn.role.value, turn.content) for turn in item.conversation.turns] == said


REFUSED: dict[str, tuple[Any, Reason, str]] = {
    "LianjiaTech/BELLE: other fields": ({"conversation": [{"human": "hi", "assistant": "yo"}]}, Reason.NO_TURNS, "no message has one of"),
    "Arize-ai/phoenix: attributes": ({"messages": [{"message.role": "user"}]}, Reason.NO_TURNS, "no message has one of"),
    "posit-dev/chatlas#180: columns of pandas": (
        {"id": {"0": "a"}, "messages": {"0": MESSAGES}}, Reason.WRONG_TYPE, "orient='records'"
    ),
    "janhq/jan: a message a line": ({"thread_id": "t", "role": "user", "content": "hi"}, Reason.UNKNOWN_FORMAT, "it is a message"),
    "Google Takeout": ({"header": "Gemini Apps", "title": "Prompted hi"}, Reason.UNKNOWN_FORMAT, "chunkedPrompt"),
    "mongodb: an id as bytes": ({"id": {"$binary": "x"}, "messages": MESSAGES}, Reason.WRONG_TYPE, "id:"),
    "pandas-dev/pandas: ids of a column with gaps": ({"id": 1.2345678901234568e18, "messages": MESSAGES}, Reason.WRONG_TYPE, "rounded"),
    "kind: ids of Excel": ({"id": "1.23457E+17", "messages": MESSAGES}, Reason.WRONG_TYPE, "rounded"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=REFUSED.keys())
def test_it_is_refused_and_says_why(read_bytes: Any, case: str) -> None:
    record, reason, words = REFUSED[case]
    item = _read(read_bytes, record)
    assert isinstance(item, Unreadable), item
    assert item.reason is reason
    assert words in item.detail


def test_a_message_that_is_its_own_parent_is_the_first(read_bytes: Any) -> None:
    nodes = {"a": {"parent": "a", "children": [], "message": {"author": {"role": "user"}, "content": {"parts": ["hi"]}}}}
    assert isinstance(_read(read_bytes, {"mapping": nodes}), Record)
