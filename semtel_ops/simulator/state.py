"""The simulator's state: one configuration, and for each model its quota and its capacity."""

from collections.abc import Mapping
from typing import Any

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.simulator.bodies import Refused
from semtel_ops.simulator.capacity import Capacity
from semtel_ops.simulator.config import LatencyConfig, ModelConfig, OutageConfig, SimulatorConfig
from semtel_ops.simulator.faults import outage_at
from semtel_ops.simulator.quota import Quota, make_quota
from semtel_ops.simulator.responder import Answering
from semtel_ops.simulator.stats import Stats

_MAX_DEPLOYMENTS = 256
_DEFAULT = ModelConfig()


class Deployment:
    """One model's limits, as the provider keeps them."""

    def __init__(self, config: SimulatorConfig, name: str, clock: Clock) -> None:
        own = config.models.get(name, _DEFAULT)
        self.latency: LatencyConfig = own.latency or config.latency
        self.quota_config = own.quota or config.quota
        self.quota: Quota | None = make_quota(self.quota_config, clock.monotonic())
        capacity = own.capacity or config.capacity
        limited = capacity.slots is not None or bool(capacity.schedule)
        self.capacity = Capacity(capacity, clock) if limited else None
        self.batch_only = own.batch_only


class Simulator:
    """Everything a request handler needs; lives on one event loop."""

    def __init__(self, config: SimulatorConfig | None = None, clock: Clock | None = None) -> None:
        self.config = config or SimulatorConfig()
        self.clock = clock or SystemClock()
        self.stats = Stats()
        self.answering = Answering()
        self._deployments: dict[str, Deployment] = {}
        self._since = self.clock.monotonic()

    def configure(self, patch: Mapping[str, Any]) -> SimulatorConfig:
        """Change behaviour from now on. Outages count from now; quotas and capacity start afresh where they changed.

        Raises:
            pydantic.ValidationError: the result is not a valid configuration; nothing has changed.
        """
        before, self.config = self.config, self.config.changed(dict(patch))
        self._since = self.clock.monotonic()
        limits = ("quota", "capacity", "latency", "models")
        if any(getattr(before, name) != getattr(self.config, name) for name in limits):
            # Requests in flight keep the deployment they entered by, and leave it the same way.
            self._deployments = {}
        return self.config

    def deployment(self, name: str) -> Deployment:
        deployment = self._deployments.get(name)
        if deployment is None:
            if len(self._deployments) >= _MAX_DEPLOYMENTS:
                self._deployments.clear()
            deployment = self._deployments[name] = Deployment(self.config, name, self.clock)
        return deployment

    def check_model(self, name: Any) -> str:
        """The model's name, if this endpoint serves it."""
        if not isinstance(name, str) or not name:
            raise Refused(400, "you must provide a model parameter")
        if not self.config.any_model and name not in self.config.models:
            raise Refused(
                404, f"The model `{name[:100]}` does not exist or you do not have access to it.", code="model_not_found"
            )
        return name

    def check_key(self, headers: Mapping[str, str]) -> None:
        """OpenAI's bearer token or Azure's api-key, if this endpoint asks for one."""
        if not self.config.api_keys:
            return
        key = headers.get("api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        if key not in self.config.api_keys:
            # The key itself is not repeated: it could be a real one, sent here by mistake.
            raise Refused(401, "Incorrect API key provided.", code="invalid_api_key")

    def outage(self) -> OutageConfig | None:
        if not self.config.outages:
            return None
        return outage_at(self.config.outages, self.clock.monotonic() - self._since)

    def capacities(self) -> dict[str, Any]:
        """For each model whose capacity is limited: what was offered and served."""
        return {
            name: {
                "slots": deployment.capacity.slots,
                "serving": deployment.capacity.serving,
                "waiting": deployment.capacity.waiting,
                "peak_serving": deployment.capacity.peak_serving,
                "peak_waiting": deployment.capacity.peak_waiting,
                **deployment.capacity.used(),
            }
            for name, deployment in self._deployments.items()
            if deployment.capacity is not None
        }
