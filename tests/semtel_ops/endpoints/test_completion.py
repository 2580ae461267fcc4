"""A completion is a reply, whatever it leaves out."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.classifiers.parse import MAX_REPLY_CHARS
from semtel_ops.endpoints.completion import MAX_TEXT_CHARS, parse_completion
from semtel_ops.endpoints.lenient_json import read_json
from semtel_ops.endpoints.model import ChatReply, Endpoint, FinishReason, Lane, RateLimits
from semtel_ops.endpoints.usage import MAX_TOKENS
from semtel_ops.errors import EndpointError, EndpointErrorKind

ENDPOINT = Endpoint("east", "openai", "http://x/v1", "m")


def read(body: Any, endpoint: Endpoint = ENDPOINT) -> ChatReply:
    reply = parse_completion(body, endpoint)
    assert isinstance(reply, ChatReply)
    return reply


def completion(**message: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"content": "yes", **message}, "finish_reason": "stop"}]}


def test_a_completion_is_a_reply_and_what_it_leaves_out_is_nothing() -> None:
    body = {**completion(), "model": "m-2", "usage": {"prompt_tokens": 7, "completion_tokens": 2}}
    limits = RateLimits(remaining_requests=3)
    reply = ChatReply("yes", FinishReason.STOP, "m-2", 7, 2, 0.5, limits)
    assert parse_completion(body, ENDPOINT, latency_s=0.5, rate_limits=limits) == reply
    estimated = ChatReply("yes", FinishReason.STOP, "m", 0, 1, 0.0, usage_estimated=True)
    assert parse_completion(completion(), ENDPOINT) == estimated


@pytest.mark.parametrize(
    ("asked", "answered", "lane"),
    [("flex", None, Lane.FLEX), ("flex", "default", Lane.REALTIME), (None, "flex", Lane.FLEX), (None, None, Lane.REALTIME)],
)
def test_the_tier_that_answered_is_billed_unless_the_lane_is_known(asked: str | None, answered: str | None, lane: Lane) -> None:
    endpoint, body = replace(ENDPOINT, service_tier=asked), {**completion(), "service_tier": answered}
    found = [parse_completion(body, endpoint), parse_completion(body, endpoint, lane=Lane.BATCH)]
    assert [reply.lane for reply in found if isinstance(reply, ChatReply)] == [lane, Lane.BATCH]


@pytest.mark.parametrize("body", [None, 5, "text", [], {}, {"choices": {}}, {"choices": [{"message": "x"}]}, {"choices": [[]]}])
def test_what_is_no_completion_is_none(body: Any) -> None:
    assert parse_completion(body, ENDPOINT) is None


@pytest.mark.parametrize("finish", [None, 5, [], {}, "tool_calls"])
def test_a_finish_reason_we_do_not_know_is_another(finish: Any) -> None:
    body = completion()
    body["choices"][0]["finish_reason"] = finish
    assert read(body).finish_reason is FinishReason.OTHER


SHAPES = {
    "legacy completion": {"choices": [{"text": "yes", "finish_reason": "stop"}]},
    "only a delta": {"choices": [{"delta": {"content": "yes"}, "finish_reason": "stop"}]},
    "several choices": {"choices": [{"message": {"content": "yes"}}, {"message": {"content": "no"}}]},
    "Responses": {
        "status": "completed",
        "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "no"}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "yes", "annotations": []}]},
        ],
    },
    "Ollama": {"model": "m", "message": {"role": "assistant", "content": "yes"}, "done": True, "done_reason": "stop"},
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES)
def test_other_apis_that_gateways_pass_on_are_read_too(body: dict[str, Any]) -> None:
    assert read(body).text == "yes"


FAILURES = {
    "maximhq/bifrost#5425": (
        {"index": 0, "message": {"content": '{"label": "par'}, "finish_reason": "error"},
        EndpointErrorKind.SERVER_ERROR,
    ),
    "tmseidel/ai-git-bot#364": (
        {"finish_reason": "error", "error": {"code": 502, "message": "Provider returned error"}, "message": {"content": ""}},
        EndpointErrorKind.SERVER_ERROR,
    ),
    "OpenRouter, the error alone": (
        {"finish_reason": None, "error": {"code": 429, "message": "Rate limited"}, "message": {"content": "ye"}},
        EndpointErrorKind.RATE_LIMITED,
    ),
    "genkit-ai/genkit#6259 (z.AI)": (
        {"finish_reason": "network_error", "message": {"content": ""}},
        EndpointErrorKind.SERVER_ERROR,
    ),
    "DeepSeek": (
        {"finish_reason": "insufficient_system_resource", "message": {"content": "y"}},
        EndpointErrorKind.SERVER_ERROR,
    ),
    "vLLM": ({"finish_reason": "abort", "message": {"content": "y"}}, EndpointErrorKind.SERVER_ERROR),
    "native word": (
        {"finish_reason": "stop", "native_finish_reason": "MALFORMED_FUNCTION_CALL", "message": {"content": ""}},
        EndpointErrorKind.SERVER_ERROR,
    ),
    "an error that is no object": ({"finish_reason": "error", "error": [1], "message": {}}, EndpointErrorKind.SERVER_ERROR),
}


@pytest.mark.parametrize(("choice", "kind"), FAILURES.values(), ids=FAILURES)
def test_a_provider_that_failed_during_the_reply_is_an_error_that_is_retried(
    choice: dict[str, Any], kind: EndpointErrorKind
) -> None:
    error = parse_completion({"choices": [choice], "usage": None}, ENDPOINT)
    assert isinstance(error, EndpointError)
    assert error.kind is kind
    assert error.retryable
    assert not error.final


def test_an_error_beside_a_reply_that_stopped_cleanly_does_not_undo_it() -> None:
    assert read({"choices": [{"message": {"content": "yes"}, "finish_reason": "stop", "error": {"code": 1}}]}).text == "yes"


BLOCKED = {
    "2389-research/tracker#543": {"choices": [], "promptFeedback": {"blockReason": "SAFETY"}},
    "googleapis/python-genai#774": {"choices": None, "prompt_feedback": {"block_reason": "OTHER"}},
    "Azure": {"choices": [], "prompt_filter_results": [{"content_filter_results": {"hate": {"filtered": True}}}]},
    "MiniMax": {"choices": None, "input_sensitive": True},
    "no message": {"choices": [{"index": 0, "message": None, "finish_reason": "content_filter: PROHIBITED_CONTENT"}]},
    "langgenius/dify#7559": {"choices": [{"message": {"content": ""}, "finish_reason": "sensitive"}]},
    "native word": {"choices": [{"message": {"content": ""}, "finish_reason": "stop", "native_finish_reason": "SAFETY"}]},
}


@pytest.mark.parametrize("body", BLOCKED.values(), ids=BLOCKED)
def test_a_block_with_its_reason_is_a_filtered_reply(body: dict[str, Any]) -> None:
    assert read(body).finish_reason is FinishReason.CONTENT_FILTER


@pytest.mark.parametrize("choices", [None, [], [None], [{"index": 0, "message": None, "finish_reason": "stop"}]])
def test_a_completion_without_message_and_reason_was_withheld(choices: Any) -> None:
    error = parse_completion({"id": "x", "object": "chat.completion", "choices": choices}, ENDPOINT)
    assert isinstance(error, EndpointError)
    assert error.kind is EndpointErrorKind.WITHHELD
    assert (error.retryable, error.final) == (True, False)


@pytest.mark.parametrize("text", ["nul \x00", "half \ud83d", "\udfff", "a" * (2 * MAX_TEXT_CHARS)])
def test_a_text_can_be_stored_and_a_text_too_long_stays_too_long(text: str) -> None:
    stored = read({**completion(content=text), "model": text or "m"})
    for value in (stored.text, stored.model):
        value.encode()
        assert "\x00" not in value
    assert len(stored.text) == min(len(text), MAX_TEXT_CHARS)
    assert MAX_TEXT_CHARS > MAX_REPLY_CHARS


@pytest.mark.parametrize("model", [None, 5, ["m"], {"id": "m"}, ""])
def test_a_model_that_is_no_name_is_the_endpoints_own(model: Any) -> None:
    assert read({**completion(), "model": model}).model == "m"


WORDS = st.sampled_from(
    [
        "choices",
        "message",
        "content",
        "text",
        "type",
        "refusal",
        "finish_reason",
        "usage",
        "prompt_tokens",
        "delta",
        "error",
        "output",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["stop", "thinking", "error"])
)
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=20
)
BODIES = st.fixed_dictionaries(
    {"choices": st.lists(st.dictionaries(WORDS, ANY, max_size=4), max_size=2)},
    optional={"usage": ANY, "model": ANY, "error": ANY},
)


@settings(max_examples=300, deadline=None)
@given(body=ANY | BODIES)
def test_no_body_raises_and_every_reply_can_be_counted_and_stored(body: Any) -> None:
    reply = parse_completion(body, ENDPOINT)
    if isinstance(reply, ChatReply):
        reply.text.encode()
        assert 0 <= reply.input_tokens <= MAX_TOKENS
        assert 0 <= reply.output_tokens <= MAX_TOKENS


@settings(max_examples=200, deadline=None)
@given(
    raw=st.binary(max_size=60)
    | st.text(max_size=60).map(lambda text: f'{{"choices":[{{"message":{{"content":{text!r}}}}}]}}'.encode())
)
def test_no_bytes_raise(raw: bytes) -> None:
    parse_completion(read_json(raw), ENDPOINT)


ANSWER = {"choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}]}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(json.dumps(ANSWER), id="json-in-a-text"),
        pytest.param([ANSWER], id="list-of-one"),
        pytest.param({"code": 200, "msg": "ok", "data": ANSWER}, id="envelope-of-a-relay"),
        pytest.param({"result": ANSWER, "success": True, "errors": []}, id="cloudflare"),
        pytest.param(
            {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "yes"}], "stop_reason": "end_turn"},
            id="anthropic",
        ),
        pytest.param({"candidates": [{"content": {"parts": [{"text": "yes"}]}, "finishReason": "STOP"}]}, id="gemini"),
        pytest.param({"finish_reason": "COMPLETE", "message": {"content": [{"type": "text", "text": "yes"}]}}, id="cohere"),
        pytest.param([{"generated_text": "yes"}], id="tgi"),
        pytest.param(
            {"choices": [{"index": 1, "message": {"content": ""}}, {"index": 0, "message": {"content": "yes"}}]},
            id="first-choice-empty",
        ),
    ],
)
def test_an_answer_is_read_in_the_envelopes_and_formats_that_gateways_pass_on(body: Any) -> None:
    assert read(body).text == "yes"


def test_a_candidate_that_was_blocked_is_filtered() -> None:
    assert read({"candidates": [{"finishReason": "SAFETY", "index": 0}]}).finish_reason is FinishReason.CONTENT_FILTER


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("gpt-6-luna-2026-10-01", "gpt-6-luna-2026-10-01"),
        ("meta-llama/Llama-3.3:free", "meta-llama/Llama-3.3:free"),
        ("my secret diary", "m"),
        ("diary", "m"),
        ("m" * 300, "m"),
    ],
)
def test_the_name_of_the_model_that_answered_brings_no_words_of_the_conversation_with_it(said: str, kept: str) -> None:
    sent = b'{"model":"gpt-6-luna","messages":[{"role":"user","content":"my secret diary"}]}'
    body = {**completion(content="yes"), "model": said, "system_fingerprint": said}
    reply = parse_completion(body, ENDPOINT, sent=sent)
    assert isinstance(reply, ChatReply)
    assert (reply.model, reply.system_fingerprint) == (kept, None if kept == "m" else kept)
