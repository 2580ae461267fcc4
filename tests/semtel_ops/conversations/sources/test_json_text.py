import pytest

from semtel_ops.conversations.sources.json_text import decode_json


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (rb'"a\ud83db"', "a\ufffdb"),
        (rb'"\ud83d\ude00 \ude00\ud83d"', "\U0001f600 \ufffd\ufffd"),
        (rb'{"\udc00": "\\ud800"}', {"\ufffd": "\\ud800"}),
        (b'"a\xffb"', "a\ufffdb"),
        (b'"a\x00b\nc"', "a\x00b\nc"),
        (b"[NaN, Infinity, -Infinity, 1e999, 1.5]", [None, None, None, None, 1.5]),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'{"a": "\\ud800", "a": 2}', {"a": 2}),
    ],
)
def test_what_is_nearly_json_is_read(data: bytes, value: object) -> None:
    assert decode_json(data) == value


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"a" 1}', b"[" * 1_000_000, b"[" * 2_000 + b"]" * 2_000, b"1" * 10_000 + b"x", b"\xff\xfe"]
)
def test_what_is_no_json_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|line|delimiter|value|deep"):
        decode_json(data)
