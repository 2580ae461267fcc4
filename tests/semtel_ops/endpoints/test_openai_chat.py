"""Whatever a server does, the client answers with a reply or with an error of ours."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from semtel_ops.endpoints.factory import chat_client
from semtel_ops.endpoints.kinds.azure import AzureOptions, chat_url
from semtel_ops.endpoints.kinds.openai import OpenAIOptions
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint, FinishReason, Message, RequestFrame
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.words import ReasoningEffort

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
REQUEST = ChatRequest(RequestFrame((Message("system", "s"),), "answer", {"type": "object"}, 10), "text")


def completion(content: object, **message: object) -> dict[str, object]:
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": "stop"}
    return {"model": "m-1", "choices": [choice], "usage": {"prompt_tokens": 11, "completion_tokens": 3}}


async def ask(
    handler: Handler,
    *,
    kind: str = "openai",
    timeout_s: float = 300.0,
    times: int = 1,
    service_tier: str | None = None,
    request: ChatRequest = REQUEST,
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
                reply = await client.ask(request, timeout_s=timeout_s)
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


def strict_server(refuses: Callable[[dict[str, Any]], tuple[int, Any] | None], bodies: list[dict[str, Any]]) -> Handler:
    """A server that answers what it does not refuse."""

    async def handler(request: web.Request) -> web.Response:
        body = await request.json()
        bodies.append(body)
        refusal = refuses(body)
        return web.json_response(completion("ok")) if refusal is None else web.json_response(refusal[1], status=refusal[0])

    return handler


def extra(*loc: str) -> tuple[int, Any]:
    return 422, {
        "detail": [{"type": "extra_forbidden", "loc": ["body", *loc], "msg": "Extra inputs are not permitted", "input": "x"}]
    }


SEEDED = ChatRequest(RequestFrame((Message("system", "s"),), "answer", {"type": "object"}, 10, seed=7), "text")


@pytest.mark.parametrize(
    ("refuses", "sent"),
    [
        pytest.param(
            lambda body: extra("seed") if "seed" in body else None,
            {"max_tokens", "temperature", "response_format"},
            id="mistralai/platform-docs-public#7-seed",
        ),
        pytest.param(
            lambda body: extra("max_completion_tokens") if "max_completion_tokens" not in body else None,
            {"max_completion_tokens", "temperature", "seed", "response_format"},
            id="required-by-its-other-name",
        ),
        pytest.param(
            lambda body: (
                (
                    400,
                    [
                        {
                            "error": {
                                "code": 400,
                                "message": 'Invalid JSON payload received. Unknown name "seed": Cannot find field.',
                            }
                        }
                    ],
                )
                if "seed" in body
                else None
            ),
            {"max_tokens", "temperature", "response_format"},
            id="cyberchitta/openai_ex#126",
        ),
        pytest.param(
            lambda body: (
                (400, {"message": "The provided JSON schema contains features not supported by xgrammar.", "code": 400})
                if body.get("response_format", {}).get("type") == "json_schema"
                else None
            ),
            {"max_tokens", "temperature", "seed", "response_format"},
            id="vllm-project/vllm#26421",
        ),
        pytest.param(
            lambda body: (
                (500, {"error": {"message": "Grammar error: Unimplemented keys"}}) if "response_format" in body else None
            ),
            {"max_tokens", "temperature", "seed"},
            id="noonghunna/club-3090#45",
        ),
        pytest.param(
            lambda body: (
                (501, {"error": {"message": "temperature is not supported"}})
                if "temperature" in body
                else extra("seed")
                if "seed" in body
                else extra("max_tokens")
                if "max_tokens" in body
                else extra("response_format", "schema")
                if "schema" in body.get("response_format", {})
                else extra("response_format", "type")
                if body.get("response_format", {}).get("type") == "json_schema"
                else None
            ),
            {"max_completion_tokens", "response_format"},
            id="one-thing-after-the-other",
        ),
    ],
)
async def test_only_what_is_refused_is_left_out_and_that_is_remembered(
    refuses: Callable[[dict[str, Any]], tuple[int, Any] | None], sent: set[str]
) -> None:
    bodies: list[dict[str, Any]] = []
    await ask(strict_server(refuses, bodies), times=2, request=SEEDED)
    options = {"max_tokens", "max_completion_tokens", "temperature", "seed", "response_format"}
    assert set(bodies[-1]) & options == sent
    assert refuses(bodies[-1]) is None
    assert bodies[-1] == bodies[-2], "the second request is sent once"


async def test_a_refused_effort_is_left_out_for_good_and_a_person_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    said = "Unsupported value: 'reasoning_effort' does not support 'none' with this model."
    bodies: list[dict[str, Any]] = []
    server = strict_server(
        lambda body: (400, {"error": {"message": said, "code": "unsupported_value"}}) if "reasoning_effort" in body else None,
        bodies,
    )
    await ask(server, times=3, request=ChatRequest(replace(REQUEST.frame, reasoning_effort=ReasoningEffort.NONE), "text"))
    assert ["reasoning_effort" in body for body in bodies] == [True, False, False, False]
    assert [record.message.partition(";")[0] for record in caplog.records] == [
        "endpoint east refuses the reasoning effort that is asked for"
    ]


async def test_the_python_server_of_llama_cpp_gets_the_schema_in_its_form() -> None:
    bodies: list[dict[str, Any]] = []

    def refuses(body: dict[str, Any]) -> tuple[int, Any] | None:
        if body["response_format"]["type"] in {"text", "json_object"}:
            return None
        said = "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text' or 'json_object'\"}]"
        return 500, {"error": {"message": said, "type": "internal_server_error", "code": None}}

    await ask(strict_server(refuses, bodies))
    assert bodies[-1]["response_format"] == {"type": "json_object", "schema": {"type": "object"}}


@pytest.mark.parametrize(
    "refuses",
    [
        pytest.param(lambda _: (400, {"error": {"message": "response_format is not supported"}}), id="format"),
        pytest.param(
            lambda body: extra("max_tokens") if "max_tokens" in body else extra("max_completion_tokens"), id="both-names"
        ),
        pytest.param(lambda _: extra("seed"), id="seed"),
        pytest.param(lambda _: (400, {"error": {"message": "max_tokens is too large: 10"}}), id="number"),
    ],
)
async def test_what_is_refused_in_every_form_ends_as_unsupported_and_says_which(
    refuses: Callable[[dict[str, Any]], tuple[int, Any] | None],
) -> None:
    bodies: list[dict[str, Any]] = []
    with pytest.raises(EndpointError, match=r"sent with reply format \w+, max_\w+") as caught:
        await ask(strict_server(refuses, bodies), request=SEEDED)
    assert caught.value.kind is EndpointErrorKind.UNSUPPORTED
    assert not caught.value.retryable
    assert len(bodies) <= 4


async def test_a_text_that_is_refused_in_every_form_weakens_no_other_request() -> None:
    def refuses(body: dict[str, Any]) -> tuple[int, Any] | None:
        bad = body["messages"][-1]["content"] == "bad"
        return (400, {"error": {"message": "response_format: the schema cannot be used"}}) if bad else None

    bodies: list[dict[str, Any]] = []
    app = web.Application()
    app.router.add_post("/{tail:.*}", strict_server(refuses, bodies))
    async with TestServer(app, host="127.0.0.1") as server:
        client = chat_client(Endpoint("east", "openai", str(server.make_url("/v1")), "m", options=OpenAIOptions()))
        with pytest.raises(EndpointError):
            await client.ask(ChatRequest(REQUEST.frame, "bad"), timeout_s=300.0)
        await client.ask(REQUEST, timeout_s=300.0)
        await client.aclose()
    assert bodies[-1]["response_format"]["type"] == "json_schema"


async def test_a_context_that_is_too_long_turns_no_parameter() -> None:
    message = "'max_tokens' or 'max_completion_tokens' is too large: 10. This model's maximum context length is 8 tokens"
    bodies: list[dict[str, Any]] = []
    with pytest.raises(EndpointError) as caught:
        await ask(strict_server(lambda _: (400, {"error": {"message": message}}), bodies))
    assert caught.value.kind is EndpointErrorKind.CONTEXT_LENGTH
    assert len(bodies) == 1


async def test_a_refusal_does_not_repeat_the_request_or_the_key() -> None:
    said = "I am a person and this is what I said"

    async def handler(request: web.Request) -> web.Response:
        return web.json_response(
            {"error": {"message": f"Cannot read {said} with {request.headers['authorization']}"}}, status=400
        )

    with pytest.raises(EndpointError) as caught:
        await ask(handler, request=ChatRequest(REQUEST.frame, f"Well. {said}."))
    assert str(caught.value) == "east: HTTP 400: Cannot read … with …"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    paths = []

    async def handler(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response(status=status, headers={"location": "http://127.0.0.1:9/stolen?key=secret"})

    error = await failure(handler)
    assert (error.kind, paths) == (EndpointErrorKind.DEPLOYMENT, ["/v1/chat/completions"])
    assert str(error) == f"east: HTTP {status}: moved to http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"message": "Provider returned error", "code": 502}}, EndpointErrorKind.SERVER_ERROR),
        ({"error": {"message": "Rate limit exceeded", "code": 429}}, EndpointErrorKind.RATE_LIMITED),
        (
            {"error": {"message": "flagged", "code": 403, "metadata": {"reasons": ["violence"]}}},
            EndpointErrorKind.CONTENT_FILTER,
        ),
        ({"error": "something failed"}, EndpointErrorKind.SERVER_ERROR),
    ],
)
async def test_an_error_inside_a_200_is_judged_by_its_own_code(body: dict[str, Any], kind: EndpointErrorKind) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(body)

    assert (await failure(handler)).kind is kind


async def test_a_nan_beside_the_answer_harms_nobody() -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text=json.dumps({**completion("ok"), "logprobs": math.nan}), content_type="application/json")

    assert (await ask(handler)).text == "ok"


async def test_a_server_that_streams_without_being_asked_to_is_read() -> None:
    chunks = [{"choices": [{"delta": {"content": part}}]} for part in ("o", "k")]
    events = [*chunks, {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 11}}]

    async def handler(_: web.Request) -> web.Response:
        text = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
        return web.Response(text=text, content_type="text/event-stream")

    reply = await ask(handler)
    assert (reply.text, reply.finish_reason, reply.input_tokens) == ("ok", FinishReason.STOP, 11)


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"data: {}\n\n", "an event stream"),
        (b"<html>", "an HTML page"),
        (b"", "empty"),
        (b"[]", "JSON"),
        (b"{", "no valid JSON"),
    ],
)
async def test_a_reply_of_another_form_is_called_by_its_name(body: bytes, form: str) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    assert str(await failure(handler)) == f"east: the reply is {form}, not a chat completion ({len(body)} bytes)"


async def test_a_wait_until_a_date_is_read_in_a_reply() -> None:
    async def handler(_: web.Request) -> web.Response:
        headers = {"date": "Thu, 06 Mar 2025 22:26:40 GMT", "retry-after": "Thu, 06 Mar 2025 22:27:10 GMT"}
        return web.json_response({"error": {"message": "slow down"}}, status=429, headers=headers)

    assert (await failure(handler)).retry_after_s == 30.0


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"choices": []}', b'{"choices": [{"message": null}]}', b'{"choices": [1]}', b"\xff"]
)
async def test_a_body_that_is_not_a_completion_is_malformed(body: bytes) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    assert (await failure(handler)).kind is EndpointErrorKind.MALFORMED


async def test_nonsense_usage_is_replaced_by_our_own_count() -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response({**completion("ok"), "usage": {"prompt_tokens": "many", "completion_tokens": -1}})

    reply = await ask(handler)
    assert (reply.input_tokens, reply.output_tokens, reply.usage_estimated) == (20, 1, True)


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


@pytest.mark.parametrize("status", [200, 201, 203, 206])
async def test_a_completion_with_any_status_of_success_is_a_reply(status: int) -> None:
    async def chat(_: web.Request) -> web.Response:
        return web.json_response(completion("ok"), status=status)

    assert (await ask(chat)).text == "ok"


async def test_a_body_that_is_not_as_its_header_says_is_a_reply() -> None:
    async def chat(_: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(completion("ok")), headers={"content-encoding": "gzip"})

    assert (await ask(chat)).text == "ok"
