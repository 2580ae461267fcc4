"""The branch of a tree whatever links the export left in it."""

from typing import Any

import pytest

from semtel_ops.conversations.sources.formats import read_record
from semtel_ops.conversations.sources.records import BadRecordError, Reason


def node(parent: str | None, said: str | None, *children: str, at: float | None = None, role: str = "user") -> dict[str, Any]:
    message = None if said is None else {"author": {"role": role}, "content": {"parts": [said]}, "create_time": at}
    return {"parent": parent, "children": list(children), "message": message}


def without(field: str, mapping: dict[str, Any]) -> dict[str, Any]:
    return {name: {key: value for key, value in each.items() if key != field} for name, each in mapping.items()}


def texts(mapping: dict[str, Any], **fields: Any) -> list[str]:
    return [turn.content for turn in read_record({"mapping": mapping, **fields}).turns]


CHAIN = {"r": node(None, None, "a"), "a": node("r", "A", "b"), "b": node("a", "B", "c"), "c": node("b", "C")}


@pytest.mark.parametrize(
    "mapping", [CHAIN, without("children", CHAIN), without("parent", CHAIN), dict(reversed(CHAIN.items()))]
)
@pytest.mark.parametrize("current", [None, "c", "gone", 7])
def test_either_link_is_enough(mapping: dict[str, Any], current: Any) -> None:
    """Nwflower/dsh-chat-import#62"""
    assert texts(mapping, current_node=current) == ["A", "B", "C"]


def test_the_leaf_with_the_latest_message_is_followed() -> None:
    """MemPalace/mempalace#330: a person returned to an earlier branch, which is then the latest, though not the last child."""
    mapping = {
        "a": node(None, "A", "b", "c", at=1.0),
        "b": node("a", "B", "d", at=2.0),
        "c": node("a", "C", at=3.0),
        "d": node("b", "D", at=4.0),
    }
    assert texts(mapping) == texts(without("children", mapping)) == ["A", "B", "D"]


def test_without_dates_the_last_child_is_followed() -> None:
    mapping = {"a": node(None, "A", "c", "b"), "b": node("a", "B"), "c": node("a", "C")}
    assert texts(mapping) == ["A", "B"]


def test_a_parent_that_was_left_out_ends_the_branch() -> None:
    mapping = {name: CHAIN[name] for name in ("a", "b", "c")}
    assert texts(mapping) == texts(mapping, current_node="c") == ["A", "B", "C"]
    assert texts({**mapping, "r": None}) == ["A", "B", "C"]


def test_a_root_without_messages_does_not_hide_the_conversation() -> None:
    assert texts({**CHAIN, "x": node(None, None)}) == ["A", "B", "C"]
    assert texts({"x": node(None, None), **without("children", CHAIN)}) == ["A", "B", "C"]


def test_children_that_do_not_exist_are_none() -> None:
    assert texts({"a": node(None, "A", "b", "gone"), "b": node("a", "B", "gone", "b")}) == ["A", "B"]


@pytest.mark.parametrize("current", [None, "a"])
def test_a_cycle_is_broken(current: str | None) -> None:
    with pytest.raises(BadRecordError) as caught:
        texts({"a": node("b", "A", "b"), "b": node("a", "B", "a")}, current_node=current)
    assert caught.value.reason is Reason.BROKEN_TREE


def test_a_cycle_beside_the_conversation_does_not_matter() -> None:
    assert texts({**CHAIN, "x": node("y", "X", "y"), "y": node("x", "Y", "x")}) == ["A", "B", "C"]


def test_roles_and_parts_of_exports_are_known() -> None:
    parts = [{"content_type": "audio_transcription", "text": "spoken"}, None, {"content_type": "image_asset_pointer"}, ""]
    mapping = {
        "s": {"parent": None, "message": {"author": {"role": "system"}, "content": {"parts": [""]}, "weight": 0}},
        "u": {"parent": "s", "message": {"author": {"role": "user"}, "content": {"parts": parts}}},
        "t": {"parent": "u", "message": {"author": {"role": "tool", "name": "browser"}, "content": {"content_type": "tether_quote", "text": "found"}}},
        "h": {"parent": "t", "message": {"author": {"role": "assistant"}, "content": {"content_type": "thoughts", "thoughts": [{"content": "hm"}]}}},
        "n": {"parent": "h", "message": {"author": {"role": "assistant"}, "content": None}},
        "a": {"parent": "n", "message": {"author": {"role": "assistant"}, "content": {"content_type": "text", "parts": ["Done."]}}},
    }  # fmt: skip
    assert texts(mapping) == ["spoken\n[image]", "found", "Done."]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, ["A", "C"]),
        ({"current_leaf_message_uuid": "b"}, ["A", "B"]),
    ],
)
def test_a_list_of_messages_with_parents_is_a_tree(fields: dict[str, Any], said: list[str]) -> None:
    """Claude's exports name the parent of the first message, which is in no list."""
    messages = [
        {"uuid": name, "parent_message_uuid": parent, "sender": "human", "text": name.upper(), "created_at": f"2026-11-17T08:0{n}:00Z"}
        for n, (name, parent) in enumerate([("a", "00000000-0000-4000-8000-000000000000"), ("b", "a"), ("c", "a")])
    ]  # fmt: skip
    assert [turn.content for turn in read_record({"chat_messages": messages, **fields}).turns] == said


def test_a_list_with_a_message_that_cannot_be_placed_is_read_in_its_order() -> None:
    messages = [{"uuid": "a", "sender": "human", "text": "A"}, {"sender": "human", "text": "B", "parent_message_uuid": "a"}]
    assert [turn.content for turn in read_record({"chat_messages": messages}).turns] == ["A", "B"]
