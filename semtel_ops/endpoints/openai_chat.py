"""Chat completions in OpenAI's wire format: OpenAI, Azure OpenAI, vLLM, Ollama, gateways.

The SDK serves the cold paths (files and batches). Nothing here retries.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from semtel_ops.endpoints.dialect import BodyWriter, Dialect, after_refusal
from semtel_ops.endpoints.entra import TokenSource
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint
from semtel_ops.endpoints.transport import HttpTransport
from semtel_ops.endpoints.wire import parse_completion
from semtel_ops.errors import EndpointError


class OpenAIChatClient:
    """A `ChatClient`. Must be made and closed inside a running event loop."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        url: str | None = None,
        headers: Mapping[str, str] | None = None,
        tokens: TokenSource | None = None,
        connections: int = 0,
    ) -> None:
        """A client for OpenAI itself, unless another address and identification are given.

        Args:
            url: where completions are asked.
            headers: how the endpoint knows us; by default its key as a bearer token.
            tokens: bearer tokens that expire, for endpoints that know us by an identity.
            connections: ceiling of open connections; 0 leaves that to whoever bounds concurrency.
        """
        if headers is None:
            headers = {"authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
        self._endpoint = endpoint
        self._url = url or f"{endpoint.base_url}/chat/completions"
        self._writer = self._written_in(Dialect())
        self._tokens = tokens
        self._transport = HttpTransport(endpoint.name, headers=headers, connections=connections)

    @property
    def endpoint(self) -> Endpoint:
        return self._endpoint

    @property
    def dialect(self) -> Dialect:
        """What this endpoint has been found to accept so far."""
        return self._writer.dialect

    async def ask(self, request: ChatRequest, *, timeout_s: float) -> ChatReply:
        """Send once; a refusal of `response_format` or of a parameter's name is answered in the next dialect, not counted."""
        while True:
            writer = self._writer
            try:
                return await self._send(writer.write(request), timeout_s)
            except EndpointError as error:
                if error.status != 400:
                    raise
                dialect = after_refusal(writer.dialect, str(error))
                if dialect is None:
                    raise
                # Many calls meet the same refusal at once; the first to return changes the dialect for all.
                if self._writer is writer:
                    self._writer = self._written_in(dialect)

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _written_in(self, dialect: Dialect) -> BodyWriter:
        return BodyWriter(self._endpoint.model, dialect, service_tier=self._endpoint.service_tier)

    async def models(self, *, timeout_s: float) -> tuple[str, ...]:
        """Ids of the models that the endpoint lists.

        Raises:
            EndpointError: no list; 404 and 405 are the answer of endpoints that keep none.
        """
        headers = None if self._tokens is None else await _bearer(self._tokens)
        raw = (await self._transport.get(f"{self._endpoint.base_url}/models", timeout_s=timeout_s, headers=headers)).raw
        try:
            return tuple(str(model["id"]) for model in orjson.loads(raw)["data"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise self._transport.malformed(raw, "a list of models") from None

    async def _send(self, body: bytes, timeout_s: float) -> ChatReply:
        headers = None if self._tokens is None else await _bearer(self._tokens)
        raw, latency_s, rate_limits = await self._transport.post(self._url, body, timeout_s=timeout_s, headers=headers)
        reply = parse_completion(_json(raw), self._endpoint, latency_s=latency_s, rate_limits=rate_limits)
        if reply is None:
            raise self._transport.malformed(raw)
        return reply


async def _bearer(tokens: TokenSource) -> dict[str, str]:
    # Fetching waits for a network, so it is done in a thread; that is once an hour.
    return {"authorization": f"Bearer {tokens.held or await asyncio.to_thread(tokens.token)}"}


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
