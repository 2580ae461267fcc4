"""A key that is rotated while requests go on: the new key is read once, and both lanes continue with it."""

import asyncio
import io
from collections.abc import Iterator
from dataclasses import replace

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
from tests.support.keyed_server import KeyedServer

REQUEST = ChatRequest(RequestFrame((Message("system", "s"),), "answer", {"type": "object"}, 10), "text")
REPLY = {
    "id": "file-1", "object": "file", "bytes": 2, "created_at": 1, "filename": "f", "purpose": "batch", "status": "processed",
    "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1},
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[KeyedServer]:
    """Takes the key `old`, until the test says otherwise."""
    with KeyedServer(lambda _: "old", lambda _: orjson.dumps(REPLY)).serving() as made:
        yield made


@pytest.fixture(params=["openai", "azure"])
def endpoint(request: pytest.FixtureRequest, server: KeyedServer) -> Endpoint:
    azure = request.param == "azure"
    options = AzureOptions(deployment="d", api_version="2024-10-21") if azure else OpenAIOptions()
    return Endpoint("east", request.param, server.url, "m", api_key="old", options=options, read_key=lambda: "new")


async def ask(endpoint: Endpoint, server: KeyedServer, times: int) -> list[object]:
    """Ask once, turn the server to the new key, and ask again, all at the same time."""
    client = chat_client(endpoint)
    try:
        await client.ask(REQUEST, timeout_s=30)
        server.right = lambda _: "new"
        asked = (client.ask(REQUEST, timeout_s=30) for _ in range(times))
        return list(await asyncio.gather(*asked, return_exceptions=True))
    finally:
        await client.aclose()


async def test_requests_go_on_with_the_new_key(endpoint: Endpoint, server: KeyedServer) -> None:
    replies = await ask(endpoint, server, 20)
    assert not [reply for reply in replies if isinstance(reply, BaseException)]
    assert len(server.accepted) == 21
    assert set(server.keys) == {"old", "new"}


async def test_without_a_new_key_the_refusal_is_the_error(endpoint: Endpoint, server: KeyedServer) -> None:
    (error,) = await ask(replace(endpoint, read_key=lambda: "old"), server, 1)
    assert isinstance(error, EndpointError)
    assert (error.kind, error.status) == (EndpointErrorKind.AUTH, 401)
    assert server.keys == ["old", "old"]


def test_a_batch_job_goes_on_with_the_new_key_from_the_beginning_of_its_file(endpoint: Endpoint, server: KeyedServer) -> None:
    client = batch_client(endpoint)
    try:
        server.right = lambda _: "new"
        assert client.upload(io.BytesIO(b'{"line": 1}\n'), "job.jsonl").id == "file-1"
    finally:
        client.close()
    assert server.keys == ["old", "new"]
    assert b'{"line": 1}' in server.accepted[0]


def test_a_batch_job_without_a_new_key_fails_with_the_refusal(endpoint: Endpoint, server: KeyedServer) -> None:
    client = batch_client(replace(endpoint, read_key=None))
    try:
        server.right = lambda _: "new"
        with pytest.raises(EndpointError) as caught:
            client.upload(io.BytesIO(b"{}\n"), "job.jsonl")
    finally:
        client.close()
    assert caught.value.status == 401
    assert server.keys == ["old"]


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
