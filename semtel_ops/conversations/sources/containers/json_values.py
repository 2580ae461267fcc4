"""The elements of a JSON array, or JSON values one after the other, cut from chunks without the whole file in memory.

The cutter knows only brackets and strings; a JSON parser reads what is between two cuts. Memory is one chunk and one element;
an element over the limit is skipped without being kept.
"""

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final, Literal

from semtel_ops.conversations.sources.containers.container import StreamedContainer
from semtel_ops.conversations.sources.json_text import read_json
from semtel_ops.conversations.sources.records import Raw, Reason, Unreadable
from semtel_ops.humanize import size

# The rest of a string and its end, if it is in this chunk. Possessive, so that no positions are stored for backtracking.
_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+("?)', re.DOTALL)
_AT_TOP = re.compile(rb'["\[\]{},]')
_INSIDE = re.compile(rb'["\[\]{}]')
_SPACE = b" \t\r\n"
# Parsers end at 1,024; up to here the cutter goes on, so that a deep element costs only itself.
_MAX_DEPTH = 100_000


class Cut(Enum):
    """What the cutter yields in place of an element's bytes."""

    TOO_LARGE = "too_large"
    CUT_SHORT = "cut_short"  # the input ended inside an element or an array
    TOO_DEEP = "too_deep"  # so many open brackets that only a file made to take time has them; nothing more is read
    TRAILING = "trailing"  # text after the array's end; nothing more is read


def read_json_values(chunks: Iterable[bytes], where: str, max_bytes: int) -> Iterator[Raw | Unreadable]:
    """Yield each element of an array (or of several arrays), or each of several values; items are counted from 1."""
    for number, piece in enumerate(split_values(chunks, max_bytes), start=1):
        place = f"{where}:item {number}"
        if piece is Cut.TOO_LARGE:
            yield Unreadable(place, Reason.TOO_LARGE, f"the item is over {size(max_bytes)}")
        elif piece is Cut.CUT_SHORT:
            yield Unreadable(place, Reason.BROKEN_FILE, "the JSON ends before it is closed: the file is incomplete")
        elif piece is Cut.TOO_DEEP:
            yield Unreadable(place, Reason.BROKEN_FILE, f"it nests over {_MAX_DEPTH:,} deep; the rest was not read")
        elif piece is Cut.TRAILING:
            yield Unreadable(place, Reason.BROKEN_FILE, "there is text after the end of the JSON array; it was not read")
        else:
            yield _parsed(piece, place)


def _parsed(piece: bytes, place: str) -> Raw | Unreadable:
    try:
        value, repair = read_json(piece)
    except ValueError as error:
        return Unreadable(place, Reason.INVALID_JSON, f"the item ({size(len(piece))}) is not one JSON value: {error}")
    return Raw(place, value, repair)


def split_values(chunks: Iterable[bytes], max_bytes: int) -> Iterator[bytes | Cut]:
    """Cut bytes into top-level values or, when the first byte is `[`, into the elements of that array."""
    cutter = _Cutter(max_bytes)
    for chunk in chunks:
        yield from cutter.feed(chunk)
        if cutter.stopped:
            return
    yield from cutter.end()


class _Cutter:
    """The cutter's state from one chunk to the next."""

    def __init__(self, max_bytes: int) -> None:
        self.stopped = False
        self._max_bytes = max_bytes
        self._mode: Literal["unknown", "array", "values"] = "unknown"  # until the first byte that is not space
        self._depth = 0  # open brackets; elements of an array are at 1, values at 0
        self._in_string = False
        self._escaped = False  # the last chunk ended in a backslash
        self._pieces: list[bytes] = []  # of the open element, from earlier chunks
        self._pieces_bytes = 0  # their size, counted even after they were dropped

    def feed(self, chunk: bytes) -> Iterator[bytes | Cut]:
        position = start = 0
        if self._in_string:
            position = self._past_string(chunk, 1 if self._escaped and chunk else 0)
        while not self._in_string:
            if self._outside():
                start = position = self._enter(chunk, position)
                if self.stopped:
                    yield Cut.TRAILING
                if self._outside():
                    return
            at_element = self._depth == 1 and self._mode == "array"
            token = (_AT_TOP if at_element else _INSIDE).search(chunk, position)
            if token is None:
                break
            position = token.end()
            byte = chunk[position - 1 : position]
            if byte == b'"':
                position = self._past_string(chunk, position)
            elif byte in b"[{":
                self._depth += 1
                if self._depth > _MAX_DEPTH:
                    self.stopped = True
                    yield Cut.TOO_DEEP
                    return
            elif at_element:
                if byte == b"}":
                    continue  # a stray bracket: the parser will reject the element
                piece = self._take(chunk[start : position - 1])
                start = position
                if byte == b"]":
                    self._depth = 0
                if byte == b"," or piece is Cut.TOO_LARGE or piece.strip(_SPACE):
                    yield piece
            else:
                self._depth = max(0, self._depth - 1)
                if self._depth == 0:
                    yield self._take(chunk[start:position])
                    start = position
        self._keep(chunk[start:])

    def end(self) -> Iterator[bytes | Cut]:
        """The last element, and whether the input ended too early."""
        cut_short = self._depth > 0 or self._in_string
        last = self._take(b"")
        if not cut_short:
            whole = last is Cut.TOO_LARGE or bool(last.strip(_SPACE))
        else:
            # In an array that is not closed, the last element is whole if its closing character is there. A number has none.
            whole = self._mode == "array" and self._depth == 1 and not self._in_string
            whole = whole and last is not Cut.TOO_LARGE and last.rstrip(_SPACE).endswith((b"}", b"]", b'"'))
        if whole:
            yield last
        if cut_short:
            yield Cut.CUT_SHORT

    def _outside(self) -> bool:
        """Whether no element can be open: before the first byte that is not space, and after an array."""
        return self._depth == 0 and self._mode != "values"

    def _enter(self, chunk: bytes, position: int) -> int:
        """Skip space before an array or the first value, and set the mode by the first byte after it."""
        while position < len(chunk) and chunk[position] in _SPACE:
            position += 1
        if position == len(chunk):
            return position
        if chunk[position : position + 1] == b"[":
            self._mode, self._depth = "array", 1
            return position + 1
        if self._mode == "array":
            self.stopped = True
        else:
            self._mode = "values"
        return position

    def _past_string(self, chunk: bytes, position: int) -> int:
        match = _STRING.match(chunk, position)
        assert match is not None  # the pattern also matches an empty string
        self._in_string = not match.group(1)
        # Without the string's end, the match stops at the chunk's end, or before a backslash that ends the chunk.
        self._escaped = self._in_string and match.end() < len(chunk)
        return match.end()

    def _take(self, last: bytes) -> bytes | Literal[Cut.TOO_LARGE]:
        pieces, n_bytes = self._pieces, self._pieces_bytes + len(last)
        self._pieces, self._pieces_bytes = [], 0
        if n_bytes > self._max_bytes:
            return Cut.TOO_LARGE
        return b"".join((*pieces, last)) if pieces else last

    def _keep(self, tail: bytes) -> None:
        self._pieces_bytes += len(tail)
        if self._pieces_bytes > self._max_bytes:
            self._pieces.clear()
        elif tail:
            self._pieces.append(tail)


JSON_VALUES: Final = StreamedContainer("json_values", (".json",), lambda head: head.is_json, read_json_values)
"""Every file that begins as JSON and is not JSON Lines, which is tried before."""
