"""A request's line can be taken apart again, and a result line says one thing whatever stands in it."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.endpoints.batch_client import NeverAsked
from semtel_ops.endpoints.dialect import BodyWriter, Dialect
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint, FinishReason, Lane, Message, RequestFrame
from semtel_ops.endpoints.openai_lines import OpenAILines
from semtel_ops.errors import EndpointError
from tests.support.recorded_refusals import RECORDED, Shape

ENDPOINT = Endpoint("east", "openai", "http://x/v1", "m", service_tier="flex")
REQUEST = ChatRequest(RequestFrame((Message("system", "s"),), "answer", {"type": "object"}, 10), "text")
KEY = REQUEST.key("m")
LINES = OpenAILines()


def test_a_line_is_a_call_of_the_realtime_lane_under_the_key() -> None:
    line, body_bytes = LINES.writer("m", Dialect()).write(KEY, REQUEST)
    body = BodyWriter("m", Dialect()).write(REQUEST)
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert orjson.loads(line) == {
        "custom_id": KEY, "method": "POST", "url": "/v1/chat/completions", "body": orjson.loads(body)
    }  # fmt: skip
    assert body_bytes == len(body)


CHAT = {"choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}]}
PARTS = {"role": "assistant", "content": [{"type": "text", "text": "yes"}], "stop_reason": "end_turn"}


@pytest.mark.parametrize(
    "line",
    [
        pytest.param({"custom_id": KEY, "result": {"type": "succeeded", "message": PARTS}}, id="anthropic"),
        pytest.param({"recordId": KEY, "modelOutput": PARTS}, id="bedrock"),
        pytest.param(
            {"key": KEY, "response": {"candidates": [{"content": {"parts": [{"text": "yes"}]}, "finishReason": "STOP"}]}},
            id="gemini",
        ),
        pytest.param({"custom-id": KEY, "data": CHAT}, id="other-names"),
        pytest.param({"request": {"custom_id": KEY}, "response": CHAT}, id="id-in-the-request"),
        pytest.param({"custom_id": KEY, "response": {"response": {"status_code": 200, "body": CHAT}}}, id="twice-wrapped"),
    ],
)
def test_an_answer_is_read_in_the_lines_of_other_providers(line: dict[str, Any]) -> None:
    key, answer = LINES.read(line, ENDPOINT)
    assert isinstance(answer, ChatReply)
    assert (key, answer.text) == (KEY, "yes")


def test_an_answer_is_a_reply_at_the_price_of_the_batch_lane() -> None:
    choice = {"message": {"content": "yes"}, "finish_reason": "length"}
    body = {"model": "m-2", "choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}
    key, answer = LINES.read({"custom_id": KEY, "response": {"status_code": 200, "body": body}}, ENDPOINT)
    assert key == KEY
    assert answer == ChatReply("yes", FinishReason.LENGTH, "m-2", 7, 2, 0.0, lane=Lane.BATCH)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"response": {"status_code": 400, "body": {"error": {"message": "no", "code": "content_filter"}}}}, "content_filter"),
        ({"response": {"status_code": 429, "body": {"error": {"message": "slow"}}}}, "rate_limited"),
        ({"response": {"status_code": 500}, "error": {"message": "boom"}}, "server_error"),
        ({"response": {"status_code": 200, "body": {"choices": []}}}, "malformed"),
        ({"response": {"status_code": 200, "body": {"choices": [{"message": {}, "finish_reason": []}]}}}, None),
        (
            {"response": {"status_code": 400, "body": '{"error": {"code": "content_filter", "message": "filtered"}}'}},
            "content_filter",  # a body as text
        ),
        ({"response": {"status_code": 400, "body": "filtered due to the content policy"}}, "content_filter"),
        ({"response": {"status_code": 200, "body": {"error": {"message": "no", "code": 502}}}}, "server_error"),
        ({"response": {"status_code": 403, "body": {"error": {"metadata": {"reasons": ["violence"]}}}}}, "content_filter"),
        ({"response": {"status_code": 0}}, "malformed"),
        ({"error": {"code": ["batch_expired"]}}, "malformed"),
        ({}, "malformed"),
    ],
)
def test_refusals_and_nonsense_are_errors_of_ours(line: dict[str, Any], kind: str | None) -> None:
    answer = LINES.read({"custom_id": KEY, **line}, ENDPOINT).answer
    assert (answer.kind.value if isinstance(answer, EndpointError) else None) == kind


OK = {"model": "m", "choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}], "usage": None}
FILTERED = {"error": {"code": "content_filter", "message": "The response was filtered"}}


@pytest.mark.parametrize(
    "line",
    [
        pytest.param({"response": {"status_code": 200, "body": OK}, "error": None}, id="OpenAI"),
        pytest.param({"response": {"status_code": 200, "body": OK}, "error": {}}, id="an error without content"),
        pytest.param({"response": {"status_code": 200, "body": json.dumps(OK)}}, id="body as text"),
        pytest.param({"response": json.dumps({"status_code": 200, "body": OK})}, id="response as text"),
        pytest.param({"response": {"status_code": "200", "body": OK}}, id="status as text"),
        pytest.param({"response": {"status_code": 200.0, "body": OK}}, id="status as a float"),
        pytest.param({"response": {"status_code": 0, "body": OK}}, id="status 0"),
        pytest.param({"response": {"body": OK}}, id="Azure/azureml-assets#2805: no status"),
        pytest.param({"response": OK}, id="docs.fireworks.ai: a completion as response"),
        pytest.param({"result": OK}, id="a completion as result"),
        pytest.param({**OK}, id="a completion beside its id"),
        pytest.param({"body": OK, "status_code": 200}, id="a response beside its id"),
    ],
)
def test_an_answer_in_any_wrapping_is_an_answer(line: dict[str, Any]) -> None:
    answer = LINES.read({"custom_id": KEY, **line}, ENDPOINT).answer
    assert isinstance(answer, ChatReply)
    assert (answer.text, answer.lane) == ("yes", Lane.BATCH)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        pytest.param({"response": {"status_code": 400, "body": FILTERED}}, "content_filter", id="openai/openai-openapi#302"),
        pytest.param({"response": {"status_code": 400, "body": json.dumps(FILTERED)}}, "content_filter", id="body as text"),
        pytest.param({"response": {"status_code": 400, "body": "content_filter: declined"}}, "content_filter", id="no JSON"),
        pytest.param({"response": {"status_code": "400", "body": FILTERED}}, "content_filter", id="status as text"),
        pytest.param({"response": {"status_code": 400}, **FILTERED}, "content_filter", id="vLLM: error beside the response"),
        pytest.param({"response": None, **FILTERED}, "content_filter", id="error instead of a response"),
        pytest.param({"response": {"status_code": 200, "body": FILTERED}}, "content_filter", id="error under 200"),
        pytest.param({"result": {"type": "errored", **FILTERED}}, "content_filter", id="Anthropic: error in a result"),
        pytest.param({"error": json.dumps(FILTERED)}, "content_filter", id="error as text"),
        pytest.param({"error": [FILTERED]}, "content_filter", id="Gemini: a list"),
        pytest.param({"error": {"code": 429, "message": "slow down"}}, "rate_limited", id="the status as code"),
        pytest.param({"error": {"code": "rate_limit_exceeded"}}, "rate_limited", id="a code without a status"),
        pytest.param({"error": {"type": "overloaded_error"}}, "overloaded", id="a type without a status"),
        pytest.param({"error": {"code": "internal_error", "message": "x"}}, "server_error", id="an internal error"),
        pytest.param({"error": {"code": "what", "message": "never seen"}}, "malformed", id="unknown, and worth another try"),
        pytest.param({"error": "it broke"}, "malformed", id="a text, and worth another try"),
    ],
)
def test_an_error_in_any_wrapping_is_that_error(line: dict[str, Any], kind: str) -> None:
    answer = LINES.read({"custom_id": KEY, **line}, ENDPOINT).answer
    assert isinstance(answer, EndpointError)
    assert answer.kind.value == kind


@pytest.mark.parametrize("line", [{"result": {"type": "expired"}}, {"error": {"code": "BATCH_EXPIRED"}}])
def test_an_expired_request_was_never_asked(line: dict[str, Any]) -> None:
    assert LINES.read({"custom_id": KEY, **line}, ENDPOINT).answer is NeverAsked.EXPIRED


@pytest.mark.parametrize("name", ["custom_id", "customId", "key", "recordId"])
def test_other_names_of_the_key_are_read(name: str) -> None:
    assert LINES.read({name: f" {KEY} "}, ENDPOINT).key == KEY


@pytest.mark.parametrize("reason", list(NeverAsked))
def test_requests_that_an_ended_job_did_not_come_to_were_never_asked(reason: NeverAsked) -> None:
    assert LINES.read({"custom_id": KEY, "response": None, "error": {"code": reason.value}}, ENDPOINT).answer is reason


@pytest.mark.parametrize("custom_id", [None, 5, [], {}])
def test_a_line_without_a_key_names_none(custom_id: Any) -> None:
    assert LINES.read({"custom_id": custom_id}, ENDPOINT).key is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 600) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["response", "status_code", "body", "choices", "message", "content", "error", "code", "usage"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["custom_id", "response", "error"]), _JSON))
def test_no_line_raises(line: dict[str, Any]) -> None:
    answer = LINES.read(line, ENDPOINT).answer
    assert isinstance(answer, ChatReply | EndpointError | NeverAsked)


def test_a_refused_parameter_names_the_next_dialect() -> None:
    refused = {"response": {"status_code": 400, "body": {"error": {"message": "'temperature' is not supported"}}}}
    error = LINES.read({"custom_id": KEY, **refused}, ENDPOINT).answer
    assert isinstance(error, EndpointError)
    assert LINES.after_refusal(Dialect(), error) == Dialect(temperature=False)
    assert LINES.after_refusal(Dialect(temperature=False), error) is None


@pytest.mark.parametrize(
    "shape",
    [shape for shape in RECORDED if shape.status >= 400],
    ids=lambda shape: f"{shape.server}-{shape.status}-{shape.source}",
)
def test_a_refusal_is_about_the_same_in_a_batch(shape: Shape) -> None:
    line = {"custom_id": KEY, "response": {"status_code": shape.status, "body": shape.body}, "error": None}
    answer = LINES.read(line, ENDPOINT).answer
    assert isinstance(answer, EndpointError)
    assert (answer.kind, answer.params) == (shape.kind, shape.params)


BODIES = {
    "parts": ({"choices": [{"message": {"content": [{"type": "thinking", "thinking": "no"}, {"text": "yes"}]}}]}, "yes"),
    "reasoning alone": ({"choices": [{"message": {"content": None, "reasoning_content": "yes"}}]}, "<think>yes</think>"),
    "finish_reason error": ({"choices": [{"message": {"content": "ye"}, "finish_reason": "error"}]}, "server_error"),
    "no choices": ({"id": "x", "object": "chat.completion", "choices": None}, "withheld"),
    "blocked": ({"choices": [], "promptFeedback": {"blockReason": "SAFETY"}}, ""),
    "2^64 - 5 tokens": ({"choices": [{"message": {"content": "yes"}}], "usage": {"prompt_tokens": 2**64 - 5}}, "yes"),
    "half an emoji": ({"choices": [{"message": {"content": "yes\ud83d\x00"}}]}, "yes\ufffd\ufffd"),
}


@pytest.mark.parametrize(("body", "said"), BODIES.values(), ids=BODIES)
def test_a_body_is_read_as_in_the_realtime_lane(body: dict[str, Any], said: str) -> None:
    answer = LINES.read({"custom_id": KEY, "response": {"status_code": 200, "body": body}}, ENDPOINT).answer
    assert (answer.kind.value if isinstance(answer, EndpointError) else getattr(answer, "text", None)) == said
    if isinstance(answer, ChatReply):
        assert answer.lane is Lane.BATCH
        assert answer.input_tokens == 0
        assert answer.usage_estimated
