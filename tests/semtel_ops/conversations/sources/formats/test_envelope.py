import json
from typing import Any

import pytest

from semtel_ops.conversations.sources import Reason
from semtel_ops.conversations.sources.formats import open_envelope

MESSAGES = [{"role": "user", "content": "How are you?"}, {"role": "assistant", "content": "Fine."}]
A, B = ({"id": name, "messages": MESSAGES} for name in "ab")
SHAREGPT = {"conversations": [{"from": "human", "value": "How are you?"}, {"from": "gpt", "value": "Fine."}]}

ENVELOPES: dict[str, Any] = {
    "ztjhz/BetterChatGPT#8": {"chats": [{**A, "config": {}}, B], "folders": {}, "version": 1},
    "mckaywrigley/chatbot-ui#410": {"version": 4, "history": [A, B], "folders": [], "prompts": []},
    "TypingMind/awesome-typingmind#18": {"data": {"chats": [A, B], "folders": []}, "checksum": "x"},
    "huggingface/datasets, rows of the API": {"features": [], "rows": [{"row_idx": 0, "row": A}, {"row_idx": 1, "row": B}]},
    "pandas to_json, orient table": {"schema": {"fields": []}, "data": [{"index": 0, **A}, {"index": 1, **B}]},
    "an export of conversations": {"conversations": [A, B]},
    "an array in one line": [A, B],
    "two lists": {"chats": [A], "threads": [B]},
}


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize("case", ENVELOPES, ids=ENVELOPES.keys())
def test_the_records_in_an_envelope_are_read(read_bytes: Any, outline: Any, case: str, name: str) -> None:
    items = read_bytes(json.dumps(ENVELOPES[case]).encode() + b"\n", name)
    assert outline(items) == ["a", "b"]


def test_each_record_has_its_place(read_bytes: Any) -> None:
    items = read_bytes(json.dumps({"chats": [A, {"id": "x"}, 7, B]}).encode() + b"\n")
    assert [item.place.rsplit("/", 1)[-1] for item in items] == [f"data.jsonl:line 1, record {n}" for n in (1, 2, 3, 4)]
    assert [getattr(item, "reason", None) for item in items] == [None, Reason.UNKNOWN_FORMAT, Reason.UNKNOWN_FORMAT, None]


@pytest.mark.parametrize(
    "value",
    [
        A,
        SHAREGPT,
        MESSAGES,
        {"data": 1},
        {"data": []},
        {"data": [1]},
        {"data": [MESSAGES]},
        {**A, "data": [B]},
        {"items": {"x": 1}},
        "text",
        None,
        {"data": {"data": {"data": {"data": {"data": [A]}}}}},
    ],
)
def test_every_other_value_is_itself(value: Any) -> None:
    assert open_envelope(value) is None
