from typing import Any

import pytest

from semtel_ops.conversations.sources.formats import read_record
from semtel_ops.conversations.sources.records import BadRecordError, Reason


def _node(name: str, parent: str | None, *children: str, said: str | None = None, **message: Any) -> dict[str, Any]:
    spoken = {"author": {"role": "user"}, "content": {"parts": [said]}, **message} if said else None
    return {name: {"id": name, "parent": parent, "children": list(children), "message": spoken}}


def _texts(mapping: dict[str, Any], **fields: Any) -> list[str]:
    return [turn.content for turn in read_record({"mapping": mapping, **fields}).turns]


FORKED = {
    **_node("r", None, "a"),
    **_node("a", "r", "b", "c", said="A"),
    **_node("b", "a", said="B"),
    **_node("c", "a", said="C"),
}


def test_the_branch_in_view_is_followed() -> None:
    assert _texts(FORKED, current_node="b") == ["A", "B"]


def test_without_a_current_node_the_latest_branch_is_followed() -> None:
    assert _texts(FORKED) == ["A", "C"]
    assert _texts(FORKED, current_node="gone") == ["A", "C"]


def test_hidden_messages_are_left_out() -> None:
    hidden = _node("b", "a", said="B", metadata={"is_visually_hidden_from_conversation": True})
    assert _texts({**FORKED, **hidden}, current_node="b") == ["A"]


def test_code_and_tools_are_turns() -> None:
    code = _node("b", "a", said="x", author={"role": "assistant"}, content={"content_type": "code", "text": "1+1"})
    assert _texts({**FORKED, **code}, current_node="b") == ["A", "1+1"]


def test_a_branch_in_a_circle_is_broken() -> None:
    circle = {**_node("a", "b", "b", said="A"), **_node("b", "a", "a", said="B")}
    with pytest.raises(BadRecordError) as caught:
        _texts(circle, current_node="a")
    assert caught.value.reason is Reason.BROKEN_TREE


def test_a_long_branch_takes_no_recursion() -> None:
    long: dict[str, Any] = _node("0", None, "1", said="0")
    for n in range(1, 20_000):
        long |= _node(str(n), str(n - 1), str(n + 1), said=str(n))
    assert len(_texts(long)) == 20_000
