"""Where a text can be divided without changing its tokens.

A boundary is a position after a letter or digit and before a space, a line end or punctuation (except the apostrophe, which may
belong to a contraction). No match of the o200k and cl100k patterns extends across such a position, and neither pattern looks
behind. So encode(a) + encode(b) == encode(a + b), and a text can be encoded slice by slice, from either end, as far as needed.

Only letters that were in Unicode long before these tokenizers are listed, since Python's tables and the tokenizer's may differ
on newer letters. Without boundaries, taking a prefix is only slower; a slice is cut at LONGEST_SLICE in any case.
"""

import re
from collections.abc import Iterator
from typing import Final

USUAL_SLICE: Final = 32_768
"""Characters that are passed to the tokenizer at once, as a rule."""
LONGEST_SLICE: Final = 131_072
"""Maximum characters that are passed to the tokenizer at once: its regex engine panics on about a million spaces."""

_BEFORE = "0-9A-Za-zÀ-ÖØ-öø-ʯΑ-Ρα-ωЀ-ҁא-תء-غف-يअ-हก-ะぁ-ゖァ-ヺ一-龥가-힣"
_AFTER = r" \t\r\n!-&(-/:-@\[-`{-~。，、！？；：（）「」《》…—–“”"
_BOUNDARY: Final = re.compile(rf"[{_BEFORE}](?=[{_AFTER}])")


def slice_end(text: str, start: int, step: int) -> int:
    """The first boundary at least `step` characters after `start`, or the end of the text; at most LONGEST_SLICE after."""
    limit = min(start + LONGEST_SLICE, len(text))
    if start + step >= len(text):
        return limit
    match = _BOUNDARY.search(text, start + step - 1, limit)
    return match.end() if match else limit


def slice_start(text: str, end: int, step: int) -> int:
    """A boundary at least `step` characters before `end`, or the start of the text; at most LONGEST_SLICE before."""
    while step < LONGEST_SLICE:
        if step >= end:
            return 0
        match = _BOUNDARY.search(text, end - step, end)
        if match and match.end() < end:
            return match.end()
        step *= 2
    return max(0, end - LONGEST_SLICE)


def slices(text: str) -> Iterator[str]:
    """The text in slices of about USUAL_SLICE characters, in order."""
    start = 0
    while start < len(text):
        end = slice_end(text, start, USUAL_SLICE)
        yield text[start:end]
        start = end
