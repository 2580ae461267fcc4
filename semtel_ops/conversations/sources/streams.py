"""A file's bytes as chunks of bounded size, decompressed: gzip and Zstandard are recognized by their first bytes."""

import os
import re
import stat
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from semtel_ops.concealed import shown_name
from semtel_ops.conversations.sources.records import BrokenStreamError, Reason
from semtel_ops.errors import SourceError

CHUNK_BYTES = 1 << 20
DEFAULT_MAX_EXPANSION = 250.0
FREE_EXPANSION_BYTES = 256_000_000
"""Up to this size, a file may expand by any factor: a small one may be a single word, many times."""
# Zstandard has no limit on the output of a call. Four bytes can decompress to 128 KiB, so 4 KiB yield at most 128 MiB.
_ZSTD_INPUT_BYTES = 4096
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# pzstd begins with a frame that is skipped: 16 magic numbers, of which the first byte counts.
_ZSTD_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
_ZSTD_LONG = "it needs a window of over 128 MiB to decompress; compress it again without --long or --ultra"


def open_binary(url: str) -> BinaryIO:
    """Open a local path or an fsspec URL for reading.

    Raises:
        SourceError: the file does not exist or cannot be opened.
    """
    try:
        # A local name may have the marks of a URL in it.
        filesystem, path = fsspec.core.url_to_fs(url) if "://" in url else (fsspec.filesystem("file"), url)
        if isinstance(filesystem, LocalFileSystem) and not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 — a URL's path
            # Opening a pipe would wait for ever.
            raise SourceError(f"{shown_name(url)}: is a folder, a pipe, a socket or a device; give a file")
        return cast("BinaryIO", filesystem.open(path, "rb"))
    except (OSError, ValueError, ImportError) as error:
        raise SourceError(
            f"{shown_name(url)}: cannot be opened ({_cause(error)}); check the path and its permissions"
        ) from error


def starts_with(file: BinaryIO, magic: bytes, url: str) -> bool:
    """Whether these are the file's first bytes. The position is at the start again afterwards.

    Raises:
        SourceError: the storage failed while reading.
    """
    try:
        matches = file.read(len(magic)) == magic
        file.seek(0)
    except OSError as error:
        raise _reading_failed(url, error) from error
    return matches


def stored_bytes(file: BinaryIO, url: str) -> int:
    """The size of the file as it is stored. The position is at the start afterwards.

    Raises:
        SourceError: the storage failed.
    """
    try:
        n_bytes = file.seek(0, os.SEEK_END)
        file.seek(0)
    except OSError as error:
        raise _reading_failed(url, error) from error
    return n_bytes


def read_chunks(file: BinaryIO, url: str, *, max_expansion: float = DEFAULT_MAX_EXPANSION) -> Iterator[bytes]:
    """Yield the file's content, decompressed where it is compressed; chunks are never empty.

    Raises:
        BrokenStreamError: the data is damaged or incomplete, or expands to more than `FREE_EXPANSION_BYTES` and `max_expansion`
            times its size; raised after everything before it.
        SourceError: the storage failed while reading.
    """
    stored = _stored_chunks(file, url)
    first = next(stored, b"")
    if first.startswith(_GZIP_MAGIC):
        return _bounded(_gunzip(first, stored), file, max_expansion)
    if first.startswith(_ZSTD_MAGIC) or _ZSTD_SKIPPABLE.match(first):
        return _bounded(_unzstd(first, stored), file, max_expansion)
    return _joined(first, stored)


def _bounded(chunks: Iterator[bytes], file: BinaryIO, max_expansion: float) -> Iterator[bytes]:
    """The chunks, as long as they are together not too many times as large as what was read of the file."""
    n_bytes = 0
    for chunk in chunks:
        n_bytes += len(chunk)
        if n_bytes > FREE_EXPANSION_BYTES and n_bytes > max_expansion * file.tell():
            detail = f"it expands to more than {max_expansion:g} times its size; if that is right, raise source.max_expansion"
            raise BrokenStreamError(detail, Reason.EXPANDS_TOO_FAR)
        yield chunk


def _stored_chunks(file: BinaryIO, url: str) -> Iterator[bytes]:
    while True:
        try:
            chunk = file.read(CHUNK_BYTES)
        except OSError as error:
            raise _reading_failed(url, error) from error
        if not chunk:
            return
        yield chunk


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _gunzip(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Several gzip members, as in `cat a.gz b.gz`; zero bytes between or after members are padding."""
    member = zlib.decompressobj(wbits=31)
    for chunk in _joined(first, rest):
        data = chunk
        while data:
            if member.eof:
                data = data.lstrip(b"\0")
                if not data:
                    break
                member = zlib.decompressobj(wbits=31)
            out = _inflate(member, data)
            data = member.unused_data if member.eof else member.unconsumed_tail
            if out:
                yield out
    while not member.eof:
        out = _inflate(member, b"")  # output that exceeded the size of the last chunk
        if not out:
            raise BrokenStreamError("the gzip data ends before its end marker: the file is incomplete")
        yield out


def _inflate(member: "zlib._Decompress", data: bytes) -> bytes:
    try:
        return member.decompress(data, CHUNK_BYTES)
    except zlib.error:
        raise BrokenStreamError("the gzip data is damaged") from None


def _unzstd(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    import zstandard

    decompressor = zstandard.ZstdDecompressor()
    frame = decompressor.decompressobj()
    for chunk in _joined(first, rest):
        for start in range(0, len(chunk), _ZSTD_INPUT_BYTES):
            data = chunk[start : start + _ZSTD_INPUT_BYTES]
            while data:
                if frame.eof:
                    frame = decompressor.decompressobj()
                try:
                    out = frame.decompress(data)
                except (zstandard.ZstdError, MemoryError) as error:
                    detail = _ZSTD_LONG if "too much memory" in str(error) else "the Zstandard data is damaged"
                    raise BrokenStreamError(detail) from None
                data = frame.unused_data if frame.eof else b""
                if out:
                    yield out
    if not frame.eof:
        raise BrokenStreamError("the Zstandard data ends before its end marker: the file is incomplete")


def _reading_failed(url: str, error: Exception) -> SourceError:
    return SourceError(f"{url}: reading failed ({_cause(error)}); run the same command again to retry")


def _cause(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
