"""What a person reads who tests an endpoint: one line that says what is wrong, without the key."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from semtel_ops.cli.demo.ports import free_port
from semtel_ops.endpoints.kinds.azure import AzureOptions
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.endpoints.probe import ANY_MODEL, probe
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.testing.simulated_endpoint import simulated_endpoint

KEY = "sk-very-secret-0123456789"


@pytest.fixture(scope="module")
def simulator():
    with simulated_endpoint(SimulatorConfig.model_validate({"api_keys": [KEY]})) as running:
        yield running


def openai(base_url, model="simulated-small", key=KEY):
    return Endpoint("east", "openai", base_url, model, api_key=key)


def azure(base_url, model=ANY_MODEL):
    options = AzureOptions(deployment="weekly", api_version="2024-10-21")
    return Endpoint("east", "azure", base_url, model, api_key=KEY, options=options)


async def probe_answer(status=200, body=None, *, path="/v1", model="m", make=openai, timeout_s=60.0, delay_s=0.0, **answers):
    """Probe a server that gives every request the same reply; `answers`: (status, body) by the path's last word."""
    asked = []

    async def handler(request):
        asked.append(f"{request.method} {request.path}")
        await asyncio.sleep(delay_s)
        own_status, own_body = answers.get(request.path.rpartition("/")[2], (status, body))
        if isinstance(own_body, str):
            return web.Response(status=own_status, text=own_body, content_type="text/html")
        return web.json_response(own_body, status=own_status)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    async with TestServer(app, host="127.0.0.1") as server:
        base = str(server.make_url(path)).rstrip("/")
        found = await probe(make(base, model), timeout_s=timeout_s)
    return found, asked


def error(message, code="bad"):
    return {"error": {"message": message, "code": code, "type": "invalid_request_error"}}


def completion(model):
    return {"model": model, "choices": [{"message": {"content": "ready"}, "finish_reason": "stop"}], "usage": {}}


async def test_a_listed_model_is_found_without_asking_it(simulator):
    simulator.clear_stats()
    ok, message = await probe(openai(simulator.base_url))
    assert ok
    assert message == f"{simulator.base_url} answers and offers simulated-small"
    assert simulator.stats()["answered_bodies"] == 0


async def test_an_azure_deployment_is_asked_for_a_word(simulator):
    ok, message = await probe(azure(simulator.azure_url))
    assert ok, message
    assert message.startswith(f"{simulator.azure_url} answers with model ")


async def test_without_a_model_the_list_is_shown():
    found, asked = await probe_answer(body={"data": [{"id": name} for name in ("a", "b", "c", "d", "e")]}, model=ANY_MODEL)
    assert found.ok
    assert found.message.endswith("/v1 answers; models: a, b, c and 2 more")
    assert asked == ["GET /v1/models"]


async def test_a_model_that_a_gateway_knows_and_does_not_list_is_asked():
    found, asked = await probe_answer(models=(200, {"data": [{"id": "other"}]}), completions=(200, completion("m-7")))
    assert found.ok
    assert found.message.endswith("/v1 answers with model m-7")
    assert asked == ["GET /v1/models", "POST /v1/chat/completions"]


async def test_a_model_that_is_not_there_is_named():
    found, _ = await probe_answer(models=(200, {"data": []}), completions=(404, error("The model `m` does not exist")))
    assert not found.ok
    assert found.message.endswith("/v1 has no model 'm' (HTTP 404)")


@pytest.mark.parametrize("status", [404, 405])
async def test_a_server_without_a_list_is_asked(status):
    found, _ = await probe_answer(models=(status, error("no such path")), completions=(200, completion("m")))
    assert found.ok


async def test_an_azure_deployment_that_is_not_there():
    found, asked = await probe_answer(404, error("Not found", code="DeploymentNotFound"), make=azure, path="/")
    assert not found.ok
    assert found.message.endswith(" has no deployment of that name (HTTP 404)")
    assert asked == ["POST /openai/deployments/weekly/chat/completions"]


async def test_a_server_without_a_list_and_no_model_to_ask_is_told_apart():
    found, asked = await probe_answer(404, error("no such path"), path="/", model=ANY_MODEL)
    assert not found.ok
    assert "check that the base URL is complete (it often ends in /v1), or enter a model" in found.message
    assert asked == ["GET /models"]


async def test_a_wrong_key_is_said_and_not_shown(simulator):
    ok, message = await probe(openai(simulator.base_url, key="sk-wrong"))
    assert not ok
    assert message == f"{simulator.base_url} does not accept the API key (HTTP 401)"


async def test_a_missing_key_is_said(simulator):
    ok, message = await probe(openai(simulator.base_url, key=None))
    assert (ok, message) == (False, f"{simulator.base_url} needs an API key (HTTP 401)")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500])
async def test_a_provider_that_quotes_the_key_does_not_show_it(status):
    found, _ = await probe_answer(status, error(f"Incorrect API key provided: {KEY}. See the console.\nOr ask."))
    assert KEY not in found.message
    assert "\n" not in found.message


async def test_a_limit_that_is_reached_is_an_endpoint_that_works():
    found, _ = await probe_answer(429, error("Rate limit reached", code="rate_limit_exceeded"))
    assert found.ok
    assert "its rate limit is reached (HTTP 429)" in found.message


async def test_an_account_without_quota_is_not():
    found, _ = await probe_answer(429, error("You exceeded your current quota", code="insufficient_quota"))
    assert not found.ok
    assert "quota is exhausted" in found.message


@pytest.mark.parametrize("body", ["<html>hello</html>", {"data": 3}, {"hello": "there"}, [1]])
async def test_something_that_is_no_model_server_is_said(body):
    found, _ = await probe_answer(200, body)
    assert not found.ok
    assert "not as an OpenAI-compatible API" in found.message


async def test_nobody_listens():
    ok, message = await probe(openai(f"http://127.0.0.1:{free_port(18_700)}/v1"))
    assert not ok
    assert message.endswith("connection failed: no server listens on that host and port")


async def test_a_host_that_no_name_server_knows():
    ok, message = await probe(openai("http://no-such-host.invalid/v1"))
    assert not ok
    assert message == "http://no-such-host.invalid/v1: connection failed: the host name cannot be resolved"


async def test_a_server_that_never_answers_is_given_up():
    found, _ = await probe_answer(200, completion("m"), delay_s=0.5, timeout_s=0.05)
    assert not found.ok
    assert "no reply within 50 ms" in found.message


async def test_a_password_in_the_url_is_not_shown():
    ok, message = await probe(openai(f"http://me:hunter2@127.0.0.1:{free_port(18_720)}/v1?code=hunter3", key=None))
    assert not ok
    assert "hunter" not in message
