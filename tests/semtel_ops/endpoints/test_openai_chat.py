"""Whatever a server does, the client answers with a reply or with an error of ours."""

import asyncio
from collections.abc import Awaitable, Callable

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from semtel_ops.endpoints.factory import chat_client
from semtel_ops.endpoints.kinds.azure import AzureOptions, chat_url
from semtel_ops.endpoints.kinds.openai import OpenAIOptions
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint, FinishReason, Message, RequestFrame
from semtel_ops.errors import EndpointError, EndpointErrorKind

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
REQUEST = ChatRequest(RequestFrame((Message("system", "s"),), "answer", {"type": "object"}, 10), "text")


def completion(content: object, **message: object) -> dict[str, object]:
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": "stop"}
    return {"model": "m-1", "choices": [choice], "usage": {"prompt_tokens": 11, "completion_tokens": 3}}


async def ask(
    handler: Handler, *, kind: str = "openai", timeout_s: float = 300.0, times: int = 1, service_tier: str | None = None
) -> ChatReply:
    app = web.Application(client_max_size=2**26)
    app.router.add_post("/{tail:.*}", handler)
    async with TestServer(app, host="127.0.0.1") as server:
        base = str(server.make_url("/v1" if kind == "openai" else "")).rstrip("/")
        options = AzureOptions(deployment="dep", api_version="2024-10-21") if kind == "azure" else OpenAIOptions()
        endpoint = Endpoint("east", kind, base, "m", api_key="k", service_tier=service_tier, options=options)
        client = chat_client(endpoint)
        try:
            for _ in range(times):
                reply = await client.ask(REQUEST, timeout_s=timeout_s)
            return reply
        finally:
            await client.aclose()


async def failure(handler: Handler, timeout_s: float = 300.0) -> EndpointError:
    with pytest.raises(EndpointError) as caught:
        await ask(handler, timeout_s=timeout_s)
    return caught.value


async def test_a_completion_is_read() -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.path == "/v1/chat/completions"
        assert request.headers["authorization"] == "Bearer k"
        return web.json_response(completion('{"label": "x"}'), headers={"x-ratelimit-remaining-requests": "5"})

    reply = await ask(handler)
    assert (reply.text, reply.model, reply.input_tokens, reply.output_tokens) == ('{"label": "x"}', "m-1", 11, 3)
    assert reply.finish_reason is FinishReason.STOP
    assert reply.rate_limits is not None
    assert reply.rate_limits.remaining_requests == 5


async def test_azure_is_asked_its_way() -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.path_qs == "/openai/deployments/dep/chat/completions?api-version=2024-10-21"
        assert request.headers["api-key"] == "k"
        return web.json_response(completion("ok"))

    assert (await ask(handler, kind="azure")).text == "ok"


def test_an_azure_address_may_end_in_openai() -> None:
    endpoint = Endpoint("a", "azure", "https://x.example/openai", "m", options=AzureOptions(deployment="d", api_version="v"))
    assert chat_url(endpoint) == "https://x.example/openai/deployments/d/chat/completions?api-version=v"


async def test_a_refusal_in_words_is_a_refusal() -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(completion(None, refusal="I cannot"))

    reply = await ask(handler)
    assert (reply.text, reply.finish_reason) == ("", FinishReason.REFUSAL)


async def test_a_refused_format_is_remembered_for_the_endpoint() -> None:
    formats: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        asked = orjson.loads(await request.read()).get("response_format", {}).get("type")
        formats.append(asked)
        if asked == "json_schema":
            return web.json_response({"error": {"message": "response_format json_schema is not supported"}}, status=400)
        return web.json_response(completion("ok"))

    await ask(handler, times=2)
    assert formats == ["json_schema", "json_object", "json_object"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"choices": []}', b'{"choices": [{"message": null}]}', b'{"choices": [1]}', b"\xff"]
)
async def test_a_body_that_is_not_a_completion_is_malformed(body: bytes) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    assert (await failure(handler)).kind is EndpointErrorKind.MALFORMED


async def test_nonsense_usage_counts_as_nothing() -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response({**completion("ok"), "usage": {"prompt_tokens": "many", "completion_tokens": -1}})

    reply = await ask(handler)
    assert (reply.input_tokens, reply.output_tokens) == (0, 0)


async def test_a_reply_cut_in_the_middle_is_a_lost_connection() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": "1000", "content-type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"choices": [')
        assert request.transport is not None
        request.transport.close()
        return response

    assert (await failure(handler)).kind is EndpointErrorKind.CONNECTION


async def test_a_reply_of_unknown_length_is_read_whole() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for part in (b'{"choices": [{"message": {"content": "', b"x" * 100_000, b'"}, "finish_reason": "stop"}]}'):
            await response.write(part)
            await asyncio.sleep(0)
        return response

    assert len((await ask(handler)).text) == 100_000


async def test_a_hang_ends_in_a_timeout() -> None:
    async def handler(_: web.Request) -> web.Response:
        await asyncio.sleep(3_600)
        return web.Response()

    assert (await failure(handler, timeout_s=0.05)).kind is EndpointErrorKind.TIMEOUT


async def test_a_closed_door_is_a_lost_connection() -> None:
    client = chat_client(Endpoint("east", "openai", "http://127.0.0.1:9/v1", "m"))
    with pytest.raises(EndpointError) as caught:
        await client.ask(REQUEST, timeout_s=300.0)
    await client.aclose()
    assert caught.value.kind is EndpointErrorKind.CONNECTION


async def test_the_tier_is_asked_for_and_the_one_that_answered_is_what_is_billed() -> None:
    asked = []

    def handler(tier: str | None) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            asked.append((await request.json()).get("service_tier"))
            return web.json_response(completion("x") | ({} if tier is None else {"service_tier": tier}))

        return answer

    lanes = [(await ask(handler(tier), service_tier="flex")).lane for tier in ("flex", "default", None)]
    assert [lane.value for lane in lanes] == ["flex", "realtime", "flex"]
    assert (await ask(handler("default"))).lane.value == "realtime"
    assert asked == ["flex", "flex", "flex", None]
