"""A completion is a reply, whatever it leaves out."""

from dataclasses import replace
from typing import Any

import pytest

from semtel_ops.endpoints.completion import parse_completion
from semtel_ops.endpoints.model import ChatReply, Endpoint, FinishReason, Lane, RateLimits

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
