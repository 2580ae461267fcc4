"""The same text with the digits, spaces and signs of other scripts as ASCII, character for character.

Rules match the folded text, and their positions hold in the text itself. Full-width and Arabic digits, and a number with thin
spaces, are read as ASCII digits and spaces.
"""

import re
import unicodedata

# Beyond the first plane are mathematical digits only; a class of characters of one plane is searched in a tenth of the time.
_PLANE_END = 0x10000
_FOLDED: dict[int, str] = {
    code: str(unicodedata.decimal(chr(code))) for code in range(0x80, _PLANE_END) if unicodedata.category(chr(code)) == "Nd"
}
# Full-width forms, but for digits, which are above.
_FOLDED |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code not in _FOLDED}
_FOLDED |= dict.fromkeys((0xA0, 0x2007, 0x2009, 0x202F, 0x3000), " ")
_FOLDED |= dict.fromkeys((0x2010, 0x2011, 0xFE63, 0x2212), "-")
_FOREIGN = re.compile(f"[{''.join(map(chr, _FOLDED))}]")


def folded(text: str) -> str:
    """The text with these characters replaced, of the same length."""
    return text if text.isascii() or not _FOREIGN.search(text) else text.translate(_FOLDED)
