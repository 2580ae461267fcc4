"""The two kinds of containers, and what the beginning of a file says about its content."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from semtel_ops.conversations.sources.records import Raw, Unreadable

# Compared without regard to case: people write <!DOCTYPE in any.
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook; unpack it, or save the sheet as CSV UTF-8"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it"),
    (b"Rar!", "a RAR archive; unpack it"),
    (b"\x1f\x8b", "compressed twice; decompress it once"),
    (b"\x28\xb5\x2f\xfd", "compressed twice; decompress it once"),
    (b"\x04\x22\x4d\x18", "LZ4; use gzip or Zstandard"),
    (b"\xff\x06\x00\x00sNaPpY", "Snappy; use gzip or Zstandard"),
    (b"]\x00\x00", "LZMA; use gzip or Zstandard"),
    (b"BZh", "bzip2; use gzip or Zstandard"),
    (b"\xfd7zXZ", "xz; use gzip or Zstandard"),
    (b"ARROW1", "Arrow IPC or Feather; use Parquet"),
    (b"FEA1", "Feather; use Parquet"),
    (b"\xff\xff\xff\xff", "an Arrow stream; use Parquet"),
    (b"PARE", "encrypted Parquet; decrypt it"),
    (b"ORC", "ORC; use Parquet"),
    (b"Obj\x01", "Avro; use Parquet or JSON Lines"),
    (b"SQLite format 3", "a SQLite file; read it as a SQL source"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file; save it as CSV UTF-8"),
    (b"\x80\x04\x95", "a Python pickle; write Parquet or JSON Lines"),
    (b"\x80\x05\x95", "a Python pickle; write Parquet or JSON Lines"),
    (b"version https://git-lfs", "the pointer to a file in Git LFS; run `git lfs pull`"),
    (b"<!doctype", "a web page, perhaps the error of a download"),
    (b"<html", "a web page, perhaps the error of a download"),
    (b"<?xml", "XML, perhaps the error of a download"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "compressed Parquet; store it uncompressed, it is compressed inside"),
)
_FOREIGN_BYTES = 32
_TAR_AT = 257


class Head(NamedTuple):
    """The beginning of a decompressed file.

    Attributes:
        data: the first bytes, without byte order mark; never only white space.
        suffix: the last suffix of the file's name that does not name a compression, in lower case: `.jsonl`.
    """

    data: bytes
    suffix: str

    @property
    def foreign(self) -> str | None:
        """Name of a kind of file that is not supported, with what to do about it; None for all others."""
        start = self.data[:_FOREIGN_BYTES].lower()
        tar = self.data[_TAR_AT : _TAR_AT + 5] == b"ustar"
        return (
            "a tar archive; unpack it"
            if tar
            else next((what for magic, what in _FOREIGN if start.startswith(magic.lower())), None)
        )

    @property
    def is_binary(self) -> bool:
        """Whether more than 1 % are NUL, or more than a tenth of the characters are not UTF-8 (the cut may cause one)."""
        if self.data.count(0) > len(self.data) // 100:
            return True
        text = self.data.decode("utf-8", "replace")
        return text.count("\ufffd") - 1 > len(text) // 10

    @property
    def is_text(self) -> bool:
        return self.foreign is None and not self.is_binary

    @property
    def is_json(self) -> bool:
        """Whether the file begins as a JSON object or array does."""
        return self.data.lstrip()[:1] in {b"{", b"["}


@dataclass(frozen=True, slots=True)
class StreamedContainer:
    """Records one after the other in a file that is read from its beginning to its end, compressed or not.

    Attributes:
        name: as in the registry.
        suffixes: of file names, with their dots.
        fits: whether a file that begins with this head is such a container; containers are tried in the registry's order.
        read: (chunks of the decompressed file, its URL, maximum bytes of a record) -> raw records, each with its place. What
            cannot be read becomes an `Unreadable`, and reading continues after it.
    """

    name: str
    suffixes: tuple[str, ...]
    fits: Callable[[Head], bool]
    read: Callable[[Iterable[bytes], str, int], Iterator[Raw | Unreadable]]


@dataclass(frozen=True, slots=True)
class StoredContainer:
    """Records in a file whose reader seeks, so the file is never decompressed as a whole.

    Attributes:
        name: as in the registry.
        suffixes: of file names, with their dots.
        magic: the first bytes of every such file.
        read: (the open file, its URL) -> raw records, as in a streamed container.
    """

    name: str
    suffixes: tuple[str, ...]
    magic: bytes
    read: Callable[[BinaryIO, str], Iterator[Raw | Unreadable]]


Container = StreamedContainer | StoredContainer
