"""What a simulated endpoint does: `simulator.yaml`. Every field has a default, so an empty file is valid."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from semtel_ops.settings.config_model import (
    ConfigModel,
    Megabytes,
    Milliseconds,
    RequestsPerMinute,
    Seconds,
    Share,
    Tokens,
    TokensPerMinute,
    unit,
)

Positive = Annotated[float, Field(gt=0)]
SomeSeconds = Annotated[Seconds, Field(ge=0)]
PositiveSeconds = Annotated[Seconds, Field(gt=0)]


class Fault(StrEnum):
    """What can go wrong with one request. The first group prevents a complete reply; the second makes it defective."""

    TOO_MANY = "429"
    """Rejected, with a `Retry-After` of a second or two."""
    TOO_MANY_BARE = "429_bare"
    """Rejected without any rate-limit header."""
    TOO_MANY_ABSURD = "429_absurd"
    """Rejected with `Retry-After: 86400`, which Azure has been seen to send for an ordinary overrun."""
    SERVER_ERROR = "500"
    """Internal server error."""
    UNAVAILABLE = "503"
    """Service unavailable."""
    RESET = "reset"
    """The connection is reset before the first byte of the reply."""
    CUT = "cut"
    """The connection ends in the middle of the body."""
    NOT_JSON = "not_json"
    """Status 200 with an HTML page."""
    HANG = "hang"
    """No reply until the client gives up."""
    CONTENT_FILTER_400 = "content_filter_400"
    """A filter rejects the prompt with status 400."""

    WRONG_LABEL = "wrong_label"
    """Another label than the best match."""
    NEAR_MISS = "near_miss"
    """A value close to a label: "created" for "create", "7" for 7."""
    FENCED = "fenced"
    """JSON in a Markdown code fence."""
    PROSE = "prose"
    """JSON between sentences."""
    EMPTY = "empty"
    """No text."""
    LENGTH = "length"
    """Text cut in the middle, with finish_reason `length`."""
    CONTENT_FILTER = "content_filter"
    """No text, with finish_reason `content_filter`."""
    REFUSAL = "refusal"
    """No content, but a refusal."""
    MISSING_MEMBER = "missing_member"
    """A shared reply without its last member."""


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
"""Faults of complete replies with status 200; the batch lane has them too."""

BATCH_LINE_FAULTS = REPLY_DEFECTS | {
    Fault.TOO_MANY,
    Fault.SERVER_ERROR,
    Fault.UNAVAILABLE,
    Fault.CONTENT_FILTER_400,
}
"""Faults of a batch line: a defective reply, or an entry in the error file."""

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
"""Faults of calls to the files and batches APIs."""


def _check_rates(faults: dict[Fault, float]) -> None:
    total = sum(faults.values())
    if total > 1 + 1e-9:
        raise ValueError(f"the rates add up to {total:g}; a request has at most one fault, so at most 1")


def _with_text_names(faults: Any) -> Any:
    """The names of faults as text: YAML reads 429 without quotes as a number."""
    return {str(name): rate for name, rate in faults.items()} if isinstance(faults, dict) else faults


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


class LabelsConfig(ConfigModel):
    """How labels are made up: by the words that the conversation and the definitions in the prompt have in common."""

    mode: Literal["lexical", "constant"] = "lexical"
    """`lexical`: the option with the most words in common. `constant`: always the first option, to measure clients."""
    noise: Share = 0.0
    """Share of the answers that are another option. Which ones depends on the conversation, on the `seed` of the request and
    on what shares the request: the same request always gets the same answer."""
    noise_per_member: Share = 0.0
    """Added to the noise for every further conversation of a packed request, so that packing costs quality."""
    noise_per_classifier: Share = 0.0
    """Added to the noise for every further classifier of a combined request, so that combining costs quality."""
    model_bias: Share = 0.1
    """How much the weights of the options differ between models."""
    threshold: Share = 0.12
    """Share of a definition's weight that must be met for an item of a rubric, for a yes, or for one label of several."""


class GraderConfig(ConfigModel):
    """How well a model recognises which of the labels it is shown are wrong.

    A label is wrong if it differs from the model's own answer without noise.
    """

    recall: Share = 0.8
    """Share of the wrong labels that it names."""
    false_alarms: Share = 0.02
    """Share of the right labels that it names, too."""


class BatchConfig(ConfigModel):
    """The batch API. Durations are those of a real provider, shortened by `time_factor`."""

    time_factor: Positive = 3600.0
    """How much faster time passes: with 3600, an hour takes a second."""
    validating_s: SomeSeconds = 300.0
    """Time that a job spends in validation."""
    run_s: SomeSeconds = 7_200.0
    """Time that a job runs."""
    finalizing_s: SomeSeconds = 300.0
    """Time that a job spends in finalisation."""
    window_s: PositiveSeconds = 86_400.0
    """Completion window of a job."""
    expires: bool = True
    """End jobs at the end of their window. `false`: late jobs run on, as on Azure."""
    stalls_at: Share | None = None
    """Share of its lines after which a job stops making progress, until this setting is changed."""
    max_requests: Annotated[int, Field(ge=1)] = 50_000
    """Largest number of requests in a job."""
    max_file_mb: Annotated[Megabytes, Field(gt=0)] = 200.0
    """Largest size of an input file."""
    enqueued_tokens: Annotated[Tokens, Field(ge=1)] | None = None
    """Prompt tokens that may be in jobs at the same time. Without a value, there is no limit."""
    refuses_at: Literal["create", "validation"] = "validation"
    """How a job that exceeds `enqueued_tokens` fails. `create`: its creation is rejected. `validation`: it is created, and
    fails."""
    faults: dict[Fault, Share] = Field(default_factory=dict, examples=[{"500": 0.002, "near_miss": 0.01}])
    """Shares of the lines that suffer each fault."""
    call_faults: dict[Fault, Share] = Field(default_factory=dict, examples=[{"503": 0.01}])
    """Shares of the calls about files and batches that fail, and change nothing."""
    lost_lines: Share = 0.0
    """Share of the lines that are missing in all result files."""
    lost_create_replies: Share = 0.0
    """Share of the jobs that are created although the connection is reset, so that their creator does not know them."""
    cut_downloads: Share = 0.0
    """Share of the downloads that end in the middle."""
    shuffle: bool = True
    """Write results in another order than the lines of the input."""
    output_bom: bool = False
    """Start result files with a UTF-8 byte order mark."""
    reject_bom: bool = True
    """Reject input files that start with a byte order mark."""
    empty_error_file: bool = False
    """Write an empty error file where there are no errors, as Azure does."""
    null_counts: bool = False
    """Leave `request_counts` empty until a job has ended, as Azure does."""

    @field_validator("faults", "call_faults", mode="before")
    @classmethod
    def _names(cls, given: Any) -> Any:
        return _with_text_names(given)

    @model_validator(mode="after")
    def _faults_that_can_happen(self) -> "BatchConfig":
        for rates, known, what in (
            (self.faults, BATCH_LINE_FAULTS, "a line of a batch"),
            (self.call_faults, CALL_FAULTS, "a call to the files and batches APIs"),
        ):
            wrong = sorted(set(rates) - known)
            if wrong:
                raise ValueError(f"{wrong[0]} is not a fault of {what}; known: {', '.join(sorted(known))}")
            _check_rates(rates)
        return self


class FlexConfig(ConfigModel):
    """The flex tier: requests with `service_tier: flex`."""

    offered: bool = True
    """`false`: such requests are rejected with status 400."""
    slowdown: Positive = 4.0
    """Service time as a multiple of the standard tier's."""
    unavailable: Share = 0.0
    """Share of the requests that are rejected with 429 resource_unavailable, which is not billed."""


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
    batch_only: bool = False
    """Reject realtime calls, as a batch deployment on Azure does."""


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
    any_model: bool = True
    """Answer requests for other models, too. `false`: they get 404 model_not_found."""
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
        return _with_text_names(given)

    @model_validator(mode="after")
    def _rates_fit(self) -> "SimulatorConfig":
        _check_rates(self.faults)
        return self

    def changed(self, patch: dict[str, Any]) -> "SimulatorConfig":
        """A copy with `patch` merged into it.

        Sections are merged; rates of faults, `models` and lists are replaced as a whole.

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
        whole = name in {"faults", "call_faults", "models"} or not isinstance(value, dict)
        merged[name] = value if whole or not isinstance(base.get(name), dict) else _merge(base[name], value)
    return merged
