"""Reads a file of any container and format into records and quarantine entries."""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from semtel_ops.concealed import shown_name
from semtel_ops.conversations.sources.containers import Head, sniff, stored_containers
from semtel_ops.conversations.sources.convert import convert
from semtel_ops.conversations.sources.encodings import as_utf8
from semtel_ops.conversations.sources.records import BrokenStreamError, Raw, Reason, Record, Unreadable
from semtel_ops.conversations.sources.streams import (
    DEFAULT_MAX_EXPANSION,
    FREE_EXPANSION_BYTES,
    open_binary,
    read_chunks,
    starts_with,
    stored_bytes,
)
from semtel_ops.humanize import size

_HEAD_BYTES = 1 << 16
_RECORD_CHARS = 512
_COMPRESSED_SUFFIXES = (".gz", ".gzip", ".zst", ".zstd")


def read_file(url: str, *, max_record_mb: float, max_expansion: float = DEFAULT_MAX_EXPANSION) -> Iterator[Record | Unreadable]:
    """Read a local path or fsspec URL, one record at a time, in the file's order.

    Broken data never raises: what cannot be read becomes an `Unreadable` with its place, and reading continues after it; of a
    truncated file, everything before the end is read. A file without bytes or with only white space is one entry
    (`empty_file`); an empty array or table yields nothing. Memory is bounded by `max_record_mb` (in 10^6 bytes; a larger record
    is skipped), not by the file. A file whose content is over 256 MB and over `max_expansion` times its size is read up to this
    point.

    Raises:
        SourceError: the storage failed: no such file, no permission, a lost connection.
    """
    max_bytes = int(max_record_mb * 1_000_000)
    with open_binary(url) as file:
        suffix, url = _suffix(url), shown_name(url)
        stored = next((known for known in stored_containers() if starts_with(file, known.magic, url)), None)
        n_bytes = stored_bytes(file, url)
        raws = _raws(file, url, suffix, max_bytes, max_expansion) if stored is None else stored.read(file, url)
        yield from _bounded(convert(raws, max_bytes), n_bytes, url, max_expansion)


def _bounded(
    records: Iterator[Record | Unreadable], n_bytes: int, url: str, max_expansion: float
) -> Iterator[Record | Unreadable]:
    """The records, as long as they are not too many times as large as the file: repetition is stored in no space.

    Each record counts, too, whether it can be read or not: millions of empty ones take hours.
    """
    allowed = max(FREE_EXPANSION_BYTES, max_expansion * n_bytes)
    n_chars = 0
    for item in records:
        n_chars += _RECORD_CHARS + (item.chars if isinstance(item, Record) else 0)
        if n_chars > allowed:
            detail = f"its records are over {max_expansion:g} times its size; if that is right, raise source.max_expansion"
            yield Unreadable(url, Reason.EXPANDS_TOO_FAR, f"{detail}; earlier records were read")
            return
        yield item


def _raws(file: BinaryIO, url: str, suffix: str, max_bytes: int, max_expansion: float) -> Iterator[Raw | Unreadable]:
    try:
        yield from _texts(as_utf8(read_chunks(file, url, max_expansion=max_expansion)), url, suffix, max_bytes)
    except BrokenStreamError as error:
        yield Unreadable(url, error.reason, f"{error}; earlier records were read")


def _texts(chunks: Iterator[bytes], url: str, suffix: str, max_bytes: int) -> Iterator[Raw | Unreadable]:
    head, rest = _head(chunks)
    if not head.strip():
        blank = next(rest, None) is None
        yield (
            Unreadable(url, Reason.EMPTY_FILE, "the file is empty or contains only white space")
            if blank
            else Unreadable(url, Reason.NOT_DATA, f"its first {size(len(head))} are white space")
        )
        return
    container = sniff(Head(head, suffix))
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
