"""JSON Lines: one value per line. Split at line feeds only: `splitlines` would also split at U+2028 and others inside text."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from semtel_ops.conversations.sources.containers.container import Head, StreamedContainer
from semtel_ops.conversations.sources.containers.json_values import split_values
from semtel_ops.conversations.sources.json_text import decode_json, read_json
from semtel_ops.conversations.sources.records import Raw, Reason, Unreadable
from semtel_ops.humanize import size

_BETWEEN = b", \t\r"
"""What may stand between values that share a line; a carriage return alone ended lines once."""


def read_json_lines(chunks: Iterable[bytes], where: str, max_bytes: int) -> Iterator[Raw | Unreadable]:
    """Yield the value of each line that is not blank; `where` names the file in each place."""
    for number, line in split_lines(chunks, max_bytes):
        if line is None:
            yield Unreadable(f"{where}:line {number}", Reason.TOO_LARGE, f"the line is over {size(max_bytes)}")
            continue
        if not line or line.isspace():
            continue
        yield from _values(line, f"{where}:line {number}", max_bytes)


def _values(line: bytes, place: str, max_bytes: int) -> Iterator[Raw | Unreadable]:
    """The value of a line; its values, where a line end is missing between them or a comma follows."""
    try:
        value, repair = read_json(line)
    except ValueError as error:
        several = _several(line, max_bytes)
        if several is None:
            detail = f"the line ({size(len(line))}) is not one JSON value: {error}"
            yield Unreadable(place, Reason.INVALID_JSON, detail)
            return
        repair = "several values, or a comma after the value, are in one line"
        for number, each in enumerate(several, start=1):
            yield Raw(place if len(several) == 1 else f"{place}, value {number}", each, repair)
        return
    yield Raw(place, value, repair)


def _several(line: bytes, max_bytes: int) -> list[Any] | None:
    """The objects that a line consists of, or None where it has anything else."""
    if b"{" not in line:
        return None
    pieces = [piece for piece in split_values([line.rstrip(_BETWEEN)], max_bytes) if piece]
    if not pieces or not all(isinstance(piece, bytes) and piece.lstrip(_BETWEEN)[:1] == b"{" for piece in pieces):
        return None
    try:
        return [decode_json(piece.lstrip(_BETWEEN)) for piece in pieces if isinstance(piece, bytes)]
    except ValueError:
        return None


def split_lines(chunks: Iterable[bytes], max_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield (number from 1, line without its end); None for a line over `max_bytes`, which is never whole in memory."""
    number = 1
    pending: list[bytes] = []  # of the current line, from earlier chunks
    pending_bytes = 0  # counted even after `pending` was dropped
    for chunk in chunks:
        *ended, tail = chunk.split(b"\n")
        for piece in ended:
            yield number, _join(pending, pending_bytes, piece, max_bytes)
            pending, pending_bytes = [], 0
            number += 1
        pending_bytes += len(tail)
        if pending_bytes > max_bytes:
            pending = []
        elif tail:
            pending.append(tail)
    if pending_bytes:
        yield number, _join(pending, pending_bytes, b"", max_bytes)


def _join(pending: list[bytes], pending_bytes: int, piece: bytes, max_bytes: int) -> bytes | None:
    if pending_bytes + len(piece) > max_bytes:
        return None
    return b"".join((*pending, piece)) if pending else piece


def _fits(head: Head) -> bool:
    """Whether the first line is a JSON value, or longer than the head; a single array is a file of JSON values instead."""
    named = head.suffix in JSON_LINES.suffixes
    if not head.is_json:
        return named and head.is_text
    line, end, _ = head.data.lstrip().partition(b"\n")
    if line[:1] == b"[":
        # An array in the first line may be the whole file: only the file's name says that each line is an array.
        return named and _is_value(line)
    return line.strip() != b"{" and (named or not end or _is_value(line))


def _is_value(line: bytes) -> bool:
    try:
        decode_json(line)
    except ValueError:
        return False
    return True


JSON_LINES: Final = StreamedContainer("json_lines", (".jsonl", ".ndjson", ".jsonlines"), _fits, read_json_lines)
