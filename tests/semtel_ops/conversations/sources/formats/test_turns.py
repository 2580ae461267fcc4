from typing import Any

import pytest

from semtel_ops.conversations.model import Role
from semtel_ops.conversations.sources.formats.turns import read_content, read_turns
from semtel_ops.conversations.sources.records import BadRecordError, Reason


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        (None, ""),
        ([], ""),
        ([{"type": "text", "text": "look:"}, {"type": "image_url", "image_url": {"url": "data:…"}}, "and"], "look:\n[image]\nand"),
        ([{"type": "input_text", "text": "a"}, {"type": "input_audio", "input_audio": {}}], "a\n[audio]"),
        ([{"type": "text", "text": {"value": "assistants", "annotations": []}}], "assistants"),
        ([{"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}], "[image]"),
        ([{"type": "tool_use", "name": "x"}, {"type": "file"}, {"type": "a poem about spring"}, {}], "[tool]\n[file]\n[attachment]\n[attachment]"),
        ({"text": "alone"}, "alone"),
    ],
)  # fmt: skip
def test_content_becomes_text(content: Any, text: str) -> None:
    assert read_content(content, 1) == text


def test_the_fields_words_for_roles_are_known_in_any_case() -> None:
    words = ["Human", " USER ", "gpt", "Assistant", "developer", "tool", "prompter"]
    turns = read_turns([{"role": word, "content": "x"} for word in words])
    said_by = [Role.USER, Role.USER, Role.ASSISTANT, Role.ASSISTANT, Role.SYSTEM, Role.TOOL, Role.USER]
    assert [turn.role for turn in turns] == said_by


def test_turns_that_say_nothing_are_left_out() -> None:
    messages = [{"role": "user", "content": text} for text in ("a", "", None, " \n", [], "\x00", "b")]
    assert [turn.content for turn in read_turns(messages)] == ["a", "b"]


def test_an_unknown_role_is_told_by_its_number_and_not_its_word() -> None:
    with pytest.raises(BadRecordError) as caught:
        read_turns([{"role": "user", "content": "a"}, {"role": "narrator", "content": "b"}])
    assert caught.value.reason is Reason.UNKNOWN_ROLE
    assert "message 2" in caught.value.detail
    assert "narrator" not in caught.value.detail
