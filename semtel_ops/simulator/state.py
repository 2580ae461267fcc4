"""The simulator's state: the configuration, and the quota and capacity of each model."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.simulator.behaviour import Behaviour, behaviour_of
from semtel_ops.simulator.bodies import Refused
from semtel_ops.simulator.capacity import Capacity
from semtel_ops.simulator.config import LatencyConfig, ModelConfig, OutageConfig, SimulatorConfig
from semtel_ops.simulator.faults import outage_at
from semtel_ops.simulator.lexical_labels import NOTICE
from semtel_ops.simulator.quota import Quota, make_quota
from semtel_ops.simulator.responder import Responder
from semtel_ops.simulator.served import fingerprints, is_shut_down, served_now, shutdown_refusal, unknown_model
from semtel_ops.simulator.stats import Stats

_MAX_DEPLOYMENTS = 256
_DEFAULT = ModelConfig()


class Deployment:
    """Quota, capacity and latency of a model or of an alias; the latency of an alias is that of the model it serves."""

    def __init__(self, config: SimulatorConfig, name: str, clock: Clock) -> None:
        own = config.models.get(name, _DEFAULT)
        self.latency: LatencyConfig = own.latency or config.latency
        self.has_own_latency = own.latency is not None
        self.quota_config = own.quota or config.quota
        self.quota: Quota | None = make_quota(self.quota_config, clock.monotonic())
        capacity = own.capacity or config.capacity
        limited = capacity.slots is not None or bool(capacity.schedule)
        self.capacity = Capacity(capacity, clock) if limited else None
        self.batch_only = own.batch_only


@dataclass(frozen=True, slots=True)
class Serving:
    """The model that answers a request.

    Attributes:
        name: as replies name it.
        refusing: the model's settings, if it may refuse parameters.
        behaviour: what is planted in it, if anything is.
        fingerprint: `system_fingerprint` of its replies.
    """

    name: str
    refusing: ModelConfig | None
    behaviour: Behaviour | None
    fingerprint: str


class Simulator:
    """The state that all request handlers share. Not thread-safe: use it on one event loop."""

    def __init__(self, config: SimulatorConfig | None = None, clock: Clock | None = None) -> None:
        self.config = config or SimulatorConfig()
        self.clock = clock or SystemClock()
        self.stats = Stats()
        self.responder = Responder()
        self._deployments: dict[str, Deployment] = {}
        self._since = self.clock.monotonic()
        self._read_models()

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
        if before.models != self.config.models:
            self._read_models()
        self._servings.clear()
        return self.config

    def _read_models(self) -> None:
        """Begin with the models of the configuration; the seconds of aliases count from here."""
        models = self.config.models
        self._models_since = self.clock.monotonic()
        self._aliases = {name: own.serves for name, own in models.items() if own.serves}
        self._chosen: dict[str, str] = {}
        self._ending = {name for name, own in models.items() if own.shutdown_date is not None}
        self._fingerprints = fingerprints(self.config)
        self._servings: dict[str, Serving] = {}

    def today(self) -> date:
        """The configured date, or the clock's, in UTC."""
        return self.config.today or datetime.fromtimestamp(self.clock.now(), UTC).date()

    def served(self, name: str) -> str:
        """The model that answers under a name now."""
        if name not in self._aliases:
            return name
        elapsed_s = self.clock.monotonic() - self._models_since
        return self._chosen.get(name) or served_now(self._aliases[name], today=self.today(), elapsed_s=elapsed_s)

    def choose(self, alias: str, model: str | None) -> None:
        """Let an alias serve a model from now on; None: by its dates and seconds again.

        Raises:
            Refused: the alias or the model is not configured.
        """
        if alias not in self._aliases:
            known = ", ".join(self._aliases) or "none"
            raise Refused(400, f"model: {alias[:100]} is not an alias; known: {known}", param="model")
        if model is None:
            self._chosen.pop(alias, None)
            return
        models = [name for name, own in self.config.models.items() if not own.serves]
        if model not in models:
            raise Refused(400, f"serves: {model[:100]} is not a model; known: {', '.join(models)}", param="serves")
        self._chosen[alias] = model

    def serving(self, name: str) -> Serving:
        """The model that answers a request for a name now, with what is planted in it."""
        served = self.served(name) if name in self._aliases else name
        serving = self._servings.get(served)
        if serving is None:
            if len(self._servings) >= _MAX_DEPLOYMENTS:
                self._servings.clear()
            own = self.config.models.get(served, _DEFAULT)
            refusing = own if own.reasoning is not None or own.refuses else None
            fingerprint = self._fingerprints.get(served, NOTICE)
            serving = self._servings[served] = Serving(served, refusing, behaviour_of(served, self.config), fingerprint)
        return serving

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
            Refused: there is no name, or the endpoint does not serve the model, or no longer.
        """
        if not isinstance(name, str) or not name:
            raise Refused(400, "you must provide a model parameter")
        if not self.config.any_model and name not in self.config.models:
            raise unknown_model(name)
        if self._ending:
            for ending in {name, self.served(name)} & self._ending:
                if is_shut_down(self.config.models[ending], self.today()):
                    raise shutdown_refusal(name, self.config.models[ending])
        return name

    def answers(self, name: str) -> bool:
        """Whether requests for a model are answered today."""
        try:
            self.check_model(name)
        except Refused:
            return False
        return True

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
