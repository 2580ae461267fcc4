"""A spending limit, never exceeded: the maximum cost of a request is reserved before the request is sent."""

from semtel_ops.endpoints import ChatReply, ChatRequest, Endpoint, Lane
from semtel_ops.endpoints.model import Price, RequestFrame
from semtel_ops.errors import BudgetExceededError, ConfigError
from semtel_ops.humanize import money

_MESSAGE_TOKENS = 16
"""Upper bound of the tokens that a chat format adds around a message."""


class Budget:
    """A spending limit in USD; requests under way count with their maximum cost."""

    def __init__(
        self, limit_usd: float, endpoints: tuple[Endpoint, ...], spent_usd: float = 0.0, *, lane: Lane = Lane.REALTIME
    ) -> None:
        """Make a budget.

        Args:
            endpoints: that the requests may go to; the most expensive determines the maximum cost.
            spent_usd: cost of earlier attempts at the same work.
            lane: whose price is reserved.

        Raises:
            ConfigError: an endpoint has no price, so the maximum cost of a request is unknown.
        """
        unpriced = [endpoint.name for endpoint in endpoints if endpoint.price is None]
        if unpriced:
            raise ConfigError("budget", limit_usd, f"needs a price for each endpoint; give `price` for {', '.join(unpriced)}")
        prices = [endpoint.price for endpoint in endpoints if endpoint.price is not None]
        self._limit_usd = limit_usd
        self._reasoning = {endpoint.reasoning for endpoint in endpoints}
        self._dearest = Price(
            max(price.input_per_million * price.share(lane) for price in prices),
            max(price.output_per_million * price.share(lane) for price in prices),
        )
        self._spent_usd = spent_usd
        self._reserved_usd = 0.0
        self._frames: dict[bytes, int] = {}

    def __str__(self) -> str:
        return f"the budget of {money(self._limit_usd)} is used up: {money(self._spent_usd)} spent"

    def exceeded_by(self, usd: float) -> BudgetExceededError:
        """The error raised because the next request can cost up to `usd`."""
        return BudgetExceededError(
            f"{self}; the next request can cost up to {money(usd)}. Results so far are stored: raise the budget "
            "and run the same command to resume"
        )

    def ceiling_usd(self, request: ChatRequest) -> float:
        """The maximum cost of a request: a token has at least one byte, and a reply at most its bound with the headroom."""
        texts = [request.text, *(message.content for message in request.follow_up)]
        length = self._frame_bytes(request.frame) + sum(_bytes(text) + _MESSAGE_TOKENS for text in texts)
        room = max(reasoning.room_tokens(request.frame.reasoning_effort) for reasoning in self._reasoning)
        return self._dearest.cost_usd(length, request.frame.max_output_tokens + room)

    def _frame_bytes(self, frame: RequestFrame) -> int:
        """Upper bound of a frame's tokens; cached, since many requests share a frame."""
        length = self._frames.get(frame.fingerprint)
        if length is None:
            texts = [*(message.content for message in frame.messages), str(frame.schema)]
            length = self._frames[frame.fingerprint] = sum(_bytes(text) + _MESSAGE_TOKENS for text in texts)
        return length

    def reserve(self, usd: float) -> bool:
        """Reserve an amount; False if less than that is left."""
        if self._spent_usd + self._reserved_usd + usd > self._limit_usd:
            return False
        self._reserved_usd += usd
        return True

    def settle(self, reserved_usd: float, reply: ChatReply | None, endpoint: Endpoint) -> None:
        """Replace a reservation by the cost of the reply; `reply` None: an error, which costs nothing.

        A reply whose tokens the provider does not count costs as much as was reserved for it.
        """
        self._reserved_usd -= reserved_usd
        if reply is not None and endpoint.price is not None:
            cost = endpoint.price.cost_usd(reply.input_tokens, reply.output_tokens, reply.lane)
            self._spent_usd += max(cost, reserved_usd) if reply.usage_estimated else cost


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
