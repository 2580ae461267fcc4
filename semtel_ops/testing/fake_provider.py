"""A chat provider on a free port of 127.0.0.1 that answers or fails as a test demands, in any wire format."""

import json
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from semtel_ops.endpoints.client import ChatClient, MakeChatClient
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.errors import EndpointErrorKind

_REFUSALS = {
    EndpointErrorKind.RATE_LIMITED: (429, "rate_limit_exceeded", "Rate limit reached."),
    EndpointErrorKind.OVERLOADED: (503, "overloaded", "The engine is currently overloaded."),
    EndpointErrorKind.SERVER_ERROR: (500, "server_error", "The server had an error."),
    EndpointErrorKind.AUTH: (401, "invalid_api_key", "Incorrect API key provided."),
    EndpointErrorKind.DEPLOYMENT: (404, "model_not_found", "The model does not exist."),
    EndpointErrorKind.CONTENT_FILTER: (400, "content_filter", "The prompt was filtered."),
    EndpointErrorKind.CONTEXT_LENGTH: (400, "context_length_exceeded", "This model's maximum context length is 10 tokens."),
    EndpointErrorKind.BAD_REQUEST: (400, "invalid_value", "Invalid value."),
}

_NOT_PLAYED = frozenset({EndpointErrorKind.UNSUPPORTED, EndpointErrorKind.WITHHELD})
"""Failures that not every wire format has."""


class OpenAIWire:
    """OpenAI's wire format. For another format, subclass it and override the differences.

    Attributes:
        base_path: the path of `base_url`.
    """

    base_path = "/v1"

    def question(self, body: dict[str, Any]) -> str:
        """The last message of a request."""
        return str(body["messages"][-1]["content"])

    def reply(self, text: str, model: str) -> dict[str, Any]:
        """The body of a reply."""
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return {"model": model, "choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}

    def refusal(self, kind: EndpointErrorKind, question: str) -> tuple[int, dict[str, Any]]:
        """Status and body of a failure with an error reply.

        That is every kind except `timeout`, `connection`, `malformed`, `withheld` and `unsupported`, different everywhere.
        The message quotes the question, as messages of real providers may.
        """
        status, code, message = _REFUSALS[kind]
        return status, {"error": {"code": code, "message": f'{message} Request: "{question}"'}}


class FakeProvider:
    """The state of the server.

    Attributes:
        address: http://127.0.0.1:PORT
        bodies: the bodies of all requests, in order of arrival.
        failure: how requests fail from now on; None: they are answered.
        over: set at the end, to release requests that hang.
    """

    def __init__(self, wire: OpenAIWire, answer: Callable[[str], str]) -> None:
        self.wire = wire
        self.answer = answer
        self.address = ""
        self.bodies: list[dict[str, Any]] = []
        self.failure: EndpointErrorKind | None = None
        self.over = threading.Event()

    @property
    def base_url(self) -> str:
        return f"{self.address}{self.wire.base_path}"


@contextmanager
def fake_provider(
    wire: OpenAIWire | None = None, *, answer: Callable[[str], str] = lambda question: question
) -> Iterator[FakeProvider]:
    """Serve until the end of the context; open requests end with it.

    Args:
        answer: the reply's text for a question; by default the question.
    """
    provider = FakeProvider(wire or OpenAIWire(), answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            provider.bodies.append(body)
            failure, question = provider.failure, provider.wire.question(body)
            if failure is EndpointErrorKind.CONNECTION:
                self.close_connection = True
            elif failure is EndpointErrorKind.TIMEOUT:
                provider.over.wait()
                self.close_connection = True
            elif failure is EndpointErrorKind.MALFORMED:
                # Error pages of gateways may quote the request.
                page = f"<html>502 Bad Gateway: {question}</html>"
                self._send(200, page.encode("utf-8", "replace"))
            elif failure is not None:
                status, refusal = provider.wire.refusal(failure, question)
                self._send(status, json.dumps(refusal).encode())
            else:
                text = provider.answer(question)
                self._send(200, json.dumps(provider.wire.reply(text, str(body.get("model")))).encode())

        def _send(self, status: int, body: bytes) -> None:
            with suppress(ConnectionError):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Do not log to stderr."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 256

    server = Server(("127.0.0.1", 0), Handler)
    provider.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="fake-provider", daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.over.set()
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


class HttpStage:
    """A `ChatStage` (`testing.conformance.chat_client`) of a client and a fake provider."""

    def __init__(self, client: ChatClient, provider: FakeProvider, plays: Collection[EndpointErrorKind]) -> None:
        self.client = client
        self.plays = [kind for kind in plays if kind not in _NOT_PLAYED]
        self._provider = provider

    @property
    def calls(self) -> int:
        return len(self._provider.bodies)

    def answer_to(self, text: str) -> str:
        return text

    def play(self, failure: EndpointErrorKind | None) -> None:
        self._provider.failure = failure


@asynccontextmanager
async def http_stage(
    make_client: MakeChatClient,
    endpoint: Endpoint,
    wire: OpenAIWire | None = None,
    *,
    plays: Collection[EndpointErrorKind] = tuple(EndpointErrorKind),
) -> AsyncIterator[HttpStage]:
    """A client of `endpoint`, with the fake provider's address in place of the endpoint's."""
    with fake_provider(wire) as provider:
        client = make_client(replace(endpoint, base_url=provider.base_url))
        try:
            yield HttpStage(client, provider, plays)
        finally:
            await client.aclose()
