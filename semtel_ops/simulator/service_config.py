"""Settings of the service: latency, quota, capacity, outages and the flex tier."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from semtel_ops.settings.config_model import (
    ConfigModel,
    Milliseconds,
    RequestsPerMinute,
    Seconds,
    Share,
    TokensPerMinute,
    unit,
)

Positive = Annotated[float, Field(gt=0)]
SomeSeconds = Annotated[Seconds, Field(ge=0)]
PositiveSeconds = Annotated[Seconds, Field(gt=0)]


class LatencyConfig(ConfigModel):
    """Service time of a request: `base_ms` plus the time for its tokens, times a lognormal factor with median 1."""

    base_ms: Annotated[Milliseconds, Field(ge=0)] = 0.0
    """Time before the first token."""
    per_input_token_ms: Annotated[Milliseconds, Field(ge=0)] = 0.0
    """Time per token of the prompt."""
    per_output_token_ms: Annotated[Milliseconds, Field(ge=0)] = 0.0
    """Time per token of the reply."""
    jitter: Annotated[float, Field(ge=0, le=3)] = 0.0
    """Sigma of the lognormal factor. 0: every request takes the same time."""


class QuotaPhase(ConfigModel):
    """A phase of a quota schedule."""

    for_s: PositiveSeconds
    """Duration of the phase."""
    tpm: Annotated[TokensPerMinute, Field(ge=1)]
    """Token quota during the phase."""


class QuotaConfig(ConfigModel):
    """Quota of the account. A request counts with the estimated tokens of its prompt plus max_tokens, on arrival."""

    style: Literal["openai", "azure"] = "openai"
    """`openai`: buckets that refill continuously. `azure`: a token counter that is reset every minute, and requests counted
    per slice of time."""
    rpm: Annotated[RequestsPerMinute, Field(ge=1)] | None = None
    """Request quota. Without a value there is none."""
    tpm: Annotated[TokensPerMinute, Field(ge=1)] | None = None
    """Token quota. Without a value there is none."""
    slice_s: Annotated[Literal[1, 10], unit("seconds")] = 10
    """Only for `azure`: length of the slices."""
    schedule: tuple[QuotaPhase, ...] = ()
    """Only for `openai`: token quotas that follow one another in a loop, starting with the first request. Replaces `tpm`."""

    @model_validator(mode="after")
    def _schedule_fits(self) -> "QuotaConfig":
        if self.schedule and self.style == "azure":
            raise ValueError("schedule: a counter of a whole minute has no phases; use style openai")
        return self


class CapacityPhase(ConfigModel):
    """A phase of a capacity schedule."""

    for_s: PositiveSeconds
    """Duration of the phase."""
    slots: Annotated[int, Field(ge=0)]
    """Requests served at the same time during the phase."""


class CapacityConfig(ConfigModel):
    """What the endpoint can serve, whatever the quota allows."""

    slots: Annotated[int, Field(ge=0)] | None = None
    """Requests served at the same time. Without a value, there is no limit."""
    queue: Annotated[int, Field(ge=0)] = 64
    """Requests that may wait for a slot. Further requests are rejected."""
    refusal: Literal[429, 503] = 503
    """Status of rejected requests."""
    schedule: tuple[CapacityPhase, ...] = ()
    """Phases that follow one another in a loop. Replaces `slots`."""


class OutageConfig(ConfigModel):
    """An outage of the endpoint. Times count from the start of the simulator or from its last change of configuration."""

    after_s: SomeSeconds = 0.0
    """Start of the outage."""
    for_s: PositiveSeconds
    """Duration of the outage."""
    every_s: PositiveSeconds | None = None
    """Period after which the outage repeats. Without a value it happens once."""
    how: Literal["reset", "503", "hang"] = "reset"
    """What requests meet: a reset connection, status 503, or no reply."""


class FlexConfig(ConfigModel):
    """The flex tier: requests with `service_tier: flex`."""

    offered: bool = True
    """`false`: such requests are rejected with status 400."""
    slowdown: Positive = 4.0
    """Service time as a multiple of the standard tier's."""
    unavailable: Share = 0.0
    """Share of the requests that are rejected with 429 resource_unavailable, which is not billed."""
