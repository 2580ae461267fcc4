from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from semtel_ops.clock import SystemClock
from semtel_ops.endpoints.client import ChatClient
from semtel_ops.endpoints.factory import KINDS, chat_client
from semtel_ops.endpoints.flex import lane_client
from semtel_ops.endpoints.kinds.azure import AzureOptions
from semtel_ops.endpoints.kinds.openai import OpenAIOptions
from semtel_ops.endpoints.model import ChatRequest, Endpoint, KindOptions, Lane
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.simulator.lexical_labels import NOTICE
from semtel_ops.testing.conformance.chat_client import ChatClientSuite, OpenStage
from semtel_ops.testing.fake_provider import OpenAIWire, http_stage
from semtel_ops.testing.scripted_client import ScriptedClient
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint, simulated_endpoint


class AzureWire(OpenAIWire):
    base_path = ""


OPTIONS: dict[str, KindOptions] = {
    "openai": OpenAIOptions(),
    "azure": AzureOptions(deployment="weekly", api_version="2024-10-21"),
}
WIRES = {"openai": OpenAIWire(), "azure": AzureWire()}


def make_endpoint(kind: str, *lanes: Lane) -> Endpoint:
    return Endpoint("east", kind, "http://unset", "m", "sk-conformance", lanes=lanes, options=OPTIONS[kind])


class TestEveryKind(ChatClientSuite):
    @pytest.fixture(params=sorted(OPTIONS))
    def open_stage(self, request: pytest.FixtureRequest) -> OpenStage:
        kind = request.param
        return lambda: http_stage(chat_client, make_endpoint(kind, Lane.REALTIME), WIRES[kind])


class TestFlex(ChatClientSuite):
    """With a realtime lane to fall back to, and without."""

    @pytest.fixture(params=[(Lane.FLEX, Lane.REALTIME), (Lane.FLEX,)], ids=["with-realtime", "alone"])
    def open_stage(self, request: pytest.FixtureRequest) -> OpenStage:
        def make(endpoint: Endpoint) -> ChatClient:
            return lane_client(chat_client, endpoint, Lane.FLEX, SystemClock())

        # A request to the flex tier is given 15 minutes, whatever the caller's limit.
        plays = [kind for kind in EndpointErrorKind if kind is not EndpointErrorKind.TIMEOUT]
        return lambda: http_stage(make, make_endpoint("openai", *request.param), plays=plays)


class ScriptedStage:
    plays = tuple(EndpointErrorKind)

    def __init__(self) -> None:
        self.client = ScriptedClient(self._reply)
        self._failure: EndpointErrorKind | None = None

    @property
    def calls(self) -> int:
        return len(self.client.asked)

    def answer_to(self, text: str) -> str:
        return text

    def play(self, failure: EndpointErrorKind | None) -> None:
        self._failure = failure

    def _reply(self, request: ChatRequest) -> str | EndpointError:
        return request.text if self._failure is None else EndpointError("refused", kind=self._failure)


class TestScriptedClient(ChatClientSuite):
    @pytest.fixture
    def open_stage(self) -> OpenStage:
        @asynccontextmanager
        async def opened() -> AsyncIterator[ScriptedStage]:
            stage = ScriptedStage()
            yield stage
            await stage.client.aclose()

        return opened


FAULTS = {
    EndpointErrorKind.RATE_LIMITED: "429",
    EndpointErrorKind.OVERLOADED: "503",
    EndpointErrorKind.SERVER_ERROR: "500",
    EndpointErrorKind.CONNECTION: "reset",
    EndpointErrorKind.TIMEOUT: "hang",
    EndpointErrorKind.MALFORMED: "not_json",
    EndpointErrorKind.CONTENT_FILTER: "content_filter_400",
}


class SimulatorStage:
    plays = tuple(FAULTS)

    def __init__(self, client: ChatClient, simulator: SimulatedEndpoint) -> None:
        self.client = client
        self._simulator = simulator
        self._before = self._sent

    @property
    def calls(self) -> int:
        return self._sent - self._before

    @property
    def _sent(self) -> int:
        return sum(sum(by_status.values()) for by_status in self._simulator.stats()["by_path"].values())

    def answer_to(self, text: str) -> str:
        return NOTICE

    def play(self, failure: EndpointErrorKind | None) -> None:
        self._simulator.configure(faults={FAULTS[failure]: 1.0} if failure else {})


class TestOverTheSimulator(ChatClientSuite):
    """The simulator fails as a provider does: its faults are the errors that they are named after."""

    @pytest.fixture(scope="class")
    def simulator(self) -> Iterator[SimulatedEndpoint]:
        with simulated_endpoint() as running:
            yield running

    @pytest.fixture(params=sorted(OPTIONS))
    def open_stage(self, request: pytest.FixtureRequest, simulator: SimulatedEndpoint) -> OpenStage:
        url = simulator.azure_url if request.param == "azure" else simulator.base_url

        @asynccontextmanager
        async def opened() -> AsyncIterator[SimulatorStage]:
            simulator.configure(faults={})
            client = chat_client(replace(make_endpoint(request.param, Lane.REALTIME), base_url=url))
            try:
                yield SimulatorStage(client, simulator)
            finally:
                await client.aclose()

        return opened


def test_every_kind_is_put_to_the_suite() -> None:
    """Here, or by `tests/conformance/test_KIND.py`, as the recipe has it."""
    assert set(OPTIONS) <= set(KINDS)
    own = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    missing = set(KINDS) - set(OPTIONS) - own
    assert not missing, f"write tests/conformance/test_KIND.py for {', '.join(missing)}: see docs/recipes/endpoint-kind.md"
