"""What scrubbing is, whichever engine does it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol


class PiiType(StrEnum):
    """Kinds of personal data and secrets. Where two claim the same characters, the one named first here wins."""

    SECRET = "secret"  # noqa: S105 — keys, tokens, passwords, private keys
    CREDENTIALS = "credentials"  # user and password inside a URL
    EMAIL = "email"
    IBAN = "iban"
    CREDIT_CARD = "credit_card"
    NATIONAL_ID = "national_id"
    BANK_ACCOUNT = "bank_account"
    IP_ADDRESS = "ip_address"
    PHONE = "phone"
    ADDRESS = "address"
    NAME = "name"

    @property
    def placeholder(self) -> str:
        return f"[{self.name}]"


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """Text without what was found in it, and how often each type was; types not found are not in `counts`."""

    text: str
    counts: dict[PiiType, int] = field(default_factory=dict)


class Scrubber(Protocol):
    """An engine that finds personal data. Scrubbing what was scrubbed changes nothing."""

    def scrub(self, text: str) -> Scrubbed: ...

    def scrub_all(self, texts: Sequence[str]) -> dict[int, Scrubbed]:
        """Those of many texts in which something was found, by their place; each as `scrub` has it."""
        ...


def scrub_each(scrubber: Scrubber, texts: Sequence[str], places: Iterable[int]) -> dict[int, Scrubbed]:
    """`scrub_all` by way of `scrub`, for the texts at `places`."""
    scrubbed = ((at, scrubber.scrub(texts[at])) for at in places)
    return {at: result for at, result in scrubbed if result.counts}


class Span(NamedTuple):
    """Characters from `start` up to but not including `end`."""

    start: int
    end: int
    type: PiiType


_RANK = {pii: rank for rank, pii in enumerate(PiiType)}


def merge(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that overlap made one, of the type that `PiiType` names first."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = Span(last.start, max(last.end, span.end), min(last.type, span.type, key=_RANK.__getitem__))
        else:
            merged.append(span)
    return merged


def replace(text: str, spans: list[Span]) -> Scrubbed:
    """Put placeholders where merged spans are."""
    pieces: list[str] = []
    at = 0
    for span in spans:
        pieces += (text[at : span.start], span.type.placeholder)
        at = span.end
    pieces.append(text[at:])
    return Scrubbed("".join(pieces), dict(Counter(span.type for span in spans)))
