"""Characters that a person does not see but a model reads, or that change what a terminal or a page shows: taken out of text.

Hidden instructions are written in tag characters or variation selectors, keys are split by zero-width characters, and
bidirectional overrides and escape sequences show a text other than it is. Out go all default-ignorable characters of Unicode,
bidirectional controls, annotations, soft hyphens, noncharacters and control characters. What writing needs stays: joiners in
Arabic, Persian and Indic text and between emoji, marks of direction beside letters written right to left, word breaks in Thai
and its neighbours, a variation selector after a symbol or an ideograph, and the tags of the three flags that have them.
Characters for private use stay: they are shown. Doing it twice changes nothing.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

# Ranges of code points, as both `re` and RE2 write them in a class, with the escapes of neither.
_ALWAYS = (
    (0x00, 0x08), (0x0B, 0x0C), (0x0E, 0x1F), (0x7F, 0x9F),  # controls, without tab, line feed and carriage return
    (0xAD, 0xAD), (0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180E, 0x180E),  # soft hyphen, joiner, fillers
    (0x202A, 0x202E), (0x2060, 0x206F),  # embeddings, overrides, isolates, invisible operators
    (0x3164, 0x3164), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFDD0, 0xFDEF), (0xFFF0, 0xFFFB), (0xFFFE, 0xFFFF),
    (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE00FF), (0xE01F0, 0xE0FFF),  # tags among the last
)  # fmt: skip
_SOMETIMES = (
    (0x61C, 0x61C), (0x180B, 0x180D), (0x180F, 0x180F), (0x200B, 0x200F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF),
)  # fmt: skip

_ESCAPE = r"\x1b\[[0-?]{0,32}[ -/]{0,4}[@-~]"
_FLAG_END = "\U000e007f"
_FLAGS = "|".join("".join(chr(0xE0000 + ord(letter)) for letter in region) for region in ("gbeng", "gbsct", "gbwls"))
_LINE_SEPARATORS = "\x0b\x0c\x1c\x1d\x1e\x1f"

_JOINED_SCRIPTS = (
    (0x600, 0x8FF), (0x900, 0xDFF), (0xF00, 0x109F), (0x1780, 0x18AF), (0x1B00, 0x1BFF), (0xA980, 0xA9DF),
    (0xFB50, 0xFDFF), (0xFE70, 0xFEFC), (0x11000, 0x11FFF), (0x1E900, 0x1E95F),
)  # fmt: skip
_UNSPACED_SCRIPTS = ((0xE00, 0xEFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1950, 0x1AAF), (0xA9E0, 0xA9FF))
_IDEOGRAPHS = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_MONGOLIAN = ((0x1800, 0x18AF),)
_FIRST_SYMBOL = 0xA9


def _for_re(ranges: tuple[tuple[int, int], ...]) -> str:
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


def _for_re2(ranges: tuple[tuple[int, int], ...]) -> str:
    return "".join(f"\\x{{{first:x}}}-\\x{{{last:x}}}" for first, last in ranges)


_HIDDEN = re.compile(
    f"(?P<flag>\U0001f3f4(?:{_FLAGS}){_FLAG_END})|(?P<always>(?:{_ESCAPE}|[{_for_re(_ALWAYS)}])+)|[{_for_re(_SOMETIMES)}]"
)
_SIEVE = f"[{_for_re2(_ALWAYS)}{_for_re2(_SOMETIMES)}]"


class Visible(NamedTuple):
    """Text without hidden characters, and how many there were."""

    text: str
    hidden: int


def visible(text: str) -> Visible:
    """The text as a person sees it."""
    hidden = 0

    def seen(match: re.Match[str]) -> str:
        nonlocal hidden
        if match["flag"] is not None:
            return match[0]
        if match["always"] is not None:
            hidden += len(match[0])
            return "".join(map(_instead, re.sub(_ESCAPE, "", match[0])))
        if _belongs(match[0], text[max(0, match.start() - 2) : match.start()], text[match.end() : match.end() + 1]):
            return match[0]
        hidden += 1
        return ""

    return Visible(_HIDDEN.sub(seen, text), hidden)


def all_visible(texts: Sequence[str]) -> dict[int, Visible]:
    """The texts that change, by their index. One pass of RE2 in Arrow finds the texts to look at."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        column = pa.array(texts, pa.large_string())
    except UnicodeEncodeError:  # a lone surrogate; text from `sources` has none
        suspects = list(range(len(texts)))
    else:
        suspects = pc.indices_nonzero(pc.match_substring_regex(column, pattern=_SIEVE)).to_pylist()
    seen = ((index, visible(texts[index])) for index in suspects)
    return {index: result for index, result in seen if result.hidden}


def _instead(char: str) -> str:
    """A space for a separator; for a control of 0x80 to 0x9F, the sign of Windows-1252 that was meant; otherwise nothing."""
    if char in _LINE_SEPARATORS:
        return " "
    if "\x80" <= char <= "\x9f":
        return char.encode("latin-1").decode("cp1252", "ignore")
    return ""


def _belongs(char: str, before: str, after: str) -> bool:
    """Whether writing needs the character between these neighbours; `before` are the two characters in front of it."""
    if char == "\u200d" and before[-1:] == "\ufe0f":
        before = before[:1]
    previous = before[-1:]
    # Between hidden characters nothing is needed; and what is decided must not depend on a neighbour that goes.
    if not previous or _within(previous, _ALWAYS + _SOMETIMES) or _within(after, _ALWAYS):
        return False
    if char in "\u200c\u200d":
        return _within(previous, _JOINED_SCRIPTS) or (char == "\u200d" and _is_symbol(previous) and _is_symbol(after))
    if char == "\u200b":
        return _within(previous, _UNSPACED_SCRIPTS) and _within(after, _UNSPACED_SCRIPTS)
    if char in "\u200e\u200f\u061c":
        return any(
            unicodedata.bidirectional(one) in ("R", "AL") for one in (previous, after) if one and one not in "\u200f\u061c"
        )
    if char in "\ufe0e\ufe0f":
        return _is_symbol(previous) or (previous in "#*0123456789" and after == "\u20e3")
    if char <= "\u180f":
        return _within(previous, _MONGOLIAN)
    return _within(previous, _IDEOGRAPHS) or (char < "\ufe0e" and unicodedata.category(previous) == "Sm")


def _within(char: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return bool(char) and any(first <= ord(char) <= last for first, last in ranges)


def _is_symbol(char: str) -> bool:
    """A sign that may be an emoji, or the skin colour after one."""
    return bool(char) and ord(char) >= _FIRST_SYMBOL and unicodedata.category(char) in ("So", "Sm", "Sk", "Po", "Pd")
