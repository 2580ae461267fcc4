"""The flex tier: asked like realtime, cheaper, answered when there is room; a client that falls back where there is none."""

import logging
import random
from dataclasses import replace

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.endpoints.client import ChatClient, MakeChatClient
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint, Lane
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.humanize import duration

log = logging.getLogger(__name__)

FLEX = "flex"
TIMEOUT_S = 900.0
"""Timeout recommended by OpenAI for flex; a call that times out may still be billed."""

_TRIES = 3
_PAUSE_S = 2.0
_REST_S = 60.0


def at_flex(endpoint: Endpoint) -> Endpoint:
    """The same endpoint, asked at the flex tier."""
    return replace(endpoint, service_tier=FLEX)


class FlexClient:
    """A `ChatClient` of an endpoint that offers flex; its replies say which tier answered.

    «resource_unavailable» is not billed. After three of them a request is asked at the standard tier, and for a minute so are
    all others: a tier without room must not hold the run up. Where the endpoint has no realtime lane to fall back to, the
    refusal is the caller's to try again.
    """

    def __init__(self, flex: ChatClient, standard: ChatClient | None, *, clock: Clock | None = None, seed: int = 0) -> None:
        self._flex = flex
        self._standard = standard
        self._clock = clock or SystemClock()
        self._rng = random.Random(seed)
        self._rests_until = float("-inf")

    @property
    def endpoint(self) -> Endpoint:
        return replace(self._flex.endpoint, service_tier=None)

    async def ask(self, request: ChatRequest, *, timeout_s: float) -> ChatReply:
        if self._standard is None:
            return await self._flex.ask(request, timeout_s=max(timeout_s, TIMEOUT_S))
        if self._clock.monotonic() >= self._rests_until:
            reply = await self._ask_flex(request, max(timeout_s, TIMEOUT_S))
            if reply is not None:
                return reply
        return await self._standard.ask(request, timeout_s=timeout_s)

    async def aclose(self) -> None:
        await self._flex.aclose()
        if self._standard is not None:
            await self._standard.aclose()

    async def _ask_flex(self, request: ChatRequest, timeout_s: float) -> ChatReply | None:
        """The reply, or None where flex has no room or does not exist here."""
        for tried in range(1, _TRIES + 1):
            try:
                return await self._flex.ask(request, timeout_s=timeout_s)
            except EndpointError as error:
                if _is_unknown(error):
                    self._rest(float("inf"), f"does not support flex: {error}")
                    return None
                if not _is_full(error):
                    raise
            if tried < _TRIES:
                await self._clock.sleep(self._rng.uniform(0.5, 1.0) * _PAUSE_S * tried)
        self._rest(self._clock.monotonic() + _REST_S, f"is full at flex; the standard tier is used for {duration(_REST_S)}")
        return None

    def _rest(self, until: float, why: str) -> None:
        if self._clock.monotonic() >= self._rests_until:
            log.warning("endpoint %s %s", self.endpoint.name, why)
        self._rests_until = max(self._rests_until, until)


def lane_client(make: MakeChatClient, endpoint: Endpoint, lane: Lane, clock: Clock) -> ChatClient:
    """A client that asks an endpoint now, at the tier of its lane."""
    if lane is not Lane.FLEX:
        return make(endpoint)
    return FlexClient(make(at_flex(endpoint)), make(endpoint) if Lane.REALTIME in endpoint.lanes else None, clock=clock)


def _is_full(error: EndpointError) -> bool:
    return error.status == 429 and error.kind is EndpointErrorKind.OVERLOADED


def _is_unknown(error: EndpointError) -> bool:
    return error.status == 400 and "service_tier" in str(error).lower()
