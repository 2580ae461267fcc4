"""A line's outline: every digit a 0, every letter an a or A. What it lacks, no expression needs to look for.

Searching the outline for a few fixed strings costs a fiftieth of an expression that starts at every digit.
"""

import string
from re import Pattern
from typing import NamedTuple

_OUTLINE = str.maketrans(string.digits + string.ascii_lowercase + string.ascii_uppercase, "0" * 10 + "a" * 26 + "A" * 26)


class Outlined(NamedTuple):
    """An expression, and what the outline of whatever it matches holds: one of `parts`; and `letter` as it stands."""

    pattern: Pattern[str]
    parts: tuple[str, ...]
    letter: str = ""

    def may_match(self, text: str, outline: str | None) -> bool:
        if outline is None:
            return True
        return self.letter in text and any(part in outline for part in self.parts)


def outline_of(text: str) -> str | None:
    """None for text beyond ASCII, which has digits and letters that no table of ours lists."""
    return text.translate(_OUTLINE) if text.isascii() else None
