"""A reply is not lost for a detail of its JSON that nobody reads, and no document brings the reader down."""

import json
import math
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.endpoints.lenient_json import MAX_BYTES, MAX_DEPTH, read_json


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        pytest.param(b'{"logprobs": NaN, "a": "yes"}', {"logprobs": None, "a": "yes"}, id="madroidmaq/mlx-omni-server#56"),
        pytest.param(b'[-Infinity, Infinity, "NaN"]', [None, None, "NaN"], id="sgl-project/sglang#4097"),
        pytest.param(b'{"token": "\\ud83d", "a": "yes"}', {"token": "\ufffd", "a": "yes"}, id="half-an-emoji"),
        pytest.param(b'{"a": "\\ud83d\\ude00 \\ude00"}', {"a": "\U0001f600 \ufffd"}, id="whole-emoji-stays"),
        pytest.param(b'{"\\ud83d": 1}', {"\ufffd": 1}, id="surrogate-in-a-name"),
        pytest.param(b'{"a": "x\xff"}', {"a": "x\ufffd"}, id="not-utf-8"),
        pytest.param(b'{"a": "x\ty\nz"}', {"a": "x\ty\nz"}, id="raw-control-characters"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', {"a": 1}, id="byte-order-mark"),
        pytest.param('{"a": "Ä"}'.encode("utf-16"), {"a": "Ä"}, id="utf-16"),
        pytest.param(b'{"n": 1e999, "m": NaN}', {"n": None, "m": None}, id="infinite-number"),
        pytest.param(b'{"n": 123456789012345678901234567890}', {"n": 123456789012345678901234567890.0}, id="long-integer"),
        pytest.param(b'{"n": ' + b"9" * 5_000 + b"}", {"n": None}, id="integer-beyond-float"),
        pytest.param(b'{"n": 18446744073709551611, "m": NaN}', {"n": 18446744073709551611, "m": None}, id="64bit"),
        pytest.param('{"a": "said"}', {"a": "said"}, id="text"),
    ],
)
def test_json_with_a_detail_amiss_is_read(raw: bytes | str, value: Any) -> None:
    assert read_json(raw) == value


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"<html></html>", b'data: {"a": 1}\n\n', b"\xff\xfe", b"nan", b'{"a": 1} {"a": 2}', b"[NaN", "ÿ", "\ud800"],
)
def test_what_is_no_json_is_none(raw: bytes | str) -> None:
    assert read_json(raw) is None


@pytest.mark.parametrize("number", [b"1", b"NaN"])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 1_000, 100_000])
def test_what_is_too_deep_is_none(number: bytes, depth: int) -> None:
    assert read_json(b"[" * depth + number + b"]" * depth) is None


def test_brackets_in_a_text_are_no_depth() -> None:
    assert read_json(orjson.dumps({"a": "[{" * 1_000})) == {"a": "[{" * 1_000}
    assert read_json(b"[" * MAX_DEPTH + b"NaN" + b"]" * MAX_DEPTH) is not None


def test_what_is_too_large_is_none() -> None:
    assert read_json(b'"four"', max_bytes=5) is None
    assert read_json(b" " * MAX_BYTES + b"1") is None


_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None)
@given(_VALUES)
def test_whatever_python_writes_is_read_and_can_be_written_again(value: Any) -> None:
    again = read_json(json.dumps(value).encode())
    assert orjson.loads(orjson.dumps(again)) == again
    if isinstance(value, float) and not math.isfinite(value):
        assert again is None


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40) | st.text(st.characters(exclude_categories=()), max_size=40))
def test_nothing_raises(raw: bytes | str) -> None:
    read_json(raw)
