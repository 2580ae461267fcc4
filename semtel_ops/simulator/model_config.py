"""Settings of one model: its service, the errors that are planted in it, and when it is served."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from semtel_ops.settings.config_model import ConfigModel, Share, Tokens
from semtel_ops.simulator.confusion_config import Confusions, PromptEffect, check_confusions, check_effects
from semtel_ops.simulator.service_config import CapacityConfig, LatencyConfig, QuotaConfig, SomeSeconds


class ServedModel(ConfigModel):
    """A model that answers under an alias, from a date or from a number of seconds on."""

    model: Annotated[str, Field(min_length=1)]
    """The model that answers, and that replies name. It must be among `models`."""
    since: date | None = None
    """First day, in UTC, on which the model answers. Without `since` and `after_s`: from the beginning."""
    after_s: SomeSeconds | None = None
    """Seconds after the start of the simulator, or after the last change of `models`, from which the model answers."""

    @model_validator(mode="after")
    def _has_one_start(self) -> "ServedModel":
        if self.since is not None and self.after_s is not None:
            raise ValueError("since and after_s exclude one another; a model starts on a date or after a number of seconds")
        return self


class ReasoningConfig(ConfigModel):
    """A model that reasons before it answers.

    Reasoning tokens are output: they are billed, take time and count against the request's limit of output tokens.
    """

    tokens: dict[str, Annotated[Tokens, Field(ge=0)]] = Field(
        default_factory=lambda: {"none": 0, "low": 150, "medium": 600, "high": 2_400}
    )
    """Accepted values of `reasoning_effort`, and the mean number of reasoning tokens of each."""
    default: str = "medium"
    """Effort of requests that do not name one."""
    spread: Share = 0.5
    """Largest deviation of a request's reasoning tokens from the mean, as a share of the mean."""

    @model_validator(mode="after")
    def _default_is_known(self) -> "ReasoningConfig":
        if self.default not in self.tokens:
            raise ValueError(f"default: {self.default} is not among tokens; known: {', '.join(self.tokens) or 'none'}")
        return self


class ModelConfig(ConfigModel):
    """What differs for one model or deployment. Everything else is as for the other models."""

    latency: LatencyConfig | None = None
    """Service time of this model."""
    quota: QuotaConfig | None = None
    """Quota of this model."""
    capacity: CapacityConfig | None = None
    """Capacity of this model."""
    noise: Share | None = None
    """`labels.noise` of this model."""
    bias: Share | None = None
    """`labels.model_bias` of this model."""
    batch_only: bool = False
    """Reject realtime calls, as a batch deployment on Azure does."""
    confusion: Confusions = Field(default_factory=dict, examples=[{"topic": {"technology": {"writing": 0.1}}}])
    """Planted confusion: classifier → label → other label → share of the conversations with the label that get the other label
    instead. Which ones depends only on `seed` and the text, so the same conversations move in every request and every model."""
    confusion_flips: Share = 0.0
    """Share of the conversations whose confusion depends on the `seed` of the request, too, so that repeats disagree. The
    confusion's rates stay as they are."""
    confusion_by_wording: Share = 0.0
    """Share of the conversations whose confusion depends on the wording of the prompt, too. Prompts of equal worth then make
    different errors. The confusion's rates stay as they are."""
    prompt_effects: tuple[PromptEffect, ...] = ()
    """Properties of a classifier's prompt that change the rates of its `confusion`; the factors are multiplied."""
    reasoning: ReasoningConfig | None = None
    """Reason before the answer. Without a value, the model does not, and ignores `reasoning_effort`."""
    refuses: tuple[Literal["reasoning_effort", "max_tokens", "temperature", "top_p", "seed"], ...] = ()
    """Parameters that are rejected with status 400; `temperature` and `top_p` only with a value other than 1."""
    fingerprint: Annotated[str, Field(max_length=64)] = ""
    """Ending of `system_fingerprint` in this model's replies. Without a value, models under an alias have an ending of their
    own, and others have none."""
    serves: tuple[ServedModel, ...] = Field(
        default=(), examples=[[{"model": "simulated-small"}, {"model": "simulated-large", "since": "2026-11-02"}]]
    )
    """Makes this name an alias: the last model of the list that has started answers, with its labels and its errors."""
    shutdown_date: date | None = None
    """First day, in UTC, on which the model no longer answers. `GET /v1/models` shows it."""
    after_shutdown: Literal["deprecated", "missing", "gone", "answers"] = "deprecated"
    """Replies from the `shutdown_date` on. `deprecated`: status 404 with OpenAI's message about deprecation. `missing`: status
    404 as for an unknown model. `gone`: Azure's status 410. `answers`: as before."""

    @model_validator(mode="after")
    def _planted_errors_fit(self) -> "ModelConfig":
        check_confusions(self.confusion)
        check_effects(self.prompt_effects, self.confusion)
        return self
