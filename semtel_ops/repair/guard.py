"""No text of a conversation gets into a prompt, and no proposal breaks the prompt file.

A proposal is refused if it shares eight words in a row with any turn of the set; a turn of fewer words is matched as a whole.
Words are compared without case, accents' composition and punctuation; in scripts without spaces, a character counts as a word.
What the start prompt says already is not new, and is not compared. Turns of a single word without a digit cannot be told from
vocabulary, and are not compared.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Final

import numpy as np

from semtel_ops.repair.parts import PromptParts

RUN: Final = 8
"""Words in a row that must not be shared."""
MAX_DEFINITION: Final = 1_000
"""Characters of a definition: as in the schema of prompt files."""
MAX_PARAGRAPH: Final = 3_000
"""Characters of a paragraph."""
MAX_GROWTH: Final = 1.5
"""Length of a prompt's text as a multiple of that of the start prompt."""
SHORT_PROMPT: Final = 1_500
"""Characters by which any prompt may grow."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_TEMPLATE = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
_ROLE_LINE = re.compile(r"^[ \t]*#?[ \t]*[A-Za-z]+[ \t]*:[ \t]*$")
_PERMITTED_LABEL_LINE = re.compile(r"^(Rules|Examples?|Labels|Notes):$")
_LABEL_LINE = re.compile(r"^\s*- [a-z][a-z0-9_]*: ")
_FENCE = re.compile(r"</?\s*conversation|<\||\|>|\[/?INST\]|</?s>|^---\s*$", re.IGNORECASE | re.MULTILINE)


class Refusal(StrEnum):
    """Why a proposal is refused."""

    QUOTES_A_ROW = "quotes_a_row"
    """It shares eight words in a row, or a whole short turn, with a conversation of the set."""
    TOO_LONG = "too_long"
    TEMPLATE_SYNTAX = "template_syntax"
    ROLE_LINE = "role_line"
    """A line of it could be read as a role line, a line of the frontmatter or a definition of a label."""
    CONTROL_CHARACTER = "control_character"
    """Control characters, or text that a model reads as the end of the conversation."""
    EMPTY = "empty"
    """A definition, or the whole instruction, without text."""
    NOT_VALID = "not_valid"
    """The prompt file would not be valid, or its ids or the form of its reply would change."""
    KNOWN = "known"
    """The same prompt was proposed before."""


class Guard:
    """The rows of a set as hashes of runs of words. The text itself is not kept."""

    def __init__(self, turns: Iterable[str], start: PromptParts) -> None:
        """Index the turns of a set.

        Memory: 8 bytes for each word of the set.

        Args:
            turns: texts of all turns of all conversations.
            start: prompt that is repaired; its words may recur.
        """
        self._start = start
        self._codes: dict[str, int] = {}
        runs: list[Any] = []
        short: set[tuple[str, ...]] = set()
        for turn in turns:
            words = words_of(turn)
            if len(words) >= RUN:
                runs.append(_runs(self._encoded(words), RUN))
            elif len(words) > 1 or any(any(char.isdigit() for char in word) for word in words):
                short.add(tuple(words))
        own = [words_of(text) for text in start.texts()]
        known = [_runs(self._encoded(words), RUN) for words in own]
        self._runs = np.setdiff1d(_joined(runs), _joined(known))
        self._short = {length: frozenset(each for each in short if len(each) == length) for length in range(1, RUN)}
        self._own_short = {tuple(run) for words in own for length in range(1, RUN) for run in _windows(words, length)}

    def refuse(self, parts: PromptParts) -> Refusal | None:
        """Why a prompt is refused; None if it is not. Texts of the start prompt are not looked at."""
        for label, before in zip(parts.labels, self._in_order(parts), strict=True):
            if label.definition == before:
                continue
            if "\n" in label.definition or "\r" in label.definition:
                return Refusal.CONTROL_CHARACTER
            reason = self._refuse_text(label.definition, MAX_DEFINITION)
            if reason is not None:
                return reason
        kept = {segment.text for segment in self._start.segments}
        for segment in parts.segments:
            reason = None if segment.text in kept else self._refuse_text(segment.text, MAX_PARAGRAPH)
            if reason is not None:
                return reason
        if not any(segment.text.strip() for segment in parts.segments):
            return Refusal.EMPTY
        if parts.length > max(MAX_GROWTH * self._start.length, self._start.length + SHORT_PROMPT):
            return Refusal.TOO_LONG
        return None

    def quotes(self, text: str) -> bool:
        """Whether a text shares a run of words, or a whole short turn, with a row."""
        words = words_of(text)
        if len(words) >= RUN and bool(np.isin(_runs(self._encoded(words), RUN), self._runs).any()):
            return True
        return any(
            run in turns and run not in self._own_short
            for length, turns in self._short.items()
            if turns
            for run in map(tuple, _windows(words, length))
        )

    def _in_order(self, parts: PromptParts) -> list[str]:
        before = {label.id: label.definition for label in self._start.labels}
        return [before.get(label.id, "") for label in parts.labels]

    def _refuse_text(self, text: str, longest: int) -> Refusal | None:
        if not text.strip():
            return Refusal.EMPTY
        if len(text) > longest:
            return Refusal.TOO_LONG
        if _TEMPLATE.search(text):
            return Refusal.TEMPLATE_SYNTAX
        if any(_is_role_like(line) for line in text.split("\n")):
            return Refusal.ROLE_LINE
        if _FENCE.search(text) or any(map(_is_control, text)):
            return Refusal.CONTROL_CHARACTER
        if self.quotes(text):
            return Refusal.QUOTES_A_ROW
        return None

    def _encoded(self, words: Sequence[str]) -> Any:
        codes = self._codes
        for word in words:
            if word not in codes:
                codes[word] = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
        return np.array([codes[word] for word in words], dtype=np.uint64)


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return _WORD.findall(unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode()).casefold())


def _is_control(char: str) -> bool:
    """Control, format and unassigned characters, and line and paragraph separators, which YAML reads as line breaks."""
    category = unicodedata.category(char)
    return char != "\n" and (category[0] == "C" or category in {"Zl", "Zp"})


def _is_role_like(line: str) -> bool:
    if _PERMITTED_LABEL_LINE.match(line):
        return False
    return bool(_ROLE_LINE.match(line) or _LABEL_LINE.match(line))


def _runs(codes: Any, length: int) -> Any:
    """A 64-bit hash of each run of words: polynomial, with wrap-around."""
    if len(codes) < length:
        return np.empty(0, dtype=np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(codes, length)
    return (windows * _POWERS[:length]).sum(axis=1, dtype=np.uint64)


_POWERS: Final = np.array([pow(0x9E3779B97F4A7C15, power, 2**64) for power in range(RUN)], dtype=np.uint64)


def _windows(words: Sequence[str], length: int) -> Iterable[Sequence[str]]:
    return (words[at : at + length] for at in range(len(words) - length + 1))


def _joined(runs: Sequence[Any]) -> Any:
    return np.unique(np.concatenate(runs)) if runs else np.empty(0, dtype=np.uint64)
