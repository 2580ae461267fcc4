"""A small example of every conversation format, with the conversation that it must be read as."""

from dataclasses import dataclass
from typing import Any, Final

from semtel_ops.conversations.model import Turn
from semtel_ops.testing.builders import make_turns


@dataclass(frozen=True)
class Example:
    """Records of a file, and the fields of their conversation."""

    records: list[dict[str, Any]]
    id: str | None  # None: `content_hash` of the turns
    turns: tuple[Turn, ...]
    started_at: str | None = None
    language: str | None = None


HELLO = make_turns("Guten Tag – 你好", "Hello.", "Thanks\u2028!")
_MESSAGES = [{"role": turn.role.value, "content": turn.content} for turn in HELLO]


def _node(name: str, parent: str | None, children: list[str], role: str | None = None, text: str = "") -> dict[str, Any]:
    message = role and {"author": {"role": role}, "content": {"content_type": "text", "parts": [text]}, "metadata": {"n": 1}}
    return {"id": name, "message": message, "parent": parent, "children": children}


def _row(name: str, parent: str | None, role: str, text: str, rank: int | None) -> dict[str, Any]:
    tree = {"message_tree_id": "m0", "created_date": "2026-11-17T08:00:00+00:00", "lang": "de", "deleted": False}
    return {"message_id": name, "parent_id": parent, "text": text, "role": role, "rank": rank, **tree}


_CHATGPT = {
    "title": "t",
    "create_time": 1794902400.5,
    "current_node": "d",
    "conversation_id": "g1",
    "mapping": {
        "root": _node("root", None, ["a"]),
        "a": _node("a", "root", ["b", "x"], "user", HELLO[0].content),
        "b": _node("b", "a", ["d"], "assistant", "Hello."),
        "x": _node("x", "a", [], "assistant", "A regenerated answer that was not kept in view."),
        "d": _node("d", "b", [], "user", HELLO[2].content),
    },
}
_ROWS = [
    _row("m0", None, "prompter", HELLO[0].content, None),
    _row("m1", "m0", "assistant", "A worse answer.", 1),
    _row("m2", "m0", "assistant", "Hello.", 0),
    _row("m3", "m2", "prompter", HELLO[2].content, None),
]
_TREE = {
    **_ROWS[0],
    "replies": [{**_ROWS[1], "replies": []}, {**_ROWS[2], "replies": [{**_ROWS[3], "replies": []}]}],
}
_GEMINI = [{"role": who, "parts": [{"text": t.content}]} for who, t in zip(["user", "model", "user"], HELLO, strict=True)]
_CLAUDE = {
    "uuid": "k1",
    "name": "n",
    "created_at": "2026-11-17T08:00:00.000000Z",
    "chat_messages": [
        {
            "uuid": "1",
            "sender": "human",
            "text": "",
            "content": [{"type": "text", "text": HELLO[0].content}],
            "attachments": [],
        },
        {"uuid": "2", "sender": "assistant", "text": "Hello.", "content": [{"type": "thinking", "thinking": "hm"}]},
        {"uuid": "3", "sender": "human", "text": HELLO[2].content},
    ],
}


def _webui_node(name: str, parent: str | None, role: str, text: str, children: list[str]) -> dict[str, Any]:
    return {"id": name, "parentId": parent, "childrenIds": children, "role": role, "content": text, "timestamp": 1794902400}


_WEBUI = {
    "id": "o1",
    "created_at": 1794902400,
    "chat": {
        "title": "t",
        "history": {
            "currentId": "d",
            "messages": {
                "a": _webui_node("a", None, "user", HELLO[0].content, ["b", "x"]),
                "b": _webui_node("b", "a", "assistant", "Hello.", ["d"]),
                "x": _webui_node("x", "a", "assistant", "A regenerated answer that was not kept in view.", []),
                "d": _webui_node("d", "b", "user", HELLO[2].content, []),
            },
        },
    },
}


def _libre(name: str, parent: str, by_user: bool, text: str, minute: int) -> dict[str, Any]:
    when = f"2026-11-17T08:0{minute}:00.000Z"
    sender = "User" if by_user else "A model"
    return {"messageId": name, "parentMessageId": parent, "sender": sender, "isCreatedByUser": by_user, "text": text,
            "createdAt": when}  # fmt: skip


_LIBRECHAT = {
    "conversationId": "b1",
    "endpoint": "openAI",
    "messages": [
        _libre("a", "00000000-0000-0000-0000-000000000000", True, HELLO[0].content, 0),
        _libre("x", "a", False, "A regenerated answer that was not kept in view.", 1),
        _libre("b", "a", False, "Hello.", 2),
        _libre("d", "b", True, HELLO[2].content, 3),
    ],
}
_NOVEMBER = "2026-11-17T08:00:00+00:00"

EXAMPLES: Final[dict[str, Example]] = {
    "semtel": Example(
        [{"conversation_id": "c1", "messages": _MESSAGES, "started_at": "2026-11-17T09:00:00+01:00", "language": "de"}],
        "c1",
        HELLO,
        _NOVEMBER,
        "de",
    ),
    "openai": Example([{"messages": _MESSAGES}], None, HELLO),
    "sharegpt": Example(
        [
            {
                "id": "s1",
                "conversations": [
                    {"from": who, "value": t.content} for who, t in zip(["human", "gpt", "human"], HELLO, strict=True)
                ],
            }
        ],
        "s1",
        HELLO,
    ),
    "wildchat": Example(
        [{"conversation_hash": "w1", "conversation": _MESSAGES, "timestamp": "2026-11-17T08:00:00Z", "language": "German"}],
        "w1",
        HELLO,
        _NOVEMBER,
        "German",
    ),
    "lmsys": Example([{"conversation_id": "l1", "conversation": _MESSAGES, "language": "German"}], "l1", HELLO, None, "German"),
    "hh-rlhf": Example(
        [
            {
                "chosen": f"\n\nHuman: {HELLO[0].content}\n\nAssistant: Hello.\n\nHuman: {HELLO[2].content}",
                "rejected": "\n\nHuman: ?",
            }
        ],
        None,
        HELLO,
    ),
    "chatgpt-export": Example([_CHATGPT], "g1", HELLO, "2026-11-17T08:00:00.500000+00:00"),
    "gemini": Example([{"id": "g2", "contents": _GEMINI}], "g2", HELLO),
    "claude-export": Example([_CLAUDE], "k1", HELLO, _NOVEMBER),
    "open-webui-export": Example([_WEBUI], "o1", HELLO, _NOVEMBER),
    "librechat-export": Example([_LIBRECHAT], "b1", HELLO, _NOVEMBER),
    "oasst-rows": Example(_ROWS, "m0", HELLO, _NOVEMBER, "de"),
    "oasst-tree": Example([{"message_tree_id": "m0", "tree_state": "ready", "prompt": _TREE}], "m0", HELLO, _NOVEMBER, "de"),
}
"""Name of the format → its example."""
