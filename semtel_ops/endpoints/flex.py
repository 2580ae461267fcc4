"""The flex tier: cheaper than realtime, served when the provider has capacity; with fallback to the standard tier."""

import logging
import random
from dataclasses import replace

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.endpoints.client import ChatClient, MakeChatClient
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint, Lane
from semtel_ops.endpoints.refusal.parameters import SERVICE_TIER
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.humanize import duration

log = logging.getLogger(__name__)

FLEX = "flex"
TIMEOUT_S = 900.0
"""Timeout recommended by OpenAI for flex; a call that times out may still be billed."""

_TRIES = 3
_PAUSE_S = 2.0  # before the second try; twice that before the third
_REST_S = 60.0  # without flex after `_TRIES` refusals


def at_flex(endpoint: Endpoint) -> Endpoint:
    """The endpoint with the flex tier selected."""
    return replace(endpoint, service_tier=FLEX)


class FlexClient:
    """A `ChatClient` of an endpoint that offers flex; `ChatReply.lane` says which tier answered.

    A refusal with «resource_unavailable» is not billed. After three of them, the request goes to the standard tier, and so do
    all others for a minute: missing capacity must not delay the run. If the endpoint has no realtime lane to fall back to, the
    refusal is raised.
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
        """The reply, or None if flex has no capacity or is not supported."""
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

    def _rest(self, until: float, reason: str) -> None:
        if self._clock.monotonic() >= self._rests_until:
            log.warning("endpoint %s %s", self.endpoint.name, reason)
        self._rests_until = max(self._rests_until, until)


def lane_client(make: MakeChatClient, endpoint: Endpoint, lane: Lane, clock: Clock) -> ChatClient:
    """Create a client for the realtime or the flex lane of an endpoint."""
    if lane is not Lane.FLEX:
        return make(endpoint)
    return FlexClient(make(at_flex(endpoint)), make(endpoint) if Lane.REALTIME in endpoint.lanes else None, clock=clock)


def _is_full(error: EndpointError) -> bool:
    # 498 is Groq's status for a full flex tier.
    return error.status in {429, 498} and error.kind is EndpointErrorKind.OVERLOADED


def _is_unknown(error: EndpointError) -> bool:
    return error.kind is EndpointErrorKind.UNSUPPORTED and SERVICE_TIER in error.params
