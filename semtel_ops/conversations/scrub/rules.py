"""The rules engine: patterns, check digits and cues, no model. Linear in the text; ordinary prose costs a few searches."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate

from semtel_ops.conversations.scrub.addresses import addresses
from semtel_ops.conversations.scrub.char_mask import outline_of
from semtel_ops.conversations.scrub.model import PiiType, Scrubbed, Span, merge, replace, scrub_each
from semtel_ops.conversations.scrub.names import names
from semtel_ops.conversations.scrub.network import emails, ip_addresses, url_credentials
from semtel_ops.conversations.scrub.numbers import (
    LETTERED_NUMBER,
    LONG_NUMBER,
    lettered_numbers,
    long_numbers,
    national_ids,
)
from semtel_ops.conversations.scrub.prefilter import suspect_lines, suspects
from semtel_ops.conversations.scrub.secret_keys import secrets

# What a line must hold before its characters are looked at closely.
_TELLING = re.compile(r"[0-9@]|::")
_DIGIT = re.compile(r"[0-9]")
# A placeholder can bring a cue nearer to a number behind it; a few looks settle whatever people write.
_LOOKS = 8
_LARGE_CHARS = 200_000


class RuleScrubber:
    """Built-in patterns and checksums.

    Args:
        types: only these; empty means all.
    """

    def __init__(self, types: Collection[PiiType] = ()) -> None:
        self._types = frozenset(types or PiiType)

    def scrub(self, text: str) -> Scrubbed:
        """Replace what is found, and look again until nothing is."""
        counts: Counter[PiiType] = Counter()
        for _ in range(_LOOKS):
            spans = merge(span for span in _spans(text) if span.type in self._types)
            if not spans:
                break
            text, found = (scrubbed := replace(text, spans)).text, scrubbed.counts
            counts.update(found)
        return Scrubbed(text, dict(counts))

    def scrub_all(self, texts: Sequence[str]) -> dict[int, Scrubbed]:
        return scrub_each(self, texts, suspects(texts))


def _spans(text: str) -> Iterator[Span]:
    lowered = text.lower()
    # A few letters (İ) grow when lowered; cues are then looked for in the text as it stands.
    if len(lowered) != len(text):
        lowered = text
    yield from secrets(text, lowered)
    yield from names(text, lowered)
    if "@" in text:
        credentials = list(url_credentials(text)) if "://" in text else []
        yield from credentials
        # What follows the @ of a URL is its host, and stays.
        yield from emails(text, {span.end for span in credentials})
    yield from _by_line(text, lowered)


def _by_line(text: str, lowered: str) -> Iterator[Span]:
    """What never crosses a line's end."""
    for start, end in _screened_lines(text) if len(text) > _LARGE_CHARS else _telling_lines(text):
        for span in _line_spans(text[start:end], lowered[start:end]):
            yield Span(span.start + start, span.end + start, span.type)


def _telling_lines(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each line with a digit or an @."""
    at = 0
    while telling := _TELLING.search(text, at):
        start = text.rfind("\n", at, telling.start()) + 1 or at
        end = text.find("\n", telling.end())
        end = len(text) if end < 0 else end
        yield start, end
        at = end + 1


def _screened_lines(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each suspect line of a large text, which may have a million that hold nothing but a number."""
    at = 0
    while at < len(text):
        stop = text.find("\n", at + _LARGE_CHARS)
        stop = len(text) if stop < 0 else stop
        lines = text[at:stop].split("\n")
        starts = list(accumulate((len(line) + 1 for line in lines), initial=at))
        for line in suspect_lines(lines):
            yield starts[line], starts[line + 1] - 1
        at = stop + 1


def _line_spans(line: str, lowered: str) -> Iterator[Span]:
    if line.count(".") >= 3 or "::" in line or line.count(":") >= 7:
        yield from ip_addresses(line)
    if not _DIGIT.search(line):
        return
    outline = outline_of(line)
    long = LONG_NUMBER.search(line) is not None
    if long:
        yield from long_numbers(line, lowered, outline)
    if long or LETTERED_NUMBER.search(line):
        yield from lettered_numbers(line, outline)
        yield from national_ids(line, lowered, outline)
    yield from addresses(line, lowered, outline)
