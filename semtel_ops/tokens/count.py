"""Counts the tokens of a text, and takes a number of tokens from either end."""

import re
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

from semtel_ops.tokens.boundaries import LONGEST_SLICE, USUAL_SLICE, slice_end, slice_start, slices
from semtel_ops.tokens.encodings import DEFAULT_ENCODING, encoding_name_for, load_encoding

if TYPE_CHECKING:
    import tiktoken

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CHARS_PER_TOKEN: Final = 5  # a little more than English has, so that the first slice usually suffices


class TokenCounter(Protocol):
    """Counts tokens. Text that looks like a special token is counted as ordinary characters."""

    def count(self, text: str) -> int:
        """Tokens of the text."""
        ...

    def fits(self, text: str, budget: int) -> bool:
        """Whether count(text) <= budget; encodes no more of the text than necessary."""
        ...

    def prefix(self, text: str, n: int) -> str:
        """The start of the text: the complete characters of its first n tokens; has at most n tokens."""
        ...

    def suffix(self, text: str, n: int) -> str:
        """The end of the text: the complete characters of its last n tokens; has at most n tokens."""
        ...


class TiktokenCounter:
    """Counts with OpenAI's tokenizer.

    Exact, except for more than 131,072 characters without a boundary (such as a million spaces): these are counted in slices of
    that length, with an error of a token or two per slice. Lone surrogates count as U+FFFD, and `prefix` and `suffix`
    return them as U+FFFD.
    """

    def __init__(self, encoding: "tiktoken.Encoding | None" = None) -> None:
        self._given = encoding

    @cached_property
    def _encoding(self) -> "tiktoken.Encoding":
        """Loaded when a text is first tokenized: for most conversations, the number of bytes suffices."""
        return self._given or load_encoding(DEFAULT_ENCODING)

    @cached_property
    def _encode(self) -> Callable[[str], list[int]]:
        encode: Callable[[str], list[int]] = self._encoding.encode_ordinary
        return encode

    @classmethod
    def for_model(cls, model: str) -> "TiktokenCounter":
        """A counter with the encoding of a model, see `encoding_name_for`."""
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
        """The text of n tokens, or of fewer: cut out of its context, a text can need more tokens than it had in it."""
        for taken in range(n, 0, -1):
            # Only a character that was cut in two gives invalid bytes.
            text: str = self._encoding.decode_bytes(take(taken)).decode("utf-8", "ignore")
            if len(self._encode(text)) <= n:
                return text
        return ""


def byte_length(text: str) -> int:
    """UTF-8 bytes of a text: an upper bound of its tokens that needs no tokenizer."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _certainly_fits(text: str, budget: int) -> bool:
    return len(text) <= budget and byte_length(text) <= budget


def _first_step(tokens: int) -> int:
    return min(tokens * _CHARS_PER_TOKEN + 64, LONGEST_SLICE)


def _well_formed(text: str) -> str:
    """The text with U+FFFD for every lone surrogate; it has the same length, so offsets stay valid."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
