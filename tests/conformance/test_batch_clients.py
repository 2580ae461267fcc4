from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from semtel_ops.endpoints.batch_client import BatchClient, JobLines, RemoteStatus
from semtel_ops.endpoints.factory import KINDS, batch_client, batch_support
from semtel_ops.endpoints.kinds.azure import AzureOptions
from semtel_ops.endpoints.model import Endpoint, KindOptions, Lane
from semtel_ops.endpoints.openai_lines import OpenAILines
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.testing.batch_provider import BatchProvider
from semtel_ops.testing.conformance.batch_client import BatchClientSuite, OpenBatchStage
from semtel_ops.testing.scripted_client import make_endpoint
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint, simulated_endpoint

QUICK = {"batch": {"validating_s": 0, "run_s": 60, "finalizing_s": 0}}
OPTIONS: dict[str, KindOptions] = {
    "openai": KINDS["openai"].options(),
    "azure": AzureOptions(deployment="weekly", api_version="2024-10-21"),
}


class SimulatorStage:
    def __init__(self, client: BatchClient, lines: JobLines, simulator: SimulatedEndpoint) -> None:
        self.client = client
        self.lines = lines
        self._simulator = simulator

    @property
    def calls(self) -> int:
        return sum(sum(by_status.values()) for by_status in self._simulator.stats()["by_path"].values())

    @contextmanager
    def failing(self) -> Iterator[None]:
        self._simulator.configure(batch={"call_faults": {"500": 1.0}})
        yield
        self._simulator.configure(batch={"call_faults": {}})

    @contextmanager
    def lasting(self) -> Iterator[None]:
        self._simulator.configure(batch={"stalls_at": 0.0})
        yield
        self._simulator.configure(batch={"stalls_at": None})


class TestEveryKind(BatchClientSuite):
    @pytest.fixture(params=sorted(name for name, kind in KINDS.items() if kind.batch))
    def open_stage(self, request: pytest.FixtureRequest) -> OpenBatchStage:
        kind = request.param

        @contextmanager
        def opened() -> Iterator[SimulatorStage]:
            with simulated_endpoint(SimulatorConfig.model_validate(QUICK)) as simulator:
                url = simulator.azure_url if kind == "azure" else simulator.base_url
                endpoint = Endpoint("east", kind, url, "m", "sk", lanes=(Lane.BATCH,), options=OPTIONS[kind])
                client = batch_client(endpoint)
                try:
                    yield SimulatorStage(client, batch_support(endpoint).lines, simulator)
                finally:
                    client.close()

        return opened


class ProviderStage:
    lines = OpenAILines()

    def __init__(self) -> None:
        self.client = BatchProvider(make_endpoint())

    @property
    def calls(self) -> int:
        return len(self.client.calls)

    @contextmanager
    def failing(self) -> Iterator[None]:
        self.client.fail_next(*[EndpointError("500", kind=EndpointErrorKind.SERVER_ERROR, status=500)] * 100)
        yield
        self.client.faults.clear()

    @contextmanager
    def lasting(self) -> Iterator[None]:
        self.client.ending = RemoteStatus.IN_PROGRESS
        yield
        self.client.ending = RemoteStatus.COMPLETED


class TestBatchProvider(BatchClientSuite):
    @pytest.fixture
    def open_stage(self) -> OpenBatchStage:
        @contextmanager
        def opened() -> Iterator[ProviderStage]:
            yield ProviderStage()

        return opened
