"""A key that is rotated while requests go on: the new key is read once, and both lanes continue with it."""

import asyncio
import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from semtel_ops.endpoints.entra import TokenSource
from semtel_ops.endpoints.factory import batch_client, chat_client
from semtel_ops.endpoints.key_source import READ_AGAIN_S, KeySource
from semtel_ops.endpoints.kinds.azure import AzureOptions
from semtel_ops.endpoints.kinds.openai import OpenAIOptions
from semtel_ops.endpoints.model import ChatRequest, Endpoint, Message, RequestFrame
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.testing.entra import FakeCredential
from semtel_ops.testing.manual_clock import ManualClock

REQUEST = ChatRequest(RequestFrame((Message("system", "s"),), "answer", {"type": "object"}, 10), "text")
REPLY = {
    "id": "file-1", "object": "file", "bytes": 2, "created_at": 1, "filename": "f", "purpose": "batch", "status": "processed",
    "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1},
}  # fmt: skip


class Server:
    """Takes one key; `seen` are the keys that came, `bodies` what was accepted."""

    def __init__(self) -> None:
        self.key, self.seen, self.bodies = "old", [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                key = self.headers.get("api-key") or self.headers.get("authorization", "").removeprefix("Bearer ")
                outer.seen.append(key)
                right = key == outer.key
                if right:
                    outer.bodies.append(body)
                raw = orjson.dumps(REPLY if right else {"error": {"code": "invalid_api_key", "message": "Incorrect API key."}})
                self.send_response(200 if right else 401)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                """Do not log to stderr."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.http.shutdown()
    thread.join(timeout=10)
    made.http.server_close()


@pytest.fixture(params=["openai", "azure"])
def endpoint(request: pytest.FixtureRequest, server: Server) -> Endpoint:
    azure = request.param == "azure"
    options = AzureOptions(deployment="d", api_version="2024-10-21") if azure else OpenAIOptions()
    return Endpoint("east", request.param, server.url, "m", api_key="old", options=options, read_key=lambda: "new")


async def ask(endpoint: Endpoint, server: Server, times: int) -> list[object]:
    """Ask once, turn the server to the new key, and ask again, all at the same time."""
    client = chat_client(endpoint)
    try:
        await client.ask(REQUEST, timeout_s=30)
        server.key = "new"
        asked = (client.ask(REQUEST, timeout_s=30) for _ in range(times))
        return list(await asyncio.gather(*asked, return_exceptions=True))
    finally:
        await client.aclose()


async def test_requests_go_on_with_the_new_key(endpoint: Endpoint, server: Server) -> None:
    replies = await ask(endpoint, server, 20)
    assert not [reply for reply in replies if isinstance(reply, BaseException)]
    assert len(server.bodies) == 21
    assert set(server.seen) == {"old", "new"}


async def test_without_a_new_key_the_refusal_is_the_error(endpoint: Endpoint, server: Server) -> None:
    (error,) = await ask(replace(endpoint, read_key=lambda: "old"), server, 1)
    assert isinstance(error, EndpointError)
    assert (error.kind, error.status) == (EndpointErrorKind.AUTH, 401)
    assert server.seen == ["old", "old"]


def test_a_batch_job_goes_on_with_the_new_key_from_the_beginning_of_its_file(endpoint: Endpoint, server: Server) -> None:
    client = batch_client(endpoint)
    try:
        server.key = "new"
        assert client.upload(io.BytesIO(b'{"line": 1}\n'), "job.jsonl").id == "file-1"
    finally:
        client.close()
    assert server.seen == ["old", "new"]
    assert b'{"line": 1}' in server.bodies[0]


def test_a_batch_job_without_a_new_key_fails_with_the_refusal(endpoint: Endpoint, server: Server) -> None:
    client = batch_client(replace(endpoint, read_key=None))
    try:
        server.key = "new"
        with pytest.raises(EndpointError) as caught:
            client.upload(io.BytesIO(b"{}\n"), "job.jsonl")
    finally:
        client.close()
    assert caught.value.status == 401
    assert server.seen == ["old"]


def source(*keys: str | Exception, clock: ManualClock | None = None) -> tuple[KeySource, list[int]]:
    reads: list[int] = []

    def read() -> str:
        reads.append(1)
        key = keys[min(len(reads), len(keys)) - 1]
        if isinstance(key, Exception):
            raise key
        return key

    made = Endpoint("east", "openai", "http://x", "m", api_key="old", read_key=read)
    return KeySource(made, clock or ManualClock()), reads


def test_many_refusals_read_the_key_once() -> None:
    keys, reads = source("new")
    assert [keys.renewed("old") for _ in range(5)] == [True] * 5
    assert (len(reads), keys.key) == (1, "new")


def test_an_unchanged_key_is_read_again_after_a_while() -> None:
    clock = ManualClock()
    keys, reads = source("old", "new", clock=clock)
    assert not keys.renewed("old")
    assert not keys.renewed("old")
    assert len(reads) == 1
    clock.advance(READ_AGAIN_S)
    assert keys.renewed("old")


def test_a_store_that_fails_leaves_the_refusal() -> None:
    keys, _ = source(OSError("the password is x"))
    assert not keys.renewed("old")


def test_a_token_that_was_refused_is_fetched_again_before_it_expires() -> None:
    tokens = TokenSource("east", FakeCredential(ManualClock()), ManualClock())
    first = tokens.token()
    assert tokens.renewed(first)
    assert tokens.renewed(first)
    assert tokens.token() == "token-2"
