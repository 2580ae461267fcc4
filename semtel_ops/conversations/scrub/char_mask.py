"""Character masks of a line: every digit becomes 0, every lower-case letter a, every upper-case letter A.

Searching the mask for a few fixed strings takes a fiftieth of the time of a regular expression that starts at every digit. Only
where the mask contains one of the strings can the expression match.
"""

import string
from re import Pattern
from typing import NamedTuple

_MASK = str.maketrans(string.digits + string.ascii_lowercase + string.ascii_uppercase, "0" * 10 + "a" * 26 + "A" * 26)


class MaskedPattern(NamedTuple):
    """An expression with strings that allow to skip it.

    Attributes:
        pattern: the expression.
        parts: the mask of every match contains at least one of these strings.
        letter: every match contains this character unmasked; empty where there is none.
    """

    pattern: Pattern[str]
    parts: tuple[str, ...]
    letter: str = ""

    def may_match(self, text: str, mask: str | None) -> bool:
        """False where the pattern cannot match. `mask` is `char_mask` of the text."""
        if mask is None:
            return True
        return self.letter in text and any(map(mask.__contains__, self.parts))


def char_mask(text: str) -> str | None:
    """The mask of a text, of the same length; None for text beyond ASCII, whose digits and letters the table does not cover."""
    return text.translate(_MASK) if text.isascii() else None
