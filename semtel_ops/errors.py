"""Every failure a caller can act on.

SemtelError
├── ConfigError           a setting, an option or a configuration file is wrong: one line, exit 2
│   └── PromptFileError   a .prompty file is wrong: file, line and reason
├── SourceError           a source cannot be read at all (a bad record is not an error but a row of the quarantine)
│   └── EmptySourceError  a source was read and contains nothing that was requested; a retry gives the same result
├── StoreError            the lake, the journal or the ledger cannot be read or written
│   ├── DamagedFileError  a file is not what was written there: bits have flipped, it was cut, or it is another file
│   └── UnwritableError   a file cannot be written: no space, a read-only disk, missing permissions
├── EndpointError         a request got no usable answer; `kind` says what to do about it
│   └── ResultsLostError  a batch job has ended, and its results cannot be read; a person decides what is done
├── BudgetExceededError   the next request would exceed the budget
├── AlertError            an alert could not be delivered: the run continues, the next task that sends alerts retries
├── ReconciliationError   sampled ≠ landed: a defect of this library, never of the data
└── QualityGateError      the gate stopped the run: exit 3
"""

from enum import StrEnum

from semtel_ops.concealed import concealed, without_secrets


class SemtelError(Exception):
    """Base of every error a caller can act on; its message says what happened, to which id, file or setting, and what to do."""


class ConfigError(SemtelError):
    """A setting is wrong. The message is one line that names the field, the value and what would be right.

    A value that is, or looks like, a key or a password is not in the message.
    """

    def __init__(self, field: str, value: object, fix: str) -> None:
        # The name of a variable is no secret; `settings.load` hides one that was refused, which may be the secret itself.
        value = concealed(value, "" if field.endswith("_env") else field.rpartition(".")[2])
        field, fix = without_secrets(field), without_secrets(fix)
        shown = repr(value)
        if len(shown) > 120:
            shown = shown[:117] + "…"
        super().__init__(f"{_line(field, 300)}: {shown} {_line(fix, 1_000)}")
        self.field = field
        self.value = value
        self.fix = fix


def _line(text: str, most: int) -> str:
    """Text that cannot begin a line of its own in a log: a field may be a path, or a key, that somebody else wrote."""
    line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[: most + 1])
    return line if len(text) <= most else f"{line[:most]}…"


class PromptFileError(ConfigError):
    """A prompt file is wrong. The message names the file, the line (counted from 1) and the reason."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        reason = without_secrets(reason)
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
    """A source was listed or read, and contains nothing that was requested."""


class StoreError(SemtelError):
    """The lake, the journal or the ledger cannot be read or written."""


class DamagedFileError(StoreError):
    """A file is not what was written there. The message says what is wrong and how to make the file again."""


class UnwritableError(StoreError):
    """A file cannot be written; what was there before is unchanged."""


class EndpointErrorKind(StrEnum):
    """Why a request got no usable answer. The retry policy decides by this kind."""

    RATE_LIMITED = "rate_limited"  # 429: our own quota
    OVERLOADED = "overloaded"  # 503, 498, 529, or a 429 or 5xx whose error names the provider's capacity
    SERVER_ERROR = "server_error"  # other 5xx, or a failure of a server behind the endpoint
    TIMEOUT = "timeout"
    CONNECTION = "connection"  # refused, reset, or closed before the reply was complete
    MALFORMED = "malformed"  # 200 whose body is not a chat completion
    WITHHELD = "withheld"  # 200 with a completion that has no choices, and no reason
    CONTENT_FILTER = "content_filter"
    CONTEXT_LENGTH = "context_length"
    UNSUPPORTED = "unsupported"  # the form of the request: a parameter or a reply format that the server does not accept
    BAD_REQUEST = "bad_request"  # other 4xx: a retry fails in the same way
    AUTH = "auth"  # our key or account: a wrong key, no permission, no credit
    DEPLOYMENT = "deployment"  # the deployment or the model: unknown, retired, moved


RETRYABLE_KINDS: frozenset[EndpointErrorKind] = frozenset(
    {
        EndpointErrorKind.RATE_LIMITED,
        EndpointErrorKind.OVERLOADED,
        EndpointErrorKind.SERVER_ERROR,
        EndpointErrorKind.TIMEOUT,
        EndpointErrorKind.CONNECTION,
        EndpointErrorKind.MALFORMED,
        EndpointErrorKind.WITHHELD,
    }
)
"""Errors that are worth retrying unchanged."""


RETRIED_ONCE_KINDS: frozenset[EndpointErrorKind] = frozenset({EndpointErrorKind.WITHHELD})
"""Retryable errors that are about the request if they recur: filters of some providers answer in this way."""


FINAL_KINDS: frozenset[EndpointErrorKind] = frozenset({EndpointErrorKind.CONTENT_FILTER, EndpointErrorKind.CONTEXT_LENGTH})
"""Errors that recur on every attempt, in later runs too, and are therefore stored like replies."""


UNUSABLE_KINDS: frozenset[EndpointErrorKind] = frozenset({EndpointErrorKind.AUTH, EndpointErrorKind.DEPLOYMENT})
"""Errors that every request to the endpoint gets, whatever it contains."""


class EndpointError(SemtelError):
    """A request got no usable answer from an endpoint.

    Attributes:
        kind: what happened.
        status: HTTP status, or None where no reply arrived.
        code: the provider's own error code, or None.
        retry_after_s: seconds that the endpoint asks callers to wait, not capped; None where it does not say.
        headers: rate-limit headers of the error response, names in lower case; empty when there were none.
        params: parameters of the request that an `unsupported` refusal names, such as `response_format`.
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
        params: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s
        self.headers = headers or {}
        self.params = params

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self.kind in RETRYABLE_KINDS

    @property
    def final(self) -> bool:
        """Whether the same request fails in the same way in any run."""
        return self.kind in FINAL_KINDS

    @property
    def unusable(self) -> bool:
        """Whether the endpoint refuses every request, whatever it contains."""
        return self.kind in UNUSABLE_KINDS


class ResultsLostError(EndpointError):
    """The results of a batch job that may have been billed cannot be read.

    Nothing is asked again unless a person gives the results up, with `semtel batch give-up`.
    """


class BudgetExceededError(SemtelError):
    """The next request would exceed the budget; raise the budget and run the same command to continue."""


class AlertError(SemtelError):
    """An alert could not be delivered to a channel; it stays in the ledger and is retried."""


class ReconciliationError(SemtelError):
    """Rows in and rows out do not add up: a defect of this library, never of the data. Nothing was published."""


class QualityGateError(SemtelError):
    """The quality gate stopped the run; the message names the failed checks."""
