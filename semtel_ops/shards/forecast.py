"""Forecast of a shard's cost: tokens counted by the endpoint's tokeniser, prices from endpoints.yaml."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from semtel_ops.endpoints import Endpoint, Lane, RequestFrame
from semtel_ops.packing import Purpose, RequestPlan
from semtel_ops.routing.estimate import SHORT_REPLY_TOKENS, thought_tokens
from semtel_ops.tokens.count import TokenCounter

_MESSAGE_TOKENS = 4
"""Tokens a chat format adds for each message (OpenAI cookbook, «How to count tokens»); other servers differ by a few."""

_KEY_TOKENS = 4  # "c01":

MeasuredTokens = Callable[[RequestFrame, Endpoint], float | None]
"""Mean tokens of an endpoint's earlier replies to a frame, thoughts included; None if there are too few to say."""


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

    def __init__(
        self, counter: TokenCounter, endpoints: Sequence[Endpoint] = (), *, measured: MeasuredTokens | None = None
    ) -> None:
        """Make a forecaster.

        Args:
            endpoints: that requests may go to; the one that is expected to think longest determines the tokens of thoughts.
            measured: mean tokens of earlier replies; None: nothing was measured.
        """
        self._counter = counter
        self._endpoints = endpoints
        self._measured = measured
        self._means: dict[tuple[bytes, str], float | None] = {}
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
        reply = _reply_tokens(plan)
        thoughts = [self._thoughts(frame, endpoint, reply) for endpoint in self._endpoints]
        most, assumed = max(thoughts, default=(0, False))
        self.total.output_tokens += reply + most
        self.total.thought_tokens += most if assumed else 0

    def _thoughts(self, frame: RequestFrame, endpoint: Endpoint, reply: int) -> tuple[int, bool]:
        """Tokens of thought at an endpoint beside an answer of `reply` tokens, and whether they are an assumption."""
        expected = thought_tokens([endpoint], frame.reasoning_effort)
        if not expected or self._measured is None:
            return expected, bool(expected)
        key = (frame.fingerprint, endpoint.name)
        if key not in self._means:
            self._means[key] = self._measured(frame, endpoint)
        mean = self._means[key]
        return (expected, True) if mean is None else (max(0, round(mean) - reply), False)

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
