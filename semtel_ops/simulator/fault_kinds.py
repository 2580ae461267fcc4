"""The faults that a simulated endpoint can have, and the requests that can have them."""

from enum import StrEnum
from typing import Any


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


def check_rates(faults: dict[Fault, float]) -> None:
    """Raise ValueError where the rates of faults add up to more than 1."""
    total = sum(faults.values())
    if total > 1 + 1e-9:
        raise ValueError(f"the rates add up to {total:g}; a request has at most one fault, so at most 1")


def with_text_names(faults: Any) -> Any:
    """The names of faults as text: YAML reads 429 without quotes as a number."""
    return {str(name): rate for name, rate in faults.items()} if isinstance(faults, dict) else faults
