"""What a reply cost, and what is stored of a request without a reply."""

from dataclasses import replace

import pytest

from semtel_ops.endpoints.model import ChatReply, FinishReason, Lane, Price
from semtel_ops.store.journal_outcome import RequestOutcome
from tests.semtel_ops.store.test_journal import ENDPOINT, FRAME, IDENTITY


@pytest.mark.parametrize(("price", "cost_usd"), [(ENDPOINT.price, 6e-6), (None, None)])
def test_a_reply_is_kept_at_the_price_of_the_lane_that_answered(price: Price | None, cost_usd: float | None) -> None:
    reply = ChatReply("yes", FinishReason.LENGTH, "m-2", 10, 1, 0.25, lane=Lane.BATCH)
    endpoint = replace(ENDPOINT, price=price)
    made = RequestOutcome.of(IDENTITY, endpoint, reply, lane=Lane.REALTIME, run_id="r", attempts=2, now=5.0)
    assert made == RequestOutcome(
        key=IDENTITY.key, frame=FRAME, bucket=9, run_id="r", text="yes", finish_reason="length", error=None, endpoint="east",
        model="m", lane="batch", input_tokens=10, output_tokens=1, cost_usd=cost_usd, latency_ms=250.0, attempts=2,
        answered_at=5.0, served_model="m-2",
    )  # fmt: skip


def test_a_request_without_a_reply_cost_nothing_whatever_is_known_of_the_price() -> None:
    for endpoint in (ENDPOINT, replace(ENDPOINT, price=None)):
        made = RequestOutcome.of(IDENTITY, endpoint, "content_filter", lane=Lane.BATCH, run_id="r", attempts=1, now=5.0)
        assert (made.text, made.error, made.finish_reason, made.lane) == (None, "content_filter", "other", "batch")
        assert (made.input_tokens, made.output_tokens, made.cost_usd, made.latency_ms) == (0, 0, 0.0, 0.0)


@pytest.mark.parametrize(("input_tokens", "cost_usd"), [(10, 12e-6), (0, None)])
def test_an_estimate_is_marked_and_costs_nothing_known_without_an_input(input_tokens: int, cost_usd: float | None) -> None:
    reply = ChatReply("yes", FinishReason.STOP, "m", input_tokens, 1, 0.25, usage_estimated=True)
    made = RequestOutcome.of(IDENTITY, ENDPOINT, reply, lane=Lane.REALTIME, run_id="r", attempts=1, now=5.0)
    assert made.usage_estimated
    assert made.cost_usd == cost_usd
