"""What a simulated endpoint does: `simulator.yaml`. Every field has a default, so an empty file is valid."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from semtel_ops.settings.config_model import ConfigModel, Share, Tokens
from semtel_ops.simulator.batch_config import BatchConfig
from semtel_ops.simulator.fault_kinds import Fault, check_rates, with_text_names
from semtel_ops.simulator.labels_config import GraderConfig, LabelsConfig
from semtel_ops.simulator.model_config import ModelConfig
from semtel_ops.simulator.service_config import (
    CapacityConfig,
    FlexConfig,
    LatencyConfig,
    OutageConfig,
    PositiveSeconds,
    QuotaConfig,
)

__all__ = [
    "BatchConfig",
    "CapacityConfig",
    "Fault",
    "FlexConfig",
    "GraderConfig",
    "LabelsConfig",
    "LatencyConfig",
    "ModelConfig",
    "OutageConfig",
    "QuotaConfig",
    "SimulatorConfig",
]


class SimulatorConfig(ConfigModel):
    """What the simulated endpoint does.

    Every setting is optional: an empty file is an endpoint that answers at once and never fails. The options of `semtel
    simulate` take precedence over this file.
    """

    seed: int = 0
    """Determines faults, jitter and ties. The same seed gives the same answers."""
    models: dict[str, ModelConfig] = Field(
        default_factory=lambda: {"simulated-small": ModelConfig(), "simulated-large": ModelConfig()}
    )
    """Models by name, with what differs for them. Names start with `simulated`, which marks their labels on every page."""
    truth: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        examples=[{"topic": {"technology": "software", "cooking": "food", "other": "else"}}],
    )
    """Classifier → label → definition. The true label of a conversation is the one whose definition shares most words with it,
    whatever the prompt says, and every model starts from the true label. Without an entry, the prompt's definitions decide.
    An entry counts for prompts with exactly its labels."""
    any_model: bool = True
    """Answer requests for other models, too. `false`: they get 404 model_not_found."""
    today: date | None = None
    """Today's date for `since` and `shutdown_date` of models. Without a value, the date in UTC."""
    shutdown_dates: bool = True
    """Show `shutdown_date` in `GET /v1/models`; most servers do not."""
    api_keys: tuple[str, ...] = Field(default=(), repr=False)
    """Accepted API keys. Empty: any key, or none."""
    response_formats: frozenset[Literal["json_schema", "json_object"]] = Field(
        default=frozenset({"json_schema", "json_object"})
    )
    """Accepted values of `response_format`. Others are rejected with status 400."""
    context_tokens: Annotated[Tokens, Field(ge=1)] = 128_000
    """Size of the context window."""
    embedding_dimensions: Annotated[int, Field(ge=1, le=8192)] = 256
    """Length of embedding vectors."""
    latency: LatencyConfig = LatencyConfig()
    """Service time of a request."""
    quota: QuotaConfig = QuotaConfig()
    """Quota of the account."""
    capacity: CapacityConfig = CapacityConfig()
    """What the endpoint can serve."""
    labels: LabelsConfig = LabelsConfig()
    """How labels are made up."""
    grader: GraderConfig = GraderConfig()
    """How well wrong labels are recognised."""
    faults: dict[Fault, Share] = Field(default_factory=dict, examples=[{"429": 0.01, "reset": 0.002}])
    """Shares of the requests that suffer each fault. A request suffers at most one."""
    hang_s: PositiveSeconds = 3_600.0
    """Time after which a hanging request is dropped."""
    outages: tuple[OutageConfig, ...] = Field(default=(), examples=[[{"after_s": 120, "for_s": 20, "every_s": 600}]])
    """Outages of the endpoint."""
    batch: BatchConfig = BatchConfig()
    """The batch API."""
    flex: FlexConfig = FlexConfig()
    """The flex tier."""

    @field_validator("faults", mode="before")
    @classmethod
    def _names(cls, given: Any) -> Any:
        return with_text_names(given)

    @model_validator(mode="after")
    def _rates_fit(self) -> "SimulatorConfig":
        check_rates(self.faults)
        return self

    @model_validator(mode="after")
    def _aliases_lead_to_models(self) -> "SimulatorConfig":
        for alias, own in self.models.items():
            for entry in own.serves:
                if entry.model not in self.models:
                    known = ", ".join(self.models)
                    raise ValueError(f"models.{alias}.serves: {entry.model} is not among models; known: {known}")
                if self.models[entry.model].serves:
                    raise ValueError(f"models.{alias}.serves: {entry.model} is an alias itself; name the model that it serves")
        return self

    @field_validator("truth")
    @classmethod
    def _truth_has_labels(cls, truth: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        empty = next((classifier for classifier, definitions in truth.items() if not definitions), None)
        if empty is not None:
            raise ValueError(f"{empty} has no labels; give each label a definition, or leave {empty} out")
        return truth

    def changed(self, patch: dict[str, Any]) -> "SimulatorConfig":
        """A copy with `patch` merged into it.

        Sections are merged; rates of faults, `models`, `truth` and lists are replaced as a whole.

        Raises:
            pydantic.ValidationError: the result is not a valid configuration.
        """
        return SimulatorConfig.model_validate(self.merged(patch))

    def merged(self, patch: dict[str, Any]) -> dict[str, Any]:
        """The data of `changed`, not validated."""
        return _merge(self.model_dump(), patch)


def _merge(base: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in patch.items():
        whole = name in {"faults", "call_faults", "models", "truth"} or not isinstance(value, dict)
        merged[name] = value if whole or not isinstance(base.get(name), dict) else _merge(base[name], value)
    return merged
