"""A request's line can be taken apart again, and a result line says one thing whatever stands in it."""

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
