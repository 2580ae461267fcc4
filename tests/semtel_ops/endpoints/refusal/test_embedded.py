"""Objects inside a text are read as objects, in JSON and as Python prints them, and anything else stays text."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.endpoints.refusal.embedded import split_embedded


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("only words", ["only words"]),
        ('{"a": 1}', ["", {"a": 1}, ""]),
        ('before {"a": {"b": [1]}} after', ["before ", {"a": {"b": [1]}}, " after"]),
        ("Error code: 400 - {'error': {'message': \"it's\", 'code': None}}", [
            "Error code: 400 - ", {"error": {"message": "it's", "code": None}}, ""]),
        ("[{'loc': ('body', 'seed')}]", ["", [{"loc": ("body", "seed")}], ""]),
        ('one {"a": 1} two {"b": 2}', ["one ", {"a": 1}, " two ", {"b": 2}, ""]),
        ("range is [1, 4096]", ["range is [1, 4096]"]),
        ("one of ['text', 'json_object']", ["one of ['text', 'json_object']"]),
        ("a set {name}", ["a set {name}"]),
        ('text with "quo{tes" and {"a": "}"} end', ['text with "quo{tes" and ', {"a": "}"}, " end"]),
        ('cut {"messages": [{"content": "what was said', ["cut "]),
        ("{'a': open('/etc/passwd')}", ["{'a': open('/etc/passwd')}"]),
        ("", [""]),
    ],
)  # fmt: skip
def test_a_text_is_split_at_its_objects(text: str, parts: list[Any]) -> None:
    assert list(split_embedded(text)) == parts


@pytest.mark.parametrize(
    "text", ["{'" * 20_000, "[" * 50_000 + "'", "{'a':" + "-" * 15_000 + "1}", "[{'a': " + "(" * 5_000 + "]" * 5_000]
)
def test_a_text_made_to_be_slow_is_not(text: str) -> None:
    assert list(split_embedded(text))


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("{}[]()'\"\\ a:,1\n"), max_size=60))
def test_no_text_raises(text: str) -> None:
    assert list(split_embedded(text))
