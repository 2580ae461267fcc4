"""The list of kinds is what endpoints.yaml accepts, and an endpoint's kind decides who talks to it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from semtel_ops.endpoints import factory, load_endpoints
from semtel_ops.endpoints.batch_client import BatchClient
from semtel_ops.endpoints.catalog import EndpointsFile
from semtel_ops.endpoints.client import ChatClient
from semtel_ops.endpoints.factory import DEFAULT_KIND, KINDS, batch_client, batch_support, chat_client
from semtel_ops.endpoints.kind import EndpointKind
from semtel_ops.endpoints.kinds.azure import AzureOptions
from semtel_ops.endpoints.kinds.openai import OPENAI
from semtel_ops.endpoints.model import Endpoint, KindOptions, Lane
from semtel_ops.errors import ConfigError
from semtel_ops.testing.scripted_client import ScriptedClient

NAMES = ", ".join(sorted({*KINDS, "echo"}))
PLAIN = "name: a, base_url: 'http://x', model: m"


class EchoOptions(KindOptions):
    voice: str = "loud"


ECHO = EndpointKind(
    "echo", "says it again", frozenset({Lane.REALTIME}), lambda one: ScriptedClient(["x"], one), options=EchoOptions
)


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third kind, known for the length of a test."""
    monkeypatch.setitem(factory.KINDS, "echo", ECHO)  # type: ignore[arg-type]


def write(tmp_path: Path, entry: str) -> Path:
    path = tmp_path / "endpoints.yaml"
    path.write_text(f"endpoints: [{{{entry}}}]")
    return path


def test_kinds_are_listed_by_their_names_and_say_what_they_are_for() -> None:
    assert {name: kind.name for name, kind in KINDS.items()} == {name: name for name in KINDS}
    assert DEFAULT_KIND in KINDS
    assert all(kind.summary and "\n" not in kind.summary for kind in KINDS.values())


def test_importing_the_list_imports_no_adapter() -> None:
    code = "import sys, semtel_ops.endpoints.factory; print({'aiohttp', 'openai', 'azure.identity'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=True)
    assert done.stdout.strip() == "set()"


async def test_an_endpoint_gets_the_clients_of_its_kind() -> None:
    options = AzureOptions(deployment="d", api_version="v")
    for endpoint in (Endpoint("o", "openai", "http://x/v1", "m"), Endpoint("z", "azure", "http://x", "m", options=options)):
        chat: ChatClient = chat_client(endpoint)
        batch: BatchClient = batch_client(endpoint)
        assert (chat.endpoint, batch.endpoint) == (endpoint, endpoint)
        await chat.aclose()
        batch.close()


def test_a_kind_that_there_is_not_is_named_with_those_there_are() -> None:
    with pytest.raises(
        ConfigError, match=f"endpoint a: kind: 'fax' is not a kind of endpoint; known: {', '.join(sorted(KINDS))}"
    ):
        chat_client(Endpoint("a", "fax", "http://x", "m"))


def test_options_of_another_kind_are_a_defect_that_is_named() -> None:
    with pytest.raises(TypeError, match="endpoint 'z' of kind 'azure' has no AzureOptions"):
        AzureOptions.of(Endpoint("z", "azure", "http://x", "m"))


@pytest.mark.usefixtures("echo")
async def test_a_new_kind_has_settings_of_its_own_and_its_client(tmp_path: Path) -> None:
    (endpoint,) = load_endpoints(write(tmp_path, f"{PLAIN}, kind: echo, voice: soft"))
    assert EchoOptions.of(endpoint).voice == "soft"
    assert chat_client(endpoint).endpoint is endpoint


@pytest.mark.usefixtures("echo")
@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (f"{PLAIN}, kind: fax", rf"endpoints\.0\.kind: 'fax' — must be a kind of endpoint: {NAMES}$"),
        (f"{PLAIN}, kind: echo, lanes: [batch]", "kind echo offers realtime, not batch; remove it from lanes"),
        (f"{PLAIN}, kind: openai, voice: soft", "voice applies only to kind echo"),
        (f"{PLAIN}, kind: azure, api_version: v, deploymnt: d", r"deployment: None must be given"),
        (f"{PLAIN}, kind: azure, api_version: v, deployment: d, depth: 1", r"depth: '…' is not a setting"),
        (f"{PLAIN}, auth: entra", r"endpoints\.0\.auth: 'entra'"),
    ],
)
def test_an_entry_is_checked_by_its_kind(tmp_path: Path, entry: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_endpoints(write(tmp_path, entry))


def test_settings_of_a_kind_are_not_refused_where_the_kind_is_misspelt(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_endpoints(write(tmp_path, f"{PLAIN}, kind: azur, deployment: d, api_version: v"))
    assert "kind: 'azur' — must be a kind of endpoint" in str(caught.value)
    assert "more" not in str(caught.value)


def test_a_schema_has_an_alternative_for_each_kind() -> None:
    entries = EndpointsFile.model_json_schema()["$defs"]
    kinds = {entry["properties"]["kind"]["const"]: entry for entry in entries.values() if "kind" in entry.get("properties", {})}
    assert set(kinds) == set(KINDS)
    assert set(kinds["azure"]["required"]) == {"name", "kind", "model", "deployment", "api_version"}
    assert "deployment" not in kinds["openai"]["properties"]


def test_a_kind_without_a_batch_lane_says_so_and_one_that_claims_it_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="must be given together"):
        replace(OPENAI, batch=None)


@pytest.mark.usefixtures("echo")
def test_a_batch_client_of_a_kind_without_batches_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match="must not include batch: kind echo does not support it"):
        batch_support(Endpoint("a", "echo", "http://x", "m", lanes=(Lane.BATCH,)))
