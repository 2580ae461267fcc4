"""A refusal is classified by what it is about, whoever sends it: recorded shapes, and the same words in other wrappings."""

import json
from typing import Any

import pytest

from semtel_ops.endpoints.refusal import error_from_response
from semtel_ops.errors import EndpointErrorKind as Kind
from tests.support.hosted_refusals import HOSTED
from tests.support.recorded_refusals import RECORDED, Shape

SHAPES = [*RECORDED, *HOSTED]


def raw_of(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def kind(status: int, body: Any) -> Kind:
    return error_from_response("east", status, {}, raw_of(body)).kind


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape.server}-{shape.status}-{shape.source}")
def test_a_recorded_refusal_is_about_what_it_is_about(shape: Shape) -> None:
    error = error_from_response("east", shape.status, {}, raw_of(shape.body))
    assert (error.kind, error.params) == (shape.kind, shape.params), str(error)


THIS_INPUT_OR_ACCOUNT = [
    shape
    for shape in RECORDED
    if shape.kind in {Kind.CONTENT_FILTER, Kind.CONTEXT_LENGTH, Kind.UNSUPPORTED, Kind.AUTH} and shape.status in {400, 422}
]


@pytest.mark.parametrize("shape", THIS_INPUT_OR_ACCOUNT, ids=lambda shape: f"{shape.server}-{shape.status}-{shape.source}")
@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda text: [json.loads(text)] if text[0] in "[{" else [{"error": text}], id="in-a-list"),
        pytest.param(
            lambda text: {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": text}}}, id="raw"
        ),
        pytest.param(lambda text: {"error": {"message": f"litellm.BadRequestError: OpenAIException - {text}"}}, id="litellm"),
        pytest.param(lambda text: {"detail": text}, id="detail"),
        pytest.param(json.dumps, id="text-of-text"),
        pytest.param(lambda text: f"data: {text}\n\n", id="event"),
    ],
)
def test_a_gateway_s_wrapping_does_not_change_what_a_refusal_is_about(shape: Shape, wrap: Any) -> None:
    text = raw_of(shape.body).decode()
    assert kind(shape.status, wrap(text)) is shape.kind


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (400, "This model's maximum context length is 8192 tokens", Kind.CONTEXT_LENGTH),
        (400, "Your input is too long for this model", Kind.CONTEXT_LENGTH),
        (400, "The prompt is too long: 5000 tokens, max_seq_len is 4096", Kind.CONTEXT_LENGTH),
        (400, "n_ctx exceeded", Kind.CONTEXT_LENGTH),
        (500, "the request exceeds the available context size", Kind.CONTEXT_LENGTH),
        (400, "Prompt contains 40000 tokens, too large for model with 32768 maximum context length", Kind.CONTEXT_LENGTH),
        (413, "Payload Too Large", Kind.CONTEXT_LENGTH),
        (413, "Limit 6000, Used 5000, Requested 2000 tokens", Kind.CONTEXT_LENGTH),
        (429, "tokens per minute: Limit 6000, Used 5000, Requested 2000", Kind.RATE_LIMITED),
        (429, "tokens per minute: Limit 6,000, Requested 7,000", Kind.CONTEXT_LENGTH),
        (429, "requests per minute: Limit 60, Requested 61", Kind.RATE_LIMITED),
        (400, "temperature must be at most 1", Kind.UNSUPPORTED),
        (501, "response_format is not implemented", Kind.UNSUPPORTED),
        (415, "json_schema is not supported", Kind.UNSUPPORTED),
        (502, "json_schema is not supported", Kind.SERVER_ERROR),
        (500, "Internal error at temperature sensor", Kind.SERVER_ERROR),
        (400, "Your text was flagged by our moderation", Kind.CONTENT_FILTER),
        (403, "Forbidden", Kind.AUTH),
        (403, "Your account has been flagged", Kind.AUTH),
        (403, "API rate limit exceeded", Kind.RATE_LIMITED),
        (400, "Model names are case-sensitive", Kind.BAD_REQUEST),
        (400, "The model is currently not found in the cache, try again later", Kind.BAD_REQUEST),
        (404, "Not Found", Kind.DEPLOYMENT),
        (405, "Method Not Allowed", Kind.DEPLOYMENT),
        (400, "Bad Request", Kind.BAD_REQUEST),
        (409, "Conflict", Kind.BAD_REQUEST),
        (500, "The server is temporarily unavailable", Kind.OVERLOADED),
        (504, "Gateway Timeout", Kind.SERVER_ERROR),
        (200, "something went wrong", Kind.SERVER_ERROR),
    ],
)
def test_words_decide_where_no_code_does(status: int, message: str, expected: Kind) -> None:
    assert kind(status, {"error": {"message": message}}) is expected
    assert kind(status, {"detail": message}) is expected


def test_a_quotation_of_the_request_does_not_decide() -> None:
    said = "my insufficient_quota and the content filter exceeded the maximum context length of temperature"
    assert kind(400, {"error": {"message": f"Invalid value: '{said}'"}}) is Kind.BAD_REQUEST
    assert kind(500, {"detail": [{"loc": ["body", "messages"], "msg": "no", "input": said}]}) is Kind.SERVER_ERROR
