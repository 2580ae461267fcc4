"""Reads a file of any container and format into records and quarantine entries."""

import codecs
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from semtel_ops.conversations.sources.containers import Head, sniff, stored_containers
from semtel_ops.conversations.sources.convert import convert
from semtel_ops.conversations.sources.records import BrokenStreamError, Raw, Reason, Record, Unreadable
from semtel_ops.conversations.sources.streams import open_binary, read_chunks, starts_with
from semtel_ops.humanize import size

_HEAD_BYTES = 1 << 16
_COMPRESSED_SUFFIXES = (".gz", ".gzip", ".zst", ".zstd")


def read_file(url: str, *, max_record_mb: float) -> Iterator[Record | Unreadable]:
    """Read a local path or fsspec URL, one record at a time, in the file's order.

    Broken data never raises: what cannot be read becomes an `Unreadable` with its place, and reading continues after it; of a
    truncated file, everything before the end is read. A file without bytes or with only white space is one entry
    (`empty_file`); an empty array or table yields nothing. Memory is bounded by `max_record_mb` (in 10^6 bytes; a larger record
    is skipped), not by the file.

    Raises:
        SourceError: the storage failed: no such file, no permission, a lost connection.
    """
    max_bytes = int(max_record_mb * 1_000_000)
    with open_binary(url) as file:
        yield from convert(_raws(file, url, max_bytes), max_bytes)


def _raws(file: BinaryIO, url: str, max_bytes: int) -> Iterator[Raw | Unreadable]:
    for stored in stored_containers():
        if starts_with(file, stored.magic, url):
            yield from stored.read(file, url)
            return
    try:
        yield from _texts(read_chunks(file, url), url, max_bytes)
    except BrokenStreamError as error:
        yield Unreadable(url, Reason.BROKEN_FILE, f"{error}; earlier records were read")


def _texts(chunks: Iterator[bytes], url: str, max_bytes: int) -> Iterator[Raw | Unreadable]:
    head, rest = _head(chunks)
    if not head.strip():
        blank = next(rest, None) is None
        yield (
            Unreadable(url, Reason.EMPTY_FILE, "the file is empty or contains only white space")
            if blank
            else Unreadable(url, Reason.NOT_DATA, f"its first {size(len(head))} are white space")
        )
        return
    head = head.removeprefix(codecs.BOM_UTF8)
    container = sniff(Head(head, _suffix(url)))
    if isinstance(container, str):
        yield Unreadable(url, Reason.NOT_DATA, container)
        return
    yield from container.read(chain([head], rest), url, max_bytes)


def _head(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first `_HEAD_BYTES` or more, and the chunks after them. A BrokenStreamError is raised only by the latter."""
    head = bytearray()
    try:
        for chunk in chunks:
            head += chunk
            if len(head) >= _HEAD_BYTES:
                break
    except BrokenStreamError as error:
        return bytes(head), _raising(error)
    return bytes(head), chunks


def _raising(error: BrokenStreamError) -> Iterator[bytes]:
    yield from ()
    raise error


def _suffix(name: str) -> str:
    """The last suffix that does not name a compression, in lower case."""
    lower = name.lower().rsplit("/", 1)[-1]
    for suffix in _COMPRESSED_SUFFIXES:
        lower = lower.removesuffix(suffix)
    return lower[lower.rfind(".") :] if "." in lower else ""
