"""A budget is never exceeded, whatever the provider says of its tokens."""

import pytest

from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint, FinishReason, Message, Price, RequestFrame
from semtel_ops.errors import ConfigError
from semtel_ops.realtime import Budget

ENDPOINT = Endpoint("e", "openai", "http://x/v1", "m", price=Price(1_000.0, 1_000.0))
REQUEST = ChatRequest(RequestFrame((Message("system", "Judge."),), "a", None, 10), "text")


def reply(tokens: int, *, estimated: bool = False) -> ChatReply:
    return ChatReply("yes", FinishReason.STOP, "m", tokens, 0, 0.1, usage_estimated=estimated)


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (reply(100), True),  # 0.1 USD of 1.0
        (reply(900), False),
        (reply(100, estimated=True), False),  # as much as was reserved
        (reply(0, estimated=True), False),
        (reply(10_000, estimated=True), False),
        (None, True),
    ],
    ids=["counted", "counted, dear", "estimated", "unknown", "estimated above the reservation", "an error"],
)
def test_a_reply_costs_what_was_counted_or_else_what_was_reserved(answer: ChatReply | None, left: bool) -> None:
    budget = Budget(1.0, (ENDPOINT,))
    assert budget.reserve(0.8)
    budget.settle(0.8, answer, ENDPOINT)
    assert budget.reserve(0.5) is left


def test_the_ceiling_covers_every_token_of_request_and_reply() -> None:
    longer = ChatRequest(REQUEST.frame, "текст " * 100)
    budget = Budget(1.0, (ENDPOINT,))
    assert budget.ceiling_usd(longer) >= ENDPOINT.price.cost_usd(len(longer.text.encode()), 10)  # type: ignore[union-attr]
    assert budget.ceiling_usd(longer) > budget.ceiling_usd(REQUEST)


def test_a_budget_needs_prices() -> None:
    with pytest.raises(ConfigError, match="needs a price"):
        Budget(1.0, (Endpoint("free", "openai", "http://x/v1", "m"),))
