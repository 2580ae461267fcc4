"""An event stream is the completion that its events add up to, or the error that ended it."""

import json
from typing import Any

import pytest

from semtel_ops.endpoints.event_stream import completion_of, is_event_stream


def stream(*events: Any, end: str = "data: [DONE]\n\n") -> bytes:
    return ("".join(f"data: {json.dumps(event)}\n\n" for event in events) + end).encode()


def chunk(finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"model": "m-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}


def test_chunks_add_up() -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 7}}
    raw = stream(chunk(role="assistant"), chunk(content="a", reasoning_content="x"), chunk(content="b"), chunk("stop"), usage)
    assert completion_of(b": OPENROUTER PROCESSING\n\n" + raw) == {
        "model": "m-1",
        "usage": {"prompt_tokens": 7},
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "ab", "reasoning_content": "x"}, "finish_reason": "stop"}
        ],
    }


def test_a_whole_completion_or_an_error_in_an_event_is_taken_as_it_is() -> None:
    whole = {"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]}
    assert completion_of(stream(whole)) == whole
    error = {"error": {"code": 502, "message": "no"}}
    assert completion_of(stream(chunk(content="a"), error)) == error


@pytest.mark.parametrize(
    "raw",
    [
        stream(chunk(content="a"), end=""),
        stream(),
        stream({}, 7, None, {"choices": [7]}, {"choices": {}}, {"choices": [{"delta": 7}]}),
        b"data: {cut",
        b"data:",
        b"event: ping\n\n",
    ],
)
def test_a_stream_that_ends_in_the_middle_is_nothing(raw: bytes) -> None:
    assert is_event_stream(raw)
    assert completion_of(raw) is None


def test_the_end_mark_is_an_end() -> None:
    found = completion_of(stream(chunk(content="a")))
    assert found is not None
    assert found["choices"][0]["finish_reason"] is None


@pytest.mark.parametrize(
    ("raw", "streams"), [(b"", False), (b'{"data": 1}', False), (b"\n\ndata: {}", True), (b"<html>", False)]
)
def test_a_stream_is_known_by_its_beginning(raw: bytes, streams: bool) -> None:
    assert is_event_stream(raw) is streams


def test_content_in_parts_is_kept_in_parts() -> None:
    parts = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "yes"}]
    found = completion_of(stream(chunk(content=parts[:1]), chunk(content=parts[1:])))
    assert found is not None
    assert found["choices"][0]["message"]["content"] == parts


def test_objects_one_a_line_are_events_too() -> None:
    lines = [
        {"model": "m", "message": {"role": "assistant", "content": "ye"}, "done": False},
        {"model": "m", "message": {"role": "assistant", "content": "s"}, "done": True, "done_reason": "stop", "eval_count": 2},
    ]
    found = completion_of(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    assert found is not None
    assert found["choices"] == [{"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}]
    assert found["eval_count"] == 2


@pytest.mark.parametrize("around", [b": PROCESSING\n\n%s", b"%s\n%s", b"%s\n\x00\x00", b")]}'\n%s"])
def test_a_whole_completion_among_other_lines_is_that_completion(around: bytes) -> None:
    whole = {"choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}]}
    raw = json.dumps(whole).encode()
    assert completion_of(around.replace(b"%s", raw)) == whole
