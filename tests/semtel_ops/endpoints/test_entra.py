"""Azure endpoints asked with tokens of an identity, which are replaced before they expire."""

import threading

import pytest

from semtel_ops.clock import SystemClock
from semtel_ops.endpoints import entra, load_endpoints
from semtel_ops.endpoints.entra import REFRESH_S, SCOPE, TokenSource
from semtel_ops.endpoints.factory import batch_client, chat_client
from semtel_ops.endpoints.kinds.azure import AzureOptions
from semtel_ops.endpoints.model import ChatRequest, Endpoint, Message, RequestFrame
from semtel_ops.errors import ConfigError, EndpointError, EndpointErrorKind
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.testing.entra import FakeCredential
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.simulated_endpoint import simulated_endpoint

REQUEST = ChatRequest(RequestFrame((Message("system", "s"),), "answer", None, 10), "text")
FILE = "endpoints: [{name: a, kind: azure, base_url: 'https://x', model: m, deployment: d, api_version: v, auth: entra%s}]"


def make_endpoint(base_url):
    return Endpoint("z", "azure", base_url, "m", options=AzureOptions(deployment="dep", api_version="v", auth="entra"))


def test_a_token_is_kept_until_shortly_before_it_expires():
    clock = ManualClock()
    credential = FakeCredential(clock)
    tokens = TokenSource("z", credential, clock)
    assert tokens.cached is None
    assert [tokens.token(), tokens.token(), tokens.cached] == ["token-1"] * 3
    clock.advance(3_600 - REFRESH_S - 1)
    assert tokens.token() == "token-1"
    clock.advance(2)
    assert tokens.cached is None
    assert tokens.token() == "token-2"
    assert credential.scopes == [(SCOPE,)] * 2


def test_many_that_need_a_token_fetch_one():
    clock = ManualClock()
    credential = FakeCredential(clock)
    tokens = TokenSource("z", credential, clock)
    threads = [threading.Thread(target=tokens.token) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(credential.scopes) == 1


def test_an_identity_that_gets_no_token_is_a_wrong_key_without_its_secrets():
    class Broken:
        def get_token(self, *scopes):
            raise RuntimeError("client secret hunter2 is wrong")

    with pytest.raises(EndpointError, match="no token from Entra ID") as caught:
        TokenSource("z", Broken()).token()
    assert caught.value.kind is EndpointErrorKind.AUTH
    assert "hunter2" not in str(caught.value)


async def test_both_lanes_ask_with_the_token_and_not_with_a_key(monkeypatch):
    monkeypatch.setattr(entra, "default_credential", lambda: FakeCredential(SystemClock()))
    with simulated_endpoint(SimulatorConfig.model_validate({"api_keys": ["token-1"]})) as simulator:
        chat = chat_client(make_endpoint(simulator.azure_url))
        reply = await chat.ask(REQUEST, timeout_s=60.0)
        await chat.aclose()
        batch = batch_client(make_endpoint(simulator.azure_url))
        assert list(batch.jobs()) == []
        batch.close()
    assert reply.output_tokens > 0


def test_entra_is_asked_for_in_endpoints_yaml(tmp_path, monkeypatch):
    monkeypatch.setattr(entra, "is_installed", lambda: True)
    path = tmp_path / "endpoints.yaml"
    path.write_text(FILE % "")
    (endpoint,) = load_endpoints(path)
    assert (AzureOptions.of(endpoint).auth, endpoint.api_key) == ("entra", None)
    path.write_text(FILE % ", api_key_env: KEY")
    with pytest.raises(ConfigError, match="remove api_key_env"):
        load_endpoints(path)


def test_without_the_package_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(entra, "is_installed", lambda: False)
    path = tmp_path / "endpoints.yaml"
    path.write_text(FILE % "")
    with pytest.raises(ConfigError, match=r"endpoints\.0\.auth: 'entra' needs the package azure-identity.*semtel-ops\[azure\]"):
        load_endpoints(path)
