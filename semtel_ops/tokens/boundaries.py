"""Where a text can be cut without changing its tokens.

The rule: after a letter or digit and before a space, a line end or punctuation (the apostrophe excepted, which may belong to a
contraction) no piece of the o200k and cl100k patterns continues, and neither pattern looks behind. So at such a place
encode(a) + encode(b) == encode(a + b), and a text can be encoded slice by slice, from either end, as far as needed.

Only letters that were in Unicode long before either tokeniser are named: Python's tables and the tokeniser's need not agree on
young ones. A text without any boundary is only slower to take a prefix of, up to LONGEST_SLICE, where it is cut anyway.
"""

import re
from collections.abc import Iterator
from typing import Final

USUAL_SLICE: Final = 32_768
LONGEST_SLICE: Final = 131_072
"""Maximum characters passed to the tokeniser at once: a run of about a million spaces makes its regex engine panic."""

_BEFORE = "0-9A-Za-zÀ-ÖØ-öø-ʯΑ-Ρα-ωЀ-ҁא-תء-غف-يअ-हก-ะぁ-ゖァ-ヺ一-龥가-힣"
_AFTER = r" \t\r\n!-&(-/:-@\[-`{-~。，、！？；：（）「」《》…—–“”"
_BOUNDARY: Final = re.compile(rf"[{_BEFORE}](?=[{_AFTER}])")


def slice_end(text: str, start: int, step: int) -> int:
    """The first boundary at least `step` characters after `start`; the end of the text where that is nearer."""
    limit = min(start + LONGEST_SLICE, len(text))
    if start + step >= len(text):
        return limit
    found = _BOUNDARY.search(text, start + step - 1, limit)
    return found.end() if found else limit


def slice_start(text: str, end: int, step: int) -> int:
    """A boundary about `step` characters before `end`; the start of the text where that is nearer."""
    while step < LONGEST_SLICE:
        if step >= end:
            return 0
        found = _BOUNDARY.search(text, end - step, end)
        if found and found.end() < end:
            return found.end()
        step *= 2
    return max(0, end - LONGEST_SLICE)


def slices(text: str) -> Iterator[str]:
    """The text in slices of the usual length, in order."""
    start = 0
    while start < len(text):
        end = slice_end(text, start, USUAL_SLICE)
        yield text[start:end]
        start = end
