"""What a simulated endpoint does: `simulator.yaml`. Every field has a default, so an empty file is a valid one."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]


class Fault(StrEnum):
    """What can go wrong with one request. The first group never answers; the second answers something defective."""

    TOO_MANY = "429"  # with Retry-After of a second or two
    TOO_MANY_BARE = "429_bare"  # without any header
    TOO_MANY_ABSURD = "429_absurd"  # Retry-After: 86400, as Azure has been seen to say for an ordinary overrun
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    RESET = "reset"  # the connection is reset before any byte of the reply
    CUT = "cut"  # the connection ends in the middle of the body
    NOT_JSON = "not_json"  # 200 with an HTML page
    HANG = "hang"  # nothing, until the client gives up
    CONTENT_FILTER_400 = "content_filter_400"  # the prompt is refused by a filter

    WRONG_LABEL = "wrong_label"
    NEAR_MISS = "near_miss"  # "created" where "create" was offered, "7" where 7 was
    FENCED = "fenced"  # ```json … ```
    PROSE = "prose"  # sentences around the JSON
    EMPTY = "empty"
    LENGTH = "length"  # finish_reason length, text cut in the middle
    CONTENT_FILTER = "content_filter"  # finish_reason content_filter, no text
    REFUSAL = "refusal"  # message.refusal, no content
    MISSING_MEMBER = "missing_member"  # a packed reply that lacks its last member


REPLY_DEFECTS = frozenset(
    {
        Fault.WRONG_LABEL,
        Fault.NEAR_MISS,
        Fault.FENCED,
        Fault.PROSE,
        Fault.EMPTY,
        Fault.LENGTH,
        Fault.CONTENT_FILTER,
        Fault.REFUSAL,
        Fault.MISSING_MEMBER,
    }
)
"""Faults of a reply that arrives whole with status 200: the batch lane has them too."""

BATCH_LINE_FAULTS = REPLY_DEFECTS | {
    Fault.TOO_MANY,
    Fault.SERVER_ERROR,
    Fault.UNAVAILABLE,
    Fault.CONTENT_FILTER_400,
}
"""What one line of a batch can suffer: a defective reply, or an entry in the error file."""

CALL_FAULTS = frozenset(
    {
        Fault.TOO_MANY,
        Fault.TOO_MANY_BARE,
        Fault.TOO_MANY_ABSURD,
        Fault.SERVER_ERROR,
        Fault.UNAVAILABLE,
        Fault.RESET,
        Fault.HANG,
    }
)
"""What a call about files and batches can suffer."""


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _check_rates(faults: dict[Fault, float]) -> None:
    total = sum(faults.values())
    if total > 1 + 1e-9:
        raise ValueError(f"the rates add up to {total:g}; a request has at most one fault, so at most 1")


def _spelled(faults: Any) -> Any:
    """YAML reads 429 without quotes as a number."""
    return {str(name): rate for name, rate in faults.items()} if isinstance(faults, dict) else faults


class LatencyConfig(_Config):
    """Service time of one request: `base + tokens × per-token`, times a lognormal factor with median 1."""

    base_ms: Seconds = 0.0
    per_input_token_ms: Seconds = 0.0
    per_output_token_ms: Seconds = 0.0
    jitter: Annotated[float, Field(ge=0, le=3)] = Field(default=0.0, description="Sigma of the lognormal factor.")


class QuotaPhase(_Config):
    """One stretch of a quota schedule."""

    for_s: Positive
    tpm: Annotated[int, Field(ge=1)]


class QuotaConfig(_Config):
    """What the account may ask. Admission counts the prompt's estimate plus max_tokens, before anything is answered."""

    style: Literal["openai", "azure"] = Field(
        default="openai",
        description="openai: buckets that refill all the time. azure: a token counter reset each minute, requests"
        " judged over slices.",
    )
    rpm: Annotated[int, Field(ge=1)] | None = None
    tpm: Annotated[int, Field(ge=1)] | None = None
    slice_s: Literal[1, 10] = Field(default=10, description="azure: requests are judged over slices of this length.")
    schedule: tuple[QuotaPhase, ...] = Field(
        default=(), description="openai: tpm in turn, over and over from the first request on; replaces `tpm`."
    )

    @model_validator(mode="after")
    def _schedule_fits(self) -> "QuotaConfig":
        if self.schedule and self.style == "azure":
            raise ValueError("schedule: a counter of a whole minute has no phases; use style openai")
        return self


class CapacityPhase(_Config):
    """One stretch of a capacity schedule."""

    for_s: Positive
    slots: Annotated[int, Field(ge=0)]


class CapacityConfig(_Config):
    """A queueing endpoint: so many requests are served at once, so many may wait, the rest is refused."""

    slots: Annotated[int, Field(ge=0)] | None = Field(default=None, description="None: no limit.")
    queue: Annotated[int, Field(ge=0)] = 64
    refusal: Literal[429, 503] = 503
    schedule: tuple[CapacityPhase, ...] = Field(default=(), description="Phases in turn, over and over; replaces `slots`.")


class OutageConfig(_Config):
    """The endpoint dies and returns; times count from the start or from the latest change of configuration."""

    after_s: Seconds = 0.0
    for_s: Positive
    every_s: Positive | None = Field(default=None, description="Repeats with this period.")
    how: Literal["reset", "503", "hang"] = "reset"


class LabelsConfig(_Config):
    """How labels are made up."""

    mode: Literal["lexical", "constant"] = Field(
        default="lexical", description="constant: always the first option, for measuring clients."
    )
    noise: Share = Field(
        default=0.0,
        description="Share of answers that are another option. Which ones depends on the conversation, on the request's `seed`"
        " and on what shares the request: the same request again is answered the same.",
    )
    noise_per_member: Share = Field(
        default=0.0, description="Added for every further conversation of a packed request: packing costs quality."
    )
    noise_per_classifier: Share = Field(
        default=0.0, description="Added for every further classifier of a combined request: they interfere."
    )
    model_bias: Share = Field(default=0.1, description="How far a model's own taste shifts the weight of each option.")
    threshold: Share = Field(
        default=0.12, description="Share of a definition's weight that must be met for a rubric item, a yes or a tag."
    )


class GraderConfig(_Config):
    """How well a model sees which of the labels it is shown are wrong: those that differ from its own without noise."""

    recall: Share = Field(default=0.8, description="Share of wrong labels it names.")
    false_alarms: Share = Field(default=0.02, description="Share of right labels it names too.")


class BatchConfig(_Config):
    """The batch lane. Times are those of a real provider, made shorter by `time_factor`."""

    time_factor: Positive = Field(default=3600.0, description="3600: an hour passes in a second.")
    validating_s: Seconds = 300.0
    run_s: Seconds = 7_200.0
    finalizing_s: Seconds = 300.0
    window_s: Positive = 86_400.0
    expires: bool = Field(default=True, description="False: as on Azure, a late job runs on.")
    stalls_at: Share | None = Field(
        default=None, description="Jobs stand still once this share of their lines is answered, until it is taken back."
    )
    max_requests: Annotated[int, Field(ge=1)] = 50_000
    max_file_mb: Positive = 200.0
    enqueued_tokens: Annotated[int, Field(ge=1)] | None = None
    refuses_at: Literal["create", "validation"] = Field(
        default="validation", description="Where token_limit_exceeded shows: refused at once, or a job that fails."
    )
    faults: dict[Fault, Share] = Field(default_factory=dict, description="Rates for single lines.")
    call_faults: dict[Fault, Share] = Field(
        default_factory=dict, description="Rates for calls about files and batches, which then change nothing."
    )
    lost_lines: Share = Field(default=0.0, description="Share of lines that are in no result file at all.")
    lost_create_replies: Share = Field(
        default=0.0, description="Share of creations that happen while the connection is reset: orphans."
    )
    cut_downloads: Share = Field(default=0.0, description="Share of file downloads cut in the middle.")
    shuffle: bool = Field(default=True, description="Results come in another order than the lines.")
    output_bom: bool = Field(default=False, description="Result files start with a UTF-8 byte order mark.")
    reject_bom: bool = Field(default=True, description="Input that starts with a byte order mark fails validation.")
    empty_error_file: bool = Field(default=False, description="As on Azure: a zero-byte error file without errors.")
    null_counts: bool = Field(default=False, description="As on Azure: request_counts are null until the end.")

    @field_validator("faults", "call_faults", mode="before")
    @classmethod
    def _names(cls, given: Any) -> Any:
        return _spelled(given)

    @model_validator(mode="after")
    def _faults_that_can_happen(self) -> "BatchConfig":
        for rates, known, what in (
            (self.faults, BATCH_LINE_FAULTS, "a line of a batch"),
            (self.call_faults, CALL_FAULTS, "a call about files and batches"),
        ):
            wrong = sorted(set(rates) - known)
            if wrong:
                raise ValueError(f"{wrong[0]} cannot happen to {what}; known: {', '.join(sorted(known))}")
            _check_rates(rates)
        return self


class FlexConfig(_Config):
    """The flex tier: requests that say `service_tier: flex`."""

    offered: bool = Field(default=True, description="False: such requests are refused with 400.")
    slowdown: Positive = Field(default=4.0, description="Service time as a multiple of the standard tier's.")
    unavailable: Share = Field(default=0.0, description="Share refused with 429 resource_unavailable, which is not billed.")


class ModelConfig(_Config):
    """What is different for one model or deployment; what is not given is as for the others."""

    latency: LatencyConfig | None = None
    quota: QuotaConfig | None = None
    capacity: CapacityConfig | None = None
    noise: Share | None = None
    batch_only: bool = Field(default=False, description="As an Azure batch deployment: refuses realtime calls.")


class SimulatorConfig(_Config):
    """The whole file."""

    seed: int = 0
    models: dict[str, ModelConfig] = Field(
        default_factory=lambda: {"simulated-small": ModelConfig(), "simulated-large": ModelConfig()}
    )
    any_model: bool = Field(default=True, description="False: a model that is not listed is 404 model_not_found.")
    api_keys: tuple[str, ...] = Field(default=(), repr=False, description="Accepted keys; empty: any, or none.")
    response_formats: frozenset[Literal["json_schema", "json_object"]] = Field(
        default=frozenset({"json_schema", "json_object"}), description="Others are refused with 400."
    )
    context_tokens: Annotated[int, Field(ge=1)] = 128_000
    embedding_dimensions: Annotated[int, Field(ge=1, le=8192)] = 256
    latency: LatencyConfig = LatencyConfig()
    quota: QuotaConfig = QuotaConfig()
    capacity: CapacityConfig = CapacityConfig()
    labels: LabelsConfig = LabelsConfig()
    grader: GraderConfig = GraderConfig()
    faults: dict[Fault, Share] = Field(default_factory=dict)
    hang_s: Positive = Field(default=3_600.0, description="A hanging request is dropped after this long.")
    outages: tuple[OutageConfig, ...] = ()
    batch: BatchConfig = BatchConfig()
    flex: FlexConfig = FlexConfig()

    @field_validator("faults", mode="before")
    @classmethod
    def _names(cls, given: Any) -> Any:
        return _spelled(given)

    @model_validator(mode="after")
    def _rates_fit(self) -> "SimulatorConfig":
        _check_rates(self.faults)
        return self

    def changed(self, patch: dict[str, Any]) -> "SimulatorConfig":
        """A copy with `patch` laid over it.

        Sections are merged; rates of faults, `models` and lists are replaced whole, so that what is not named is gone.

        Raises:
            pydantic.ValidationError: the result is not a valid configuration.
        """
        return SimulatorConfig.model_validate(self.merged(patch))

    def merged(self, patch: dict[str, Any]) -> dict[str, Any]:
        """The same, as plain data that has yet to be checked."""
        return _merge(self.model_dump(), patch)


def _merge(base: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in patch.items():
        whole = name in {"faults", "call_faults", "models"} or not isinstance(value, dict)
        merged[name] = value if whole or not isinstance(base.get(name), dict) else _merge(base[name], value)
    return merged
