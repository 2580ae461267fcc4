"""The rules engine: patterns, check digits and cues, without a model. Its time is linear in the text."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate

from semtel_ops.conversations.scrub.addresses import addresses
from semtel_ops.conversations.scrub.addresses_elsewhere import addresses_elsewhere
from semtel_ops.conversations.scrub.assigned_secrets import assigned_keys, assigned_passwords
from semtel_ops.conversations.scrub.char_mask import char_mask
from semtel_ops.conversations.scrub.coordinates import coordinates
from semtel_ops.conversations.scrub.crypto_addresses import crypto_addresses
from semtel_ops.conversations.scrub.cued import cued
from semtel_ops.conversations.scrub.folding import folded
from semtel_ops.conversations.scrub.model import PiiType, Scrubbed, Span, merge, replace
from semtel_ops.conversations.scrub.names import names
from semtel_ops.conversations.scrub.network import emails, ip_addresses, mac_addresses, payment_addresses, url_credentials
from semtel_ops.conversations.scrub.numbers import (
    LETTERED_NUMBER,
    LONG_NUMBER,
    lettered_numbers,
    long_numbers,
    national_ids,
    vehicles,
)
from semtel_ops.conversations.scrub.prefilter import EVERY_FAMILY, LINE_FAMILIES, Family, suspects
from semtel_ops.conversations.scrub.secret_keys import secrets
from semtel_ops.conversations.scrub.spelled_emails import spelled_emails

# The rules that work line by line can only match in lines that contain one of these.
_CANDIDATE = re.compile(r"[0-9@]|::|:[0-9A-Fa-f]{2}:")
_DIGIT = re.compile(r"[0-9]")
# Where a placeholder replaces digits, a cue before it may match a number after it in the next pass.
_MAX_PASSES = 8
_LARGE_CHARS = 200_000


class RuleScrubber:
    """Built-in patterns and checksums.

    Args:
        types: the types to replace; empty means all.
    """

    def __init__(self, types: Collection[PiiType] = ()) -> None:
        self._types = frozenset(types or PiiType)

    def scrub(self, text: str) -> Scrubbed:
        """Replace all matches, in passes until a pass has none."""
        return self._scrub(text, EVERY_FAMILY)

    def scrub_all(self, texts: Sequence[str]) -> dict[int, Scrubbed]:
        found = suspects([folded(text) for text in texts])
        scrubbed = ((index, self._scrub(texts[index], families)) for index, families in found.items())
        return {index: result for index, result in scrubbed if result.counts}

    def _scrub(self, text: str, families: Family) -> Scrubbed:
        """As `scrub`, where only rules of these families can match the text as it is."""
        counts: Counter[PiiType] = Counter()
        for _ in range(_MAX_PASSES):
            spans = merge(span for span in _spans(text, families) if span.type in self._types)
            if not spans:
                break
            scrubbed = replace(text, spans)
            text = scrubbed.text
            counts.update(scrubbed.counts)
            families = EVERY_FAMILY  # beside a placeholder, a rule may match that did not match before
        return Scrubbed(text, dict(counts))


def _spans(text: str, families: Family) -> Iterator[Span]:
    text = folded(text)
    lowered = text.lower()
    # A few letters (İ) become two characters in lower case; positions then differ, so cues are searched in the original text.
    if len(lowered) != len(text):
        lowered = text
    if Family.KEYS in families:
        yield from secrets(text, lowered)
        yield from crypto_addresses(text)
    if Family.ASSIGNED_KEYS in families:
        yield from assigned_keys(text, lowered)
    if Family.PASSWORDS in families:
        yield from assigned_passwords(text, lowered)
    if Family.NAMES in families:
        yield from names(text, lowered)
    if Family.CUED in families:
        yield from cued(text, lowered)
        yield from spelled_emails(text, lowered)
    if Family.NUMBERS in families and "@" in text:
        credentials = list(url_credentials(text)) if "://" in text else []
        yield from credentials
        # The host of a URL, after the @, is not replaced.
        yield from emails(text, {span.end for span in credentials})
        yield from payment_addresses(text)
    if families & LINE_FAMILIES:
        yield from _by_line(text, lowered, families & LINE_FAMILIES)


def _by_line(text: str, lowered: str, families: Family) -> Iterator[Span]:
    """Spans of the rules that never match across the end of a line."""
    for start, end, here in (
        _suspect_line_ranges(text, families) if len(text) > _LARGE_CHARS else _candidate_line_ranges(text, families)
    ):
        for span in _line_spans(text[start:end], lowered[start:end], here):
            yield Span(span.start + start, span.end + start, span.type)


def _candidate_line_ranges(text: str, families: Family) -> Iterator[tuple[int, int, Family]]:
    """Start and end of each line that a rule can match in, and the families to look for."""
    at = 0
    while candidate := _CANDIDATE.search(text, at):
        start = text.rfind("\n", at, candidate.start()) + 1 or at
        end = text.find("\n", candidate.end())
        end = len(text) if end < 0 else end
        yield start, end, families
        at = end + 1


def _suspect_line_ranges(text: str, families: Family) -> Iterator[tuple[int, int, Family]]:
    """Start and end of each line that passes the prefilter: a large text may be a million lines with a number each."""
    at = 0
    while at < len(text):
        stop = text.find("\n", at + _LARGE_CHARS)
        stop = len(text) if stop < 0 else stop
        lines = text[at:stop].split("\n")
        starts = list(accumulate((len(line) + 1 for line in lines), initial=at))
        for line, here in suspects(lines, families).items():
            yield starts[line], starts[line + 1] - 1, here
        at = stop + 1


def _line_spans(line: str, lowered: str, families: Family) -> Iterator[Span]:
    if Family.NUMBERS in families:
        yield from _network_spans(line)
    if not _DIGIT.search(line):
        return
    mask = char_mask(line)
    if Family.NUMBERS in families:
        long = LONG_NUMBER.search(line) is not None
        if long:
            yield from long_numbers(line, lowered, mask)
        if long or (LETTERED_NUMBER.may_match(line, mask) and LETTERED_NUMBER.pattern.search(line)):
            yield from lettered_numbers(line, mask)
            yield from national_ids(line, lowered, mask)
        yield from vehicles(line, mask)
        if line.count(".") >= 2 or "°" in line:
            yield from coordinates(line, lowered)
    if Family.ADDRESSES in families:
        yield from addresses(line, lowered, mask)
        yield from addresses_elsewhere(line, lowered)


def _network_spans(line: str) -> Iterator[Span]:
    dots, colons = line.count("."), line.count(":")
    if dots >= 3 or "::" in line or colons >= 7:
        yield from ip_addresses(line)
    if dots >= 2 or colons >= 5 or line.count("-") >= 5:
        yield from mac_addresses(line)
