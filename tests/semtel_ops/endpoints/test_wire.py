"""Headers and refusals mean the same whoever sends them."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from semtel_ops.endpoints.model import ChatReply, Endpoint, FinishReason, Lane, RateLimits
from semtel_ops.endpoints.wire import (
    error_from_response,
    parse_completion,
    parse_duration_s,
    rate_limits_from,
    retry_after_s,
)
from semtel_ops.errors import EndpointErrorKind as Kind


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12", 12.0), ("1.5s", 1.5), ("6m0s", 360.0), ("20ms", 0.02), ("1h2m3s", 3723.0), ("-3", 0.0), ("soon", None), ("", None)],
)
def test_durations_in_headers(text: str, seconds: float | None) -> None:
    assert parse_duration_s(text) == seconds


def test_milliseconds_are_preferred_to_seconds() -> None:
    assert retry_after_s({"retry-after-ms": "250", "retry-after": "1"}) == 0.25


def test_a_wait_may_be_a_date() -> None:
    assert retry_after_s({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, now=40.0) == 60.0
    assert retry_after_s({"retry-after": "whenever"}, now=40.0) is None


def test_rate_limit_headers_are_read_and_their_absence_too() -> None:
    limits = rate_limits_from({"x-ratelimit-remaining-requests": "7", "x-ratelimit-reset-tokens": "6m0s"})
    assert limits is not None
    assert (limits.remaining_requests, limits.reset_tokens_s, limits.limit_tokens) == (7, 360.0, None)
    assert rate_limits_from({"content-type": "application/json"}) is None


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
        (404, {"code": "DeploymentNotFound"}, Kind.AUTH),
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


ENDPOINT = Endpoint("east", "openai", "http://x/v1", "m")


def completion(**message: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"content": "yes", **message}, "finish_reason": "stop"}]}


def test_a_completion_is_a_reply_and_what_it_leaves_out_is_nothing() -> None:
    body = {**completion(), "model": "m-2", "usage": {"prompt_tokens": 7, "completion_tokens": 2}}
    limits = RateLimits(remaining_requests=3)
    reply = ChatReply("yes", FinishReason.STOP, "m-2", 7, 2, 0.5, limits)
    assert parse_completion(body, ENDPOINT, latency_s=0.5, rate_limits=limits) == reply
    assert parse_completion(completion(), ENDPOINT) == ChatReply("yes", FinishReason.STOP, "m", 0, 0, 0.0)


@pytest.mark.parametrize(
    ("asked", "answered", "lane"),
    [("flex", None, Lane.FLEX), ("flex", "default", Lane.REALTIME), (None, "flex", Lane.FLEX), (None, None, Lane.REALTIME)],
)
def test_the_tier_that_answered_is_billed_unless_the_lane_is_known(asked: str | None, answered: str | None, lane: Lane) -> None:
    endpoint, body = replace(ENDPOINT, service_tier=asked), {**completion(), "service_tier": answered}
    found = [parse_completion(body, endpoint), parse_completion(body, endpoint, lane=Lane.BATCH)]
    assert [reply.lane for reply in found if reply is not None] == [lane, Lane.BATCH]


@pytest.mark.parametrize("body", [None, 5, "text", [], {}, {"choices": {}}, {"choices": [{"message": "x"}]}, {"choices": [[]]}])
def test_what_is_no_completion_is_none(body: Any) -> None:
    assert parse_completion(body, ENDPOINT) is None


@pytest.mark.parametrize("finish", [None, 5, [], {}, "tool_calls"])
def test_a_finish_reason_we_do_not_know_is_another(finish: Any) -> None:
    body = completion()
    body["choices"][0]["finish_reason"] = finish
    reply = parse_completion(body, ENDPOINT)
    assert reply is not None
    assert reply.finish_reason is FinishReason.OTHER


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
