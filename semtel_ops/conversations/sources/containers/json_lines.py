"""JSON Lines: one value a line, cut at line feeds only: real text holds U+2028 and more that `splitlines` takes for ends."""

from collections.abc import Iterable, Iterator
from typing import Final

from semtel_ops.conversations.sources.containers.container import Head, StreamedContainer
from semtel_ops.conversations.sources.json_text import decode_json
from semtel_ops.conversations.sources.records import Raw, Reason, Unreadable
from semtel_ops.humanize import size


def read_json_lines(chunks: Iterable[bytes], where: str, max_bytes: int) -> Iterator[Raw | Unreadable]:
    """Yield the value of each line that is not blank; `where` names the file in each place."""
    for number, line in split_lines(chunks, max_bytes):
        if line is None:
            yield Unreadable(f"{where}:line {number}", Reason.TOO_LARGE, f"the line is over {size(max_bytes)}")
            continue
        if not line or line.isspace():
            continue
        try:
            value = decode_json(line)
        except ValueError:
            yield Unreadable(
                f"{where}:line {number}", Reason.INVALID_JSON, f"the line ({size(len(line))}) is not one JSON value"
            )
            continue
        yield Raw(f"{where}:line {number}", value)


def split_lines(chunks: Iterable[bytes], max_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield (number from 1, line without its end), with None for a line over `max_bytes`, which is never held whole."""
    number = 1
    pending: list[bytes] = []
    held = 0
    for chunk in chunks:
        *ended, tail = chunk.split(b"\n")
        for piece in ended:
            yield number, _whole(pending, held, piece, max_bytes)
            pending, held = [], 0
            number += 1
        held += len(tail)
        if held > max_bytes:
            pending = []
        elif tail:
            pending.append(tail)
    if held:
        yield number, _whole(pending, held, b"", max_bytes)


def _whole(pending: list[bytes], held: int, piece: bytes, max_bytes: int) -> bytes | None:
    if held + len(piece) > max_bytes:
        return None
    return b"".join((*pending, piece)) if pending else piece


def _fits(head: Head) -> bool:
    """Where the first line is a value of its own, or longer than we look, and not a whole file that is one array."""
    named = head.suffix in JSON_LINES.suffixes
    if not head.is_json:
        return named and head.is_text
    line, end, _ = head.data.lstrip().partition(b"\n")
    if line[:1] == b"[":
        # An array on one line is a whole file; that each line is an array, only the name can tell.
        return named and _is_value(line)
    return line.strip() != b"{" and (named or not end or _is_value(line))


def _is_value(line: bytes) -> bool:
    try:
        decode_json(line)
    except ValueError:
        return False
    return True


JSON_LINES: Final = StreamedContainer("json_lines", (".jsonl", ".ndjson", ".jsonlines"), _fits, read_json_lines)
