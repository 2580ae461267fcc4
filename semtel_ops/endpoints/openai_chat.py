"""Chat completions over HTTP, OpenAI's wire format: OpenAI, Azure OpenAI, vLLM, Ollama, gateways.

aiohttp and orjson instead of the openai SDK: one call costs about a nineteenth of the SDK's CPU, and this is the path every
conversation takes. The SDK serves the cold paths (files and batches). Nothing here retries.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson

from semtel_ops.endpoints.dialect import BodyWriter, Dialect, after_refusal
from semtel_ops.endpoints.entra import TokenSource
from semtel_ops.endpoints.flex import FLEX
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint, FinishReason, Lane
from semtel_ops.endpoints.wire import error_from_response, rate_limits_from
from semtel_ops.errors import EndpointError, EndpointErrorKind

_FINISH = {reason.value: reason for reason in FinishReason}
_MAX_REPLY_BYTES = 16 * 1024 * 1024


class OpenAIChatClient:
    """A `ChatClient` over one aiohttp session. Must be made and closed inside a running event loop."""

    def __init__(self, endpoint: Endpoint, *, connections: int = 0) -> None:
        """`connections`: ceiling of open connections; 0 leaves that to whoever bounds concurrency."""
        self._endpoint = endpoint
        self._url = chat_url(endpoint)
        self._writer = self._written_in(Dialect())
        self._tokens = TokenSource(endpoint.name) if endpoint.auth == "entra" else None
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections, ttl_dns_cache=300, keepalive_timeout=60),
            headers=_headers(endpoint),
            auto_decompress=True,
        )

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

    def _written_in(self, dialect: Dialect) -> BodyWriter:
        return BodyWriter(self._endpoint.model, dialect, service_tier=self._endpoint.service_tier)

    async def aclose(self) -> None:
        await self._session.close()

    async def _send(self, body: bytes, timeout_s: float) -> ChatReply:
        headers_of_call = None if self._tokens is None else await _bearer(self._tokens)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(timeout_s):
                async with self._session.post(self._url, data=body, headers=headers_of_call) as response:
                    raw = await _body(response)
                    status, headers = response.status, response.headers
        except TimeoutError:
            raise EndpointError(
                f"{self._endpoint.name}: no reply within {timeout_s:g} s", kind=EndpointErrorKind.TIMEOUT
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            raise EndpointError(
                f"{self._endpoint.name}: connection failed: {type(error).__name__}", kind=EndpointErrorKind.CONNECTION
            ) from None
        if status != 200:
            raise error_from_response(self._endpoint.name, status, headers, raw)
        return self._reply(raw, headers, time.perf_counter() - started)

    def _reply(self, raw: bytes, headers: Mapping[str, str], latency_s: float) -> ChatReply:
        try:
            data = orjson.loads(raw)
            choice = data["choices"][0]
            message = choice["message"]
            content, refusal = message.get("content"), message.get("refusal")
            usage = data.get("usage") or {}
            reply = ChatReply(
                text=content if isinstance(content, str) else "",
                finish_reason=_finish_reason(choice.get("finish_reason"), refusal),
                model=str(data.get("model") or self._endpoint.model),
                input_tokens=_count(usage.get("prompt_tokens")),
                output_tokens=_count(usage.get("completion_tokens")),
                latency_s=latency_s,
                rate_limits=rate_limits_from(headers),
                # The tier that answered is billed, whichever was asked for; most servers name none.
                lane=Lane.FLEX if (data.get("service_tier") or self._endpoint.service_tier) == FLEX else Lane.REALTIME,
            )
        except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError):
            raise EndpointError(
                f"{self._endpoint.name}: the reply is not a chat completion ({len(raw)} bytes)",
                kind=EndpointErrorKind.MALFORMED,
                status=200,
            ) from None
        return reply


def chat_url(endpoint: Endpoint) -> str:
    """Where chat completions are asked; Azure names the deployment in the path and the version in the query."""
    if endpoint.kind == "azure":
        base = endpoint.base_url.removesuffix("/openai")
        return f"{base}/openai/deployments/{endpoint.deployment}/chat/completions?api-version={endpoint.api_version}"
    return f"{endpoint.base_url}/chat/completions"


async def _bearer(tokens: TokenSource) -> dict[str, str]:
    # Fetching waits for a network, so it is done in a thread; that is once an hour.
    return {"authorization": f"Bearer {tokens.held or await asyncio.to_thread(tokens.token)}"}


def _headers(endpoint: Endpoint) -> dict[str, str]:
    headers = {"content-type": "application/json", "accept": "application/json", "user-agent": "semtel-ops"}
    if endpoint.api_key:
        if endpoint.kind == "azure":
            headers["api-key"] = endpoint.api_key
        else:
            headers["authorization"] = f"Bearer {endpoint.api_key}"
    return headers


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """The whole body, at most 16 MB of it: a reply without end must not fill the memory."""
    if response.content_length is not None and response.content_length <= _MAX_REPLY_BYTES:
        return await response.read()
    parts, room = [], _MAX_REPLY_BYTES
    while room > 0 and (part := await response.content.read(min(room, 1 << 20))):
        parts.append(part)
        room -= len(part)
    return b"".join(parts)


def _finish_reason(value: Any, refusal: Any) -> FinishReason:
    if refusal:
        return FinishReason.REFUSAL
    return _FINISH.get(value, FinishReason.OTHER) if isinstance(value, str) else FinishReason.OTHER


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
