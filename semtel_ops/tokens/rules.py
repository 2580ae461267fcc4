"""Compression by rules: text without meaning is removed, and text with little meaning is folded.

Whitespace, separators and stock phrases are removed. Code, pasted data, long unbroken strings and repetition are folded: their
beginning (and end) stay, with a marker of how much was folded. Turns of up to 200 characters are never changed. Every rule
takes time linear in the length of the text, for any text.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from semtel_ops.conversations.model import Role, Turn
from semtel_ops.tokens.blocks import LEAST_REPEATED_CHARS, BlockKind, blocks, key_of
from semtel_ops.tokens.compressor import Compressed, CompressorKind

_SHORT_CHARS: Final = 200
_MOST_LINES: Final = 5_000  # more lines are pasted text, of whatever kind

_KEPT_HEAD_LINES: Final = 16
_KEPT_TAIL_LINES: Final = 6
_KEPT_REPEATED_CHARS: Final = 120
_KEPT_WORD_CHARS: Final = 60
_LEAST_IDENTICAL_CHARS: Final = 60  # about twice a marker

# For linear time, a run is matched only from its first character (look-behinds) and without backtracking (possessive
# quantifiers). A substring test comes first where it can rule a match out, at a tenth of the cost.
_TRAILING: Final = re.compile(r"(?<![ \t])[ \t]++(?=\n)")
_BLANK_LINES: Final = re.compile(r"\n{3,}+")
_INNER_SPACES: Final = re.compile(r"(?<=\S)[ \t\xa0]{2,}+(?=\S)")
_DEEP_INDENT: Final = re.compile(r"(?<![ \t])[ \t]{17,}+")
_SEPARATOR: Final = re.compile(r"([-=_*#~+.,:;!?/\\|<>^·•─━═—–…])\1{7,}+")
_LONG_WORD: Final = re.compile(r"([^!-~])([!-~]{300,}+)")  # base64, minified code, URLs with a payload
_LONG_WORD_CHARS: Final = 300

_LEAD_IN: Final = re.compile(
    r"\b[Aa]s an (?:AI|artificial intelligence)(?: language)?(?: model| assistant| chatbot)?"
    r"(?: (?:developed|created|trained|made) by \w{1,30})?, "
)
_CLOSING: Final = re.compile(
    r"(?:^|(?<=[.!?:\s]))(?:I hope (?:this|that) helps|(?:Please )?[Ll]et me know if (?:you|there)|"
    r"(?:Please )?[Ff]eel free to (?:ask|reach out)|Is there anything else)[^.!?\n]{0,120}[.!?]\s*\Z"
)
_CLOSING_WITHIN: Final = 200  # characters from the end
_CLOSING_CUES: Final = ("I hope th", "et me know if ", "eel free to ", "Is there anything else")


class RuleCompressor:
    """The default compressor: no model, no state between conversations, tens of megabytes a second."""

    def compress(self, turns: Sequence[Turn]) -> Compressed:
        if all(len(turn.content) <= _SHORT_CHARS for turn in turns):
            return Compressed(tuple(turns), 1.0)
        earlier = _Earlier()
        return Compressed.of(turns, [self._shorter(turn, earlier) for turn in turns])

    def _shorter(self, turn: Turn, earlier: "_Earlier") -> Turn:
        """The compressed turn, or the turn itself; adds its text to `earlier`."""
        if len(turn.content) <= _SHORT_CHARS:
            earlier.add(turn.content)
            return turn
        text = _squeezed(turn.content)
        if turn.role is Role.ASSISTANT:
            text = _without_boilerplate(text)
        folded = "\n".join(_folded(_fold_middle(text.split("\n"), _MOST_LINES // 2, _MOST_LINES // 2), len(text), earlier))
        earlier.add(text)
        return Turn(turn.role, folded) if len(folded) < len(turn.content) else turn


RULES: Final = CompressorKind(
    "Rules remove whitespace, separators and stock phrases, and fold code, pasted data and repetition.",
    lambda _: RuleCompressor(),
    needs_experiment=False,
)


class _Earlier:
    """The lines of earlier turns, which are split only when a turn is long enough to repeat them."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._keys: set[str] = set()

    def add(self, text: str) -> None:
        self._texts.append(text)

    def keys(self) -> set[str]:
        """The keys of their lines, without that of blank lines."""
        for text in self._texts:
            self._keys.update(map(key_of, text.split("\n")))
        self._texts.clear()
        self._keys.discard("")
        return self._keys


def _squeezed(text: str) -> str:
    if text.isspace():
        return text[:1]
    text = text.replace("\r\n", "\n")
    if " \n" in text or "\t\n" in text:
        text = _TRAILING.sub("", text)
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    if "  " in text or "\t" in text or "\xa0" in text:
        text = _INNER_SPACES.sub(" ", text)
        if "\t" in text or " " * 17 in text:
            text = _DEEP_INDENT.sub(" " * 16, text)
    text = _SEPARATOR.sub(r"\1\1\1", text)
    if not _may_hold_long_word(text):
        return text
    return _LONG_WORD.sub(_folded_word, f" {text}")[1:]  # the pattern needs a character before the word


def _may_hold_long_word(text: str) -> bool:
    """Whether some `_LONG_WORD_CHARS` characters in a row have no space; skips ahead from space to space."""
    at = 0
    while at + _LONG_WORD_CHARS <= len(text):
        space = text.rfind(" ", at, at + _LONG_WORD_CHARS)
        if space < 0:
            return True
        at = space + 1
    return False


def _folded_word(match: re.Match[str]) -> str:
    before, word = match.groups()
    folded = len(word) - 2 * _KEPT_WORD_CHARS
    return f"{before}{word[:_KEPT_WORD_CHARS]} [… {folded} characters folded …] {word[-_KEPT_WORD_CHARS:]}"


def _without_boilerplate(text: str) -> str:
    """The text without stock phrases of assistants, or the text itself if it consists only of these."""
    shorter = _LEAD_IN.sub("", text) if "s an AI" in text or "s an artificial" in text else text
    for _ in range(2):  # "I hope this helps! Let me know if you …"
        start = max(0, len(shorter) - _CLOSING_WITHIN)
        last = shorter[start:]
        if not any(cue in last for cue in _CLOSING_CUES):
            break
        shorter = shorter[:start] + _CLOSING.sub("", last)
    return shorter if shorter.strip() else text


def _folded(lines: list[str], chars: int, earlier: _Earlier) -> Iterator[str]:
    """The lines of a text with `chars` characters, with markers for what is folded."""
    if len(lines) <= _KEPT_HEAD_LINES + _KEPT_TAIL_LINES and (
        chars < LEAST_REPEATED_CHARS or _repeated_chars(lines, earlier.keys()) < LEAST_REPEATED_CHARS
    ):
        yield from _without_identical(lines)  # nothing else can be folded, so blocks need not be recognized
        return
    seen = earlier.keys()
    for block in blocks(lines, seen):
        block_lines = lines[block.start : block.end]
        if block.kind is BlockKind.REPEATED:
            yield _fold_repeated(block_lines)
        elif block.kind is BlockKind.PROSE:
            yield from _without_identical(block_lines)
        else:
            yield from _fold_middle(list(_without_identical(block_lines)), _KEPT_HEAD_LINES, _KEPT_TAIL_LINES)


def _repeated_chars(lines: list[str], seen: set[str]) -> int:
    return sum(len(line) for line in lines if key_of(line) in seen)


def _fold_middle(lines: list[str], head: int, tail: int) -> list[str]:
    """The ends of a long block with a marker, or the block itself if that would save almost nothing."""
    folded = len(lines) - head - tail
    if folded < _KEPT_TAIL_LINES:
        return lines
    return [*lines[:head], f"[… {folded} lines folded …]", *lines[-tail:]]


def _fold_repeated(lines: list[str]) -> str:
    """The beginning of the repetition, which shows what was repeated, with a marker."""
    first = lines[0][:_KEPT_REPEATED_CHARS]
    folded = sum(map(len, lines)) - len(first)
    return f"{first} [… {folded} repeated characters folded …]"


def _without_identical(lines: list[str]) -> Iterator[str]:
    if len(lines) == 1:
        yield lines[0]
        return
    for line, group in groupby(lines):
        times = sum(1 for _ in group)
        if (times - 1) * len(line) < _LEAST_IDENTICAL_CHARS:
            yield from [line] * times
        else:
            yield line
            yield f"[… {times - 1} identical lines folded …]"
