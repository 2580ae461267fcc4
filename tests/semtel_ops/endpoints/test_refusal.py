"""A refusal says what it is about, whoever sends it, and never repeats the request."""

import orjson
import pytest

from semtel_ops.endpoints.refusal import error_from_response
from semtel_ops.errors import EndpointErrorKind as Kind


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (429, {"code": "rate_limit_exceeded", "message": "Rate limit reached"}, Kind.RATE_LIMITED),
        (429, {"code": None, "message": "The engine is currently overloaded"}, Kind.OVERLOADED),
        (429, {"code": "insufficient_quota", "message": "You exceeded your current quota"}, Kind.AUTH),
        (503, {"message": "try later"}, Kind.OVERLOADED),
        (500, {"message": "oops"}, Kind.SERVER_ERROR),
        (408, {}, Kind.TIMEOUT),
        (401, {"message": "Incorrect API key"}, Kind.AUTH),
        (404, {"code": "DeploymentNotFound"}, Kind.DEPLOYMENT),
        (400, {"code": "context_length_exceeded", "message": "too long"}, Kind.CONTEXT_LENGTH),
        (400, {"code": "content_filter", "message": "filtered"}, Kind.CONTENT_FILTER),
        (400, {"message": "Unknown field"}, Kind.BAD_REQUEST),
    ],
)
def test_refusals_are_told_apart(status: int, error: dict[str, object], kind: Kind) -> None:
    refusal = error_from_response("east", status, {"retry-after": "3"}, orjson.dumps({"error": error}))
    assert (refusal.kind, refusal.status, refusal.retry_after_s) == (kind, status, 3.0)


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b'{"error": "text"}', b'{"error": 7}', b"\xff\xfe"])
def test_a_refusal_that_is_not_an_error_body_is_still_a_refusal(raw: bytes) -> None:
    assert error_from_response("east", 502, {}, raw).kind is Kind.SERVER_ERROR


def test_a_refusal_does_not_quote_the_request() -> None:
    quoted = "my secret diary, which is longer than forty characters"
    refusal = error_from_response("east", 400, {}, orjson.dumps({"error": {"message": f"Invalid value: '{quoted}'"}}))
    assert quoted not in str(refusal)


@pytest.mark.parametrize(
    "message",
    [
        'The model\'s context is full. Request: "{}"',
        "You can't send '{}'.",
        "Invalid value: “{}”, `{}`",
    ],
)
def test_what_a_refusal_quotes_is_not_repeated_whatever_apostrophes_there_are(message: str) -> None:
    said = "I'm a person and this is what I said to the assistant"
    body = orjson.dumps({"error": {"message": message.format(said, said)}})
    error = error_from_response("east", 400, {}, body)
    assert "said to the assistant" not in str(error)
    assert str(error) == f"east: HTTP 400: {message.format('…', '…')}"
