"""The protocol of scrubbing engines, and the types, spans and replacement that they share."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol


class PiiType(StrEnum):
    """Types of personal data and secrets, in order of precedence: where two types overlap, the earlier type is used."""

    SECRET = "secret"  # noqa: S105 — keys, tokens, passwords, private keys
    CREDENTIALS = "credentials"  # user and password inside a URL
    EMAIL = "email"
    IBAN = "iban"
    CREDIT_CARD = "credit_card"
    VEHICLE = "vehicle"  # VINs and number plates
    PASSPORT = "passport"  # passports and driving licences
    NATIONAL_ID = "national_id"
    BANK_ACCOUNT = "bank_account"
    CRYPTO_ADDRESS = "crypto_address"
    DATE_OF_BIRTH = "date_of_birth"
    MAC_ADDRESS = "mac_address"
    IP_ADDRESS = "ip_address"
    COORDINATES = "coordinates"
    PHONE = "phone"
    ADDRESS = "address"
    HANDLE = "handle"  # a person's name in a social network or messenger
    NAME = "name"

    @property
    def placeholder(self) -> str:
        return f"[{self.name}]"


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """Text with placeholders, and the number of replacements of each type; types without a replacement are not in `counts`."""

    text: str
    counts: dict[PiiType, int] = field(default_factory=dict)


class Scrubber(Protocol):
    """An engine that replaces personal data by placeholders. Scrubbing a scrubbed text changes nothing."""

    def scrub(self, text: str) -> Scrubbed: ...

    def scrub_all(self, texts: Sequence[str]) -> dict[int, Scrubbed]:
        """The texts that change, by their index, each with the result that `scrub` returns for it."""
        ...


def scrub_each(scrubber: Scrubber, texts: Sequence[str], indices: Iterable[int]) -> dict[int, Scrubbed]:
    """`Scrubber.scrub_all` by calls of `scrub` for the texts at `indices` only."""
    scrubbed = ((index, scrubber.scrub(texts[index])) for index in indices)
    return {index: result for index, result in scrubbed if result.counts}


class Span(NamedTuple):
    """Characters from `start` up to but not including `end`."""

    start: int
    end: int
    type: PiiType


_RANK = {pii: rank for rank, pii in enumerate(PiiType)}


def merge(spans: Iterable[Span]) -> list[Span]:
    """Spans sorted by start; overlapping spans become one span, of the type that comes first in `PiiType`."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = Span(last.start, max(last.end, span.end), min(last.type, span.type, key=_RANK.__getitem__))
        else:
            merged.append(span)
    return merged


def replace(text: str, spans: list[Span]) -> Scrubbed:
    """Replace each span by its placeholder. Spans must be sorted and must not overlap."""
    pieces: list[str] = []
    at = 0
    for span in spans:
        pieces += (text[at : span.start], span.type.placeholder)
        at = span.end
    pieces.append(text[at:])
    return Scrubbed("".join(pieces), dict(Counter(span.type for span in spans)))
