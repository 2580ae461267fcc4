"""Counting tokens, and taking so many of them from either end."""

import re
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

from semtel_ops.tokens.boundaries import LONGEST_SLICE, USUAL_SLICE, slice_end, slice_start, slices
from semtel_ops.tokens.encodings import DEFAULT_ENCODING, encoding_name_for, load_encoding

if TYPE_CHECKING:
    import tiktoken

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CHARS_PER_TOKEN: Final = 5  # a little over what English has, so that the first slice is usually enough


class TokenCounter(Protocol):
    """How long a text is, in tokens. Text is text: what looks like a special token counts as the characters it has."""

    def count(self, text: str) -> int: ...

    def fits(self, text: str, budget: int) -> bool:
        """Whether count(text) <= budget, found with as little encoding as the answer needs."""
        ...

    def prefix(self, text: str, n: int) -> str:
        """The start of the text: the whole characters within its first n tokens. Counts n at most."""
        ...

    def suffix(self, text: str, n: int) -> str:
        """The end of the text: the whole characters within its last n tokens. Counts n at most."""
        ...


class TiktokenCounter:
    """Counts as OpenAI's tokeniser does.

    Exact, but for one case: a stretch of more than 131,072 characters without any boundary (one endless word, a run of a
    million spaces) is counted in slices of that length, which is off by a token or two a slice. Lone surrogates count as
    U+FFFD, and become it in what `prefix` and `suffix` return.
    """

    def __init__(self, encoding: "tiktoken.Encoding | None" = None) -> None:
        self._given = encoding

    @cached_property
    def _encoding(self) -> "tiktoken.Encoding":
        """Loaded when the first text is tokenised: bytes alone decide about most conversations."""
        return self._given or load_encoding(DEFAULT_ENCODING)

    @cached_property
    def _encode(self) -> Callable[[str], list[int]]:
        encode: Callable[[str], list[int]] = self._encoding.encode_ordinary
        return encode

    @classmethod
    def for_model(cls, model: str) -> "TiktokenCounter":
        return cls(load_encoding(encoding_name_for(model)))

    def count(self, text: str) -> int:
        if len(text) <= USUAL_SLICE:
            return len(self._encode(text))
        return sum(len(self._encode(piece)) for piece in slices(text))

    def fits(self, text: str, budget: int) -> bool:
        if _certainly_fits(text, budget):
            return True
        if len(text) <= USUAL_SLICE:
            return len(self._encode(text)) <= budget
        left = budget
        for piece in slices(text):
            left -= len(self._encode(piece))
            if left < 0:
                return False
        return True

    def prefix(self, text: str, n: int) -> str:
        if _certainly_fits(text, n):
            return text
        text = _well_formed(text)
        start, left = 0, n
        while start < len(text) and left > 0:
            end = slice_end(text, start, _first_step(left))
            tokens = self._encode(text[start:end])
            if len(tokens) > left:
                return text[:start] + self._head(tokens, left)
            start, left = end, left - len(tokens)
        return text[:start]

    def suffix(self, text: str, n: int) -> str:
        if _certainly_fits(text, n):
            return text
        text = _well_formed(text)
        end, left = len(text), n
        while end > 0 and left > 0:
            start = slice_start(text, end, _first_step(left))
            tokens = self._encode(text[start:end])
            if len(tokens) > left:
                return self._tail(tokens, left) + text[end:]
            end, left = start, left - len(tokens)
        return text[end:]

    def _head(self, tokens: list[int], n: int) -> str:
        return self._longest(lambda taken: tokens[:taken], n)

    def _tail(self, tokens: list[int], n: int) -> str:
        return self._longest(lambda taken: tokens[-taken:], n)

    def _longest(self, take: Callable[[int], list[int]], n: int) -> str:
        """Text of n tokens; of fewer where, cut inside a piece, a text needs more tokens than it took up there."""
        for taken in range(n, 0, -1):
            # Invalid bytes can only be those of a character that was cut in two.
            text: str = self._encoding.decode_bytes(take(taken)).decode("utf-8", "ignore")
            if len(self._encode(text)) <= n:
                return text
        return ""


def byte_length(text: str) -> int:
    """UTF-8 bytes of a text. A text never has more tokens than that, so this bound costs no tokeniser."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _certainly_fits(text: str, budget: int) -> bool:
    return len(text) <= budget and byte_length(text) <= budget


def _first_step(tokens: int) -> int:
    return min(tokens * _CHARS_PER_TOKEN + 64, LONGEST_SLICE)


def _well_formed(text: str) -> str:
    """The text with U+FFFD for every surrogate, so of the same length: offsets in one are offsets in the other."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
