"""Whatever a reply with an error has for status, headers and body, it is one error of a kind, short, and without the request."""

import json
import math
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.endpoints.dialect import Dialect, after_refusal
from semtel_ops.endpoints.refusal import error_from_response
from semtel_ops.errors import EndpointError, EndpointErrorKind
from tests.support.recorded_refusals import RECORDED

SAID = "my neighbour's cat is called Schr\u00f6dinger and sleeps on 14 Elm Street"
SENT = orjson.dumps({"model": "m", "messages": [{"role": "user", "content": SAID}]})

WORDS = st.sampled_from(
    [
        SAID, f"Invalid value: '{SAID}'", f'"{SAID}"', f"input_value='{SAID}', input_type=str", str({"input": SAID}), SAID[5:], f"({SAID}",
        json.dumps({"error": {"message": SAID, "input": SAID}}), "maximum context length", "content_filter", "response_format",
        "Limit 5, Requested 9 tokens", "try again in 99999999999999999999s", "NaN", "\ud800", "\x00", "[{'loc': ('body', 'seed'",
    ]
) | st.text(max_size=30)  # fmt: skip
KEYS = st.sampled_from(
    ["error", "message", "code", "type", "param", "detail", "loc", "msg", "input", "metadata", "raw", "reasons", "innererror", "status",
     "headers", "retry_after", "retryDelay", "details", "content_filter_result", "choices", "errors", "X-RateLimit-Reset"]
)  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
BODIES = (
    VALUES.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=60)
    | WORDS.map(lambda text: text.encode("utf-8", "replace"))
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["retry-after", "retry-after-ms", "date", "location", "x-ratelimit-reset-requests", "x-ratelimit-remaining"]
    ),
    st.text(max_size=40) | st.floats().map(str) | st.integers().map(str) | st.just(f"https://x.example/{SAID}"),
)


def check(error: EndpointError) -> None:
    assert error.kind in EndpointErrorKind
    assert error.retry_after_s is None or (math.isfinite(error.retry_after_s) and error.retry_after_s >= 0)
    assert len(str(error)) < 500
    assert str(error).isprintable()
    plain = "".join(filter(str.isalnum, str(error).lower()))
    said = "".join(filter(str.isalnum, SAID.lower()))
    assert not any(said[at : at + 24] in plain for at in range(len(said) - 24))
    dialect: Dialect | None = Dialect()
    for _ in range(8):
        dialect = after_refusal(dialect, error) if dialect is not None else None


@settings(max_examples=250, deadline=None)
@given(st.integers(200, 599), HEADERS, BODIES)
def test_any_reply_with_an_error_is_one_error(status: int, headers: dict[str, str], raw: bytes) -> None:
    check(error_from_response("east", status, headers, raw, sent=SENT))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(RECORDED), st.integers(0, 10_000), HEADERS)
def test_a_recorded_refusal_that_is_cut_is_an_error_too(shape: Any, place: int, headers: dict[str, str]) -> None:
    raw = shape.body.encode() if isinstance(shape.body, str) else json.dumps(shape.body).encode()
    check(error_from_response("east", shape.status, headers, raw[: place % (len(raw) + 1)], sent=SENT))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(RECORDED), st.sampled_from([str.upper, str.lower, str.title, lambda text: f"  {text}\n"]))
def test_the_case_of_words_does_not_matter(shape: Any, change: Any) -> None:
    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: changed(item) if key in {"message", "error", "detail", "metadata"} else item for key, item in value.items()
            }
        return change(value) if isinstance(value, str) and "{" not in value else value

    if isinstance(shape.body, dict):
        error = error_from_response("east", shape.status, {}, json.dumps(changed(shape.body)).encode())
        assert error.kind is shape.kind, str(error)
