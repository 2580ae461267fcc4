"""The simulator's state: the configuration, and the quota and capacity of each model."""

from collections.abc import Mapping
from typing import Any

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.simulator.bodies import Refused
from semtel_ops.simulator.capacity import Capacity
from semtel_ops.simulator.config import LatencyConfig, ModelConfig, OutageConfig, SimulatorConfig
from semtel_ops.simulator.faults import outage_at
from semtel_ops.simulator.quota import Quota, make_quota
from semtel_ops.simulator.responder import Responder
from semtel_ops.simulator.stats import Stats

_MAX_DEPLOYMENTS = 256
_DEFAULT = ModelConfig()


class Deployment:
    """A model's latency, quota and capacity."""

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
    """The state that all request handlers share. Not thread-safe: use it on one event loop."""

    def __init__(self, config: SimulatorConfig | None = None, clock: Clock | None = None) -> None:
        self.config = config or SimulatorConfig()
        self.clock = clock or SystemClock()
        self.stats = Stats()
        self.responder = Responder()
        self._deployments: dict[str, Deployment] = {}
        self._since = self.clock.monotonic()

    def configure(self, patch: Mapping[str, Any]) -> SimulatorConfig:
        """Merge a partial configuration into the current one. Times of outages start again.

        If latency, quota, capacity or models changed, all quotas and capacities start in their initial state.

        Raises:
            pydantic.ValidationError: the result is not a valid configuration; nothing has changed.
        """
        before, self.config = self.config, self.config.changed(dict(patch))
        self._since = self.clock.monotonic()
        limits = ("quota", "capacity", "latency", "models")
        if any(getattr(before, name) != getattr(self.config, name) for name in limits):
            # Requests in progress keep their deployment object, and return their slot to it.
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
        """The model's name.

        Raises:
            Refused: there is no name, or the endpoint does not serve the model.
        """
        if not isinstance(name, str) or not name:
            raise Refused(400, "you must provide a model parameter")
        if not self.config.any_model and name not in self.config.models:
            raise Refused(
                404, f"The model `{name[:100]}` does not exist or you do not have access to it.", code="model_not_found"
            )
        return name

    def check_key(self, headers: Mapping[str, str]) -> None:
        """Check OpenAI's bearer token or Azure's api-key, if keys are configured.

        Raises:
            Refused: the key is missing or wrong.
        """
        if not self.config.api_keys:
            return
        key = headers.get("api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        if key not in self.config.api_keys:
            # The message does not contain the key: it could be a real key that was sent here by mistake.
            raise Refused(401, "Incorrect API key provided.", code="invalid_api_key")

    def outage(self) -> OutageConfig | None:
        """The current outage, or None."""
        if not self.config.outages:
            return None
        return outage_at(self.config.outages, self.clock.monotonic() - self._since)

    def capacities(self) -> dict[str, Any]:
        """Usage of each model with limited capacity."""
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
