"""Forecast of a shard's cost: tokens counted by the endpoint's tokeniser, prices from endpoints.yaml."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.packing import Purpose, RequestPlan
from semtel_ops.routing.estimate import SHORT_REPLY_TOKENS, thought_tokens
from semtel_ops.tokens.count import TokenCounter

_MESSAGE_TOKENS = 4
"""Tokens a chat format adds for each message (OpenAI cookbook, «How to count tokens»); other servers differ by a few."""

_KEY_TOKENS = 4  # "c01":


@dataclass(slots=True)
class Forecast:
    """A running total of calls that would be made."""

    requests: int = 0
    reused: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    thought_tokens: int = 0
    """Those of `output_tokens` that are expected for thoughts: assumed, not measured."""


class Forecaster:
    """Adds up request plans; the tokens of a frame are counted once and cached."""

    def __init__(self, counter: TokenCounter, endpoints: Sequence[Endpoint] = ()) -> None:
        """`endpoints`: that requests may go to; the one that is expected to think longest determines the tokens of thoughts."""
        self._counter = counter
        self._endpoints = endpoints
        self._frames: dict[bytes, int] = {}
        self.total = Forecast()

    def add(self, plan: RequestPlan) -> None:
        frame = plan.request.frame
        shared = self._frames.get(frame.fingerprint)
        if shared is None:
            shared = sum(self._counter.count(message.content) + _MESSAGE_TOKENS for message in frame.messages)
            shared += self._counter.count(orjson.dumps(frame.schema).decode())
            self._frames[frame.fingerprint] = shared
        self.total.requests += 1
        self.total.input_tokens += shared + self._counter.count(plan.request.text) + _MESSAGE_TOKENS
        thoughts = thought_tokens(self._endpoints, frame.reasoning_effort)
        self.total.output_tokens += _reply_tokens(plan) + thoughts
        self.total.thought_tokens += thoughts

    def cost_usd(self, endpoints: Sequence[Endpoint], lane: Lane = Lane.REALTIME) -> float | None:
        """The dearest endpoint's price, so that a forecast is a ceiling; None where a price is unknown."""
        if any(endpoint.price is None for endpoint in endpoints):
            return None
        prices = [endpoint.price for endpoint in endpoints if endpoint.price is not None]
        return max(price.cost_usd(self.total.input_tokens, self.total.output_tokens, lane) for price in prices)


def _reply_tokens(plan: RequestPlan) -> int:
    if plan.purpose is Purpose.GRADE:
        return SHORT_REPLY_TOKENS
    keys = sum(len(member.path) for member in plan.members) * _KEY_TOKENS
    return keys + sum(member.spec.answer_kind.reply_tokens for member in plan.members)
