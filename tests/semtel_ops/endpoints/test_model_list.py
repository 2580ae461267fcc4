"""An endpoint's own list of models: one request, whatever the answer is worth."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from aiohttp import web

from semtel_ops.endpoints.factory import chat_client
from semtel_ops.endpoints.kinds.azure import AzureOptions
from semtel_ops.endpoints.kinds.openai import OpenAIOptions
from semtel_ops.endpoints.model import Endpoint, KindOptions
from semtel_ops.endpoints.model_list import ListedModel, ask_models, read_models
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.testing.scripted_client import ScriptedClient

DAY = date(2027, 1, 14)
OPTIONS: dict[str, KindOptions] = {
    "openai": OpenAIOptions(),
    "azure": AzureOptions(deployment="dep", api_version="2024-10-21"),
}


@contextmanager
def listing(status: int, body: Any, kind: str = "openai") -> Iterator[tuple[Endpoint, list[str]]]:
    """A server that answers every request alike, in a thread of its own, and the requests that it got."""
    asked: list[str] = []
    loop, ready, bound = asyncio.new_event_loop(), threading.Event(), []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(f"{request.method} {request.path} {request.headers.get('authorization', request.headers.get('api-key'))}")
        return web.json_response(body, status=status) if not isinstance(body, str) else web.Response(status=status, text=body)

    async def serve() -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        bound.append(runner.addresses[0][1])
        ready.set()
        return runner

    runner = None

    def run() -> None:
        nonlocal runner
        runner = loop.run_until_complete(serve())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(30)
    base = f"http://127.0.0.1:{bound[0]}{'/v1' if kind == 'openai' else ''}"
    try:
        yield Endpoint("east", kind, base, "m", api_key="k", options=OPTIONS[kind]), asked
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)


@pytest.mark.parametrize(
    ("kind", "request_line"), [("openai", "GET /v1/models Bearer k"), ("azure", "GET /openai/v1/models k")]
)
def test_each_kind_is_asked_once_where_its_list_is(kind: str, request_line: str) -> None:
    body = {
        "object": "list",
        "data": [{"id": "m", "shutdown_date": "2027-01-14"}, {"id": "n", "shutdown_date": None}, {"id": "o"}],
    }
    with listing(200, body, kind) as (endpoint, asked):
        listed = ask_models(endpoint, chat_client)
    assert listed == (ListedModel("m", DAY, says=True), ListedModel("n", None, says=True), ListedModel("o"))
    assert asked == [request_line]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_without_a_list_does_not_say(status: int) -> None:
    with listing(status, {"error": {"message": "no such path"}}) as (endpoint, _):
        assert ask_models(endpoint, chat_client) == ()


def test_a_client_that_cannot_list_does_not_say() -> None:
    client = ScriptedClient(lambda _: "x")
    assert ask_models(client.endpoint, lambda _: client) == ()


@pytest.mark.parametrize(("status", "body"), [(500, {"error": {}}), (401, {"error": {"message": "wrong key"}}), (302, "")])
def test_a_failure_is_an_error_of_ours(status: int, body: Any) -> None:
    with listing(status, body) as (endpoint, asked), pytest.raises(EndpointError):
        ask_models(endpoint, chat_client)
    assert len(asked) == 1


HOSTILE: dict[str, Any] = {
    "no JSON": "<html>",
    "a text": '"models"',
    "a number": 7,
    "no data": {"models": []},
    "data is an object": {"data": {"m": {}}},
    "nothing": "",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_list_is_said_to_be_none(body: Any) -> None:
    with listing(200, body) as (endpoint, _), pytest.raises(EndpointError) as caught:
        ask_models(endpoint, chat_client)
    assert caught.value.kind is EndpointErrorKind.MALFORMED


@pytest.mark.parametrize(
    "value",
    ["soon", "2027-13-40", "9999-01-01", "1970-01-01", 1e300, float("nan"), -5, True, [], {}, "", "x" * 100_000],
    ids=repr,
)
def test_what_is_no_date_counts_as_not_said(value: Any) -> None:
    assert read_models({"data": [{"id": "m", "shutdown_date": value}]}, "east") == (ListedModel("m"),)


@pytest.mark.parametrize("value", ["2027-01-14", "2027-01-14T00:00:00Z", 1_799_884_800], ids=repr)
def test_a_date_is_read_in_any_spelling(value: Any) -> None:
    assert read_models({"data": [{"id": "m", "shutdown_date": value}]}, "east") == (ListedModel("m", DAY, says=True),)


def test_entries_that_are_none_are_left_out_and_an_endless_list_is_cut() -> None:
    entries: list[Any] = [None, 3, "m", {}, {"id": 7}, {"id": ""}, {"id": "a\nb"}, {"id": "x" * 201}, {"id": "m"}]
    assert read_models(entries, "east") == (ListedModel("m"),)
    assert len(read_models({"data": [{"id": f"m{number}"} for number in range(20_000)]}, "east")) == 10_000
