"""Settings of the batch API."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from semtel_ops.settings.config_model import ConfigModel, Megabytes, Share, Tokens
from semtel_ops.simulator.fault_kinds import BATCH_LINE_FAULTS, CALL_FAULTS, Fault, check_rates, with_text_names
from semtel_ops.simulator.service_config import Positive, PositiveSeconds, SomeSeconds


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
        return with_text_names(given)

    @model_validator(mode="after")
    def _faults_that_can_happen(self) -> "BatchConfig":
        for rates, known, what in (
            (self.faults, BATCH_LINE_FAULTS, "a line of a batch"),
            (self.call_faults, CALL_FAULTS, "a call to the files and batches APIs"),
        ):
            wrong = sorted(set(rates) - known)
            if wrong:
                raise ValueError(f"{wrong[0]} is not a fault of {what}; known: {', '.join(sorted(known))}")
            check_rates(rates)
        return self
