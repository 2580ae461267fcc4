"""Chat completions in OpenAI's wire format: OpenAI, Azure OpenAI, vLLM, Ollama, gateways.

It uses no SDK, for speed (`transport.py`); the SDK serves files and batches. Nothing here retries.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

import orjson

from semtel_ops.endpoints.completion import parse_completion
from semtel_ops.endpoints.dialect import BodyWriter, Dialect, after_refusal
from semtel_ops.endpoints.entra import TokenSource
from semtel_ops.endpoints.event_stream import completion_of, is_event_stream
from semtel_ops.endpoints.key_source import KeySource
from semtel_ops.endpoints.lenient_json import read_json
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint
from semtel_ops.endpoints.model_list import ListedModel, read_models
from semtel_ops.endpoints.refusal import has_error
from semtel_ops.endpoints.transport import HttpReply, HttpTransport
from semtel_ops.endpoints.usage import with_estimate
from semtel_ops.errors import EndpointError, EndpointErrorKind

log = logging.getLogger(__name__)

_UNAUTHORIZED = 401


def as_bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


class OpenAIChatClient:
    """A `ChatClient`. Create and close it inside a running event loop."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        url: str | None = None,
        models_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        key_headers: Callable[[str], dict[str, str]] = as_bearer,
        tokens: TokenSource | None = None,
        connections: int = 0,
    ) -> None:
        """Create a client.

        Args:
            url: of chat completions; default: `/chat/completions` below the endpoint's base URL.
            models_url: of the list of models; default: `/models` below the endpoint's base URL.
            headers: sent with each request; default: the endpoint's key. A key in them is not renewed.
            key_headers: how a key is sent; default: as a bearer token.
            tokens: bearer tokens that expire, for endpoints that authenticate an identity.
            connections: most open connections; 0: unbounded, since `concurrency` bounds the requests.
        """
        self._keys = KeySource(endpoint if headers is None else replace(endpoint, read_key=None))
        self._key_headers = key_headers
        if headers is None:
            headers = key_headers(endpoint.api_key) if endpoint.api_key else {}
        self._endpoint = endpoint
        self._url = url or f"{endpoint.base_url}/chat/completions"
        self._models_url = models_url or f"{endpoint.base_url}/models"
        self._writer = self._writer_for(Dialect())
        self._tokens = tokens
        self._transport = HttpTransport(endpoint.name, headers=headers, connections=connections)

    @property
    def endpoint(self) -> Endpoint:
        return self._endpoint

    @property
    def dialect(self) -> Dialect:
        """The dialect that the endpoint is known to accept so far."""
        return self._writer.dialect

    async def ask(self, request: ChatRequest, *, timeout_s: float) -> ChatReply:
        """Send a request; after a refusal that names a parameter, send it again at once in the next dialect.

        What a request has learned applies to the next requests once it is answered: a request that is refused in every dialect
        changes nothing for others.
        """
        writer = self._writer
        tried: list[bytes] = []
        while True:
            body = writer.write(request)
            try:
                reply = await self._send(body, timeout_s)
            except EndpointError as error:
                tried.append(body)
                dialect = after_refusal(writer.dialect, error)
                following = None if dialect is None else self._writer_for(dialect)
                # A request that would be the same again, or as it was refused before, is not sent: dialects may form a circle.
                if following is None or following.write(request) in tried:
                    raise _with_form(error, writer.dialect) from None
                writer = following
            else:
                self._learn(writer)
                return with_estimate(reply, request) if reply.usage_estimated else reply

    def _learn(self, writer: BodyWriter) -> None:
        """Use the dialect of an answered request for the next ones."""
        if writer is not self._writer and writer.dialect != self._writer.dialect:
            learned = writer.dialect.joined(self._writer.dialect)
            if self._writer.dialect.reasoning_effort and not learned.reasoning_effort:
                log.warning(
                    "endpoint %s refuses the reasoning effort that is asked for; the default of its model applies, without "
                    "room for thoughts: name an effort that it knows, in endpoints.yaml or in the prompts",
                    self._endpoint.name,
                )
            self._writer = self._writer_for(replace(learned, max_tokens_name=writer.dialect.max_tokens_name))

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _writer_for(self, dialect: Dialect) -> BodyWriter:
        endpoint = self._endpoint
        return BodyWriter(endpoint.model, dialect, service_tier=endpoint.service_tier, reasoning=endpoint.reasoning)

    async def models(self, *, timeout_s: float) -> tuple[str, ...]:
        """Ids of the models that the endpoint lists; raises as `list_models` does."""
        return tuple(listed.model for listed in await self.list_models(timeout_s=timeout_s))

    async def list_models(self, *, timeout_s: float) -> tuple[ListedModel, ...]:
        """The models that the endpoint lists, with the dates on which they shut down.

        Raises:
            EndpointError: no list; endpoints without a list answer with status 404 or 405.
        """
        headers = self._headers(self._keys.key if self._tokens is None else await _token(self._tokens))
        raw = (await self._transport.get(self._models_url, timeout_s=timeout_s, headers=headers)).raw
        data = read_json(raw)
        if data is None:
            raise self._transport.malformed(raw, "a list of models")
        return read_models(data, self._endpoint.name)

    async def _post(self, body: bytes, timeout_s: float) -> HttpReply:
        """Post a body; once more with another key or token, where there is one after the first was refused."""
        secret = self._keys.key if self._tokens is None else await _token(self._tokens)
        try:
            return await self._transport.post(self._url, body, timeout_s=timeout_s, headers=self._headers(secret))
        except EndpointError as error:
            if error.status != _UNAUTHORIZED or secret is None or not await self._renewed(secret):
                raise
        secret = self._keys.key if self._tokens is None else await _token(self._tokens)
        return await self._transport.post(self._url, body, timeout_s=timeout_s, headers=self._headers(secret))

    def _headers(self, secret: str | None) -> Mapping[str, str] | None:
        """The headers of a call; None where the session has them, as long as the first key is in use."""
        if self._tokens is not None:
            return None if secret is None else as_bearer(secret)
        return None if secret is None or secret == self._endpoint.api_key else self._key_headers(secret)

    async def _renewed(self, refused: str) -> bool:
        source = self._keys if self._tokens is None else self._tokens
        return await asyncio.to_thread(source.renewed, refused)

    async def _send(self, body: bytes, timeout_s: float) -> ChatReply:
        raw, latency_s, rate_limits = await self._post(body, timeout_s)
        data = None if is_event_stream(raw) else read_json(raw)
        if data is None:
            data = completion_of(raw)
        reply = parse_completion(data, self._endpoint, latency_s=latency_s, rate_limits=rate_limits, sent=body)
        if isinstance(reply, EndpointError):
            raise reply
        if reply is not None:
            return reply
        if has_error(data):
            raise self._transport.refusal(200, {}, orjson.dumps(data), body)
        raise self._transport.malformed(raw)


def _with_form(error: EndpointError, dialect: Dialect) -> EndpointError:
    """The error of a request that no other dialect can save; says in which form it was refused last."""
    if error.kind is EndpointErrorKind.UNSUPPORTED:
        error.args = (f"{error} (sent with {dialect})",)
    return error


async def _token(tokens: TokenSource) -> str:
    # Fetching blocks, so it runs in a thread; it happens about once an hour.
    cached = tokens.cached
    return await asyncio.to_thread(tokens.token) if cached is None else cached
