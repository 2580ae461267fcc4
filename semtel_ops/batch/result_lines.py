"""Reads the lines of a result file, whatever a server made of JSONL on the way.

Read are UTF-8 and UTF-16 with or without a byte order mark, gzip, zip, a JSON array over one line or one element a line, events
of a stream, objects without a line end between them, and JSON that a strict parser refuses (`endpoints.lenient_json`). Only a
line is in memory, and only so much of it.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from semtel_ops.endpoints.lenient_json import read_json

_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_GZIP_FORMAT = 31  # of zlib
_CHUNK_BYTES = 64 * 1024
_ZIP = b"PK"
_AROUND = b" \x1e\x00,"  # RFC 7464, padding
_GLUED = re.compile(rb"\}\s*(?:\\n\s*)?\{(?=\s*\"(?:id|custom_id)\")")
_MOST_AROUND_LIST = 4  # fields of an object around a list: object, data, has_more, last_id
_UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"{\x00": "utf-16-le", b"\x00{": "utf-16-be"}
_MAX_LINE_BYTES = 16 * 1024 * 1024
_MAX_UNPACKED_BYTES = 8 * 1024**3
"""Of a compressed file; an input file has at most some 200 MB."""


class ResultLines:
    """The objects of a result file in order; None for a line that is not a JSON object. Blank lines are skipped.

    Attributes:
        cut: whether the file ended within a line, or within its compressed data.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.cut = False

    def __iter__(self) -> Iterator[dict[str, Any] | None]:
        for raw in self._raw_lines():
            line = raw.strip().removeprefix(_BOM)
            # An array with an element a line.
            if not line or line in {b"[", b"]", b"],", b","}:
                continue
            value = None if len(line) >= _MAX_LINE_BYTES else _value(line)
            if isinstance(value, list):
                yield from (item if isinstance(item, dict) else None for item in value)
                continue
            self.cut = not isinstance(value, dict) and not raw.endswith(b"\n")
            yield value if isinstance(value, dict) else None

    def _raw_lines(self) -> Iterator[bytes]:
        """Lines as bytes of UTF-8; one that is too long is cut."""
        head = self._file.read(2)
        self._file.seek(-len(head), io.SEEK_CUR)
        source: IO[bytes] | IO[str] = self._file
        packed = _Unpacked(self._file) if head == _GZIP else None
        if packed is not None:
            source = io.BufferedReader(packed)
        elif head == _ZIP:
            source = _member(self._file)
        elif head in _UTF_16:
            source = io.TextIOWrapper(
                io.BufferedReader(_Unclosed(self._file)), encoding=_UTF_16[head], errors="replace", newline="\n"
            )
        while raw := _line_of(source):
            whole = raw if isinstance(raw, bytes) else raw.encode()
            yield whole
            if len(raw) >= _MAX_LINE_BYTES and whole[-1:] != b"\n":
                _skip_line(source)
        if packed is not None and packed.damaged:
            yield b"\x00"


def _value(line: bytes) -> Any:
    """The value of a line; a list for a line with several objects."""
    value = read_json(line.removesuffix(b","), max_bytes=_MAX_LINE_BYTES)
    if value is not None:
        listed = value.get("data") if isinstance(value, dict) and len(value) <= _MOST_AROUND_LIST else None
        return listed if isinstance(listed, list) and all(isinstance(item, dict) for item in listed) else value
    bare = line.removeprefix(b"data:").strip(_AROUND).removeprefix(b"[").strip()
    for end in (b"", b"]"):
        inner = bare.removesuffix(end).rstrip(b", ")
        value = read_json(inner, max_bytes=_MAX_LINE_BYTES)
        if value is not None:
            return value
    if _GLUED.search(bare):
        return read_json(b"[" + _GLUED.sub(b"},{", bare) + b"]", max_bytes=_MAX_LINE_BYTES)
    return None


def read_lines(file: IO[bytes]) -> ResultLines:
    """The lines of a file that is open at its beginning and can be sought."""
    return ResultLines(file)


def _member(file: IO[bytes]) -> IO[bytes]:
    """The only file in an archive; the archive itself, which is no line, if it is damaged, too large or has several."""
    try:
        archive = zipfile.ZipFile(file)
        (member,) = archive.infolist()
        if member.file_size <= _MAX_UNPACKED_BYTES:
            return archive.open(member)
    except (zipfile.BadZipFile, ValueError, RuntimeError, NotImplementedError):
        pass
    return io.BytesIO(b"\x00")


def _line_of(source: IO[bytes] | IO[str]) -> bytes | str:
    try:
        return source.readline(_MAX_LINE_BYTES)
    except (zipfile.BadZipFile, zlib.error, EOFError):  # a damaged archive ends early
        return b""


class _Unclosed(io.RawIOBase):
    """A file that stays open when its wrapper is collected."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Unpacked(io.RawIOBase):
    """The content of a gzip file. One that is cut or damaged ends early, so that what came before is kept.

    Attributes:
        damaged: whether it ended early.
    """

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self._stream = zlib.decompressobj(_GZIP_FORMAT)
        self._rest = b""
        self._left = _MAX_UNPACKED_BYTES
        self.damaged = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            packed = self._rest or self._file.read(_CHUNK_BYTES)
            if self._stream.eof:
                if not packed.startswith(_GZIP):
                    return 0
                self._stream = zlib.decompressobj(_GZIP_FORMAT)  # another member
            try:
                data = self._stream.decompress(packed, len(buffer))
            except zlib.error:
                self.damaged = True
                return 0
            self._rest = self._stream.unconsumed_tail or self._stream.unused_data
            self._left -= len(data)
            if self._left < 0 or not (packed or data):
                self.damaged = True
                return 0
            if data:
                buffer[: len(data)] = data
                return len(data)


def _skip_line(file: IO[bytes] | IO[str]) -> None:
    while rest := file.readline(_MAX_LINE_BYTES):
        if rest[-1:] in {b"\n", "\n"}:
            return
