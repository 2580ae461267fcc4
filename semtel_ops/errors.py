"""Every failure a caller can act on.

SemtelError
├── ConfigError           a setting, an option or a file of ours is wrong: one line, exit 2
│   └── PromptFileError   a .prompty file is wrong: file, line and reason
├── SourceError           a source cannot be read at all (a bad record is a row in the quarantine, not this)
│   └── EmptySourceError  a source was read, and holds nothing of what was asked for: reading it again finds the same
├── StoreError            the lake, the journal or the ledger cannot be read or written
├── EndpointError         a request got no usable answer; `kind` says what to do about it
├── BudgetExceededError   the next request would spend more than was allowed
├── AlertError            a channel could not be told of an alert: the run goes on, the next sender tries again
├── ReconciliationError   sampled ≠ landed: a defect of ours, never of the data
└── QualityGateError      the gate stopped the run: exit 3
"""

from enum import StrEnum


class SemtelError(Exception):
    """Base of every error a caller can act on; its message says what happened, to which thing, and what to do."""


class ConfigError(SemtelError):
    """A setting is wrong. The message is one line that names the field, the value and what would be right."""

    def __init__(self, field: str, value: object, fix: str) -> None:
        shown = repr(value)
        if len(shown) > 120:
            shown = shown[:117] + "…"
        super().__init__(f"{field}: {shown} {fix}")
        self.field = field
        self.value = value
        self.fix = fix


class PromptFileError(ConfigError):
    """A prompt file is wrong: which file, which line (counted from 1), and why."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        SemtelError.__init__(self, f"{path}:{line}: {reason}")
        self.field = path
        self.value = line
        self.fix = reason
        self.path = path
        self.line = line
        self.reason = reason


class SourceError(SemtelError):
    """A source cannot be opened or listed at all."""


class EmptySourceError(SourceError):
    """A source was listed or read, and holds nothing of what was asked for."""


class StoreError(SemtelError):
    """The lake, the journal or the ledger cannot be read or written."""


class EndpointErrorKind(StrEnum):
    """Why a request got no usable answer, in the words a retry policy decides on."""

    RATE_LIMITED = "rate_limited"  # 429: our own quota
    OVERLOADED = "overloaded"  # 429 or 503 that speaks of the provider's capacity
    SERVER_ERROR = "server_error"  # other 5xx
    TIMEOUT = "timeout"
    CONNECTION = "connection"  # refused, reset, cut in the middle
    MALFORMED = "malformed"  # 200 whose body is not a chat completion
    CONTENT_FILTER = "content_filter"
    CONTEXT_LENGTH = "context_length"
    BAD_REQUEST = "bad_request"  # other 4xx: asking again gives the same
    AUTH = "auth"  # 401, 403: the key or the deployment is wrong, for every request


RETRYABLE_KINDS: frozenset[EndpointErrorKind] = frozenset(
    {
        EndpointErrorKind.RATE_LIMITED,
        EndpointErrorKind.OVERLOADED,
        EndpointErrorKind.SERVER_ERROR,
        EndpointErrorKind.TIMEOUT,
        EndpointErrorKind.CONNECTION,
        EndpointErrorKind.MALFORMED,
    }
)
"""Errors that are worth retrying unchanged."""


FINAL_KINDS: frozenset[EndpointErrorKind] = frozenset({EndpointErrorKind.CONTENT_FILTER, EndpointErrorKind.CONTEXT_LENGTH})
"""Errors that recur on every attempt, in later runs too, and are therefore stored like replies."""


class EndpointError(SemtelError):
    """A request got no usable answer from an endpoint.

    Attributes:
        kind: what happened, in the words of `EndpointErrorKind`.
        status: HTTP status, or None where no reply arrived.
        code: the provider's own error code, if it gave one.
        retry_after_s: seconds the endpoint asks us to wait, as it said them (not yet capped), or None.
        headers: rate-limit headers of the refusal, lower-case names; empty when there were none.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: EndpointErrorKind,
        status: int | None = None,
        code: str | None = None,
        retry_after_s: float | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s
        self.headers = headers or {}

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self.kind in RETRYABLE_KINDS

    @property
    def final(self) -> bool:
        """Whether the same request fails like this in any run."""
        return self.kind in FINAL_KINDS


class BudgetExceededError(SemtelError):
    """The next request would spend more than was allowed; raise the budget and run the same command to go on."""


class AlertError(SemtelError):
    """A channel could not be told of an alert; it is kept in the ledger and tried again."""


class ReconciliationError(SemtelError):
    """Rows in and rows out do not add up: a defect of ours, never of the data. Nothing was published."""


class QualityGateError(SemtelError):
    """The quality gate stopped the run; its message names the checks that did."""
