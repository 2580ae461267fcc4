"""A chat client with scripted replies that records its requests."""

import asyncio
from collections.abc import Callable, Iterable

from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint, FinishReason, Price
from semtel_ops.errors import EndpointError

Script = Callable[[ChatRequest], str | ChatReply | EndpointError]
"""A request → the text of its reply, its reply, or the error that is raised."""

_PRICE = Price(1.0, 2.0)


def make_endpoint(name: str = "scripted", model: str = "scripted-model", price: Price | None = _PRICE) -> Endpoint:
    """An endpoint whose address has no server."""
    return Endpoint(name=name, kind="openai", base_url="http://127.0.0.1:1/v1", model=model, price=price)


def make_reply(
    text: str,
    *,
    finish_reason: FinishReason = FinishReason.STOP,
    output_tokens: int = 5,
    model: str = "scripted-model",
    system_fingerprint: str | None = None,
) -> ChatReply:
    return ChatReply(text, finish_reason, model, 100, output_tokens, 0.01, system_fingerprint=system_fingerprint)


class ScriptedClient:
    """A `ChatClient` whose replies come from a function of the request, or from a list in order.

    Attributes:
        asked: all requests, in order.
        peak: the largest number of concurrent calls.
    """

    def __init__(self, script: Script | Iterable[str | ChatReply | EndpointError], endpoint: Endpoint | None = None) -> None:
        if callable(script):
            self._script: Script = script
        else:
            replies = iter(script)
            self._script = lambda _: next(replies)
        self._endpoint = endpoint or make_endpoint()
        self._inflight = 0
        self.asked: list[ChatRequest] = []
        self.peak = 0
        self.closed = False

    @property
    def endpoint(self) -> Endpoint:
        return self._endpoint

    async def ask(self, request: ChatRequest, *, timeout_s: float) -> ChatReply:  # noqa: ARG002 - nothing here takes time
        self.asked.append(request)
        self._inflight += 1
        self.peak = max(self.peak, self._inflight)
        try:
            await asyncio.sleep(0)
            reply = self._script(request)
        finally:
            self._inflight -= 1
        if isinstance(reply, EndpointError):
            raise reply
        return make_reply(reply, model=self._endpoint.model) if isinstance(reply, str) else reply

    async def aclose(self) -> None:
        self.closed = True
