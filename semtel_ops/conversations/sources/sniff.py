"""Which container a file is: by its first bytes, and by its name where bytes leave it open."""

from enum import StrEnum

from semtel_ops.conversations.sources.containers.csv_rows import guess_delimiter
from semtel_ops.conversations.sources.json_text import decode_json

_PACKED_SUFFIXES = (".gz", ".gzip", ".zst", ".zstd")
_LINES_SUFFIXES = (".jsonl", ".ndjson", ".jsonlines")
_TABLE_SUFFIXES = (".csv", ".tsv")

_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xfe", "UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text; save it as UTF-8"),
    (b"PK\x03\x04", "a zip archive; unpack it"),
    (b"BZh", "bzip2; use gzip or Zstandard"),
    (b"\xfd7zXZ", "xz; use gzip or Zstandard"),
    (b"ORC", "ORC; use Parquet"),
    (b"Obj\x01", "Avro; use Parquet or JSON Lines"),
    (b"SQLite format 3", "a SQLite file; read it as a SQL source"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "compressed Parquet; store it uncompressed, it is compressed inside"),
)


class Container(StrEnum):
    """How records are kept in a file, once it is decompressed."""

    LINES = "lines"
    VALUES = "values"
    CSV = "csv"


def sniff(head: bytes, name: str) -> Container | str:
    """Tell the container from the first bytes (not blank, without byte order mark); a text says why it is none."""
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            return f"this is {what}"
    suffix = _suffix(name)
    text = head.lstrip()
    if text[:1] in {b"{", b"["}:
        return _json_kind(text, suffix)
    if _is_binary(head):
        return "its content is not text"
    if suffix in _LINES_SUFFIXES:
        return Container.LINES
    header = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    if suffix in _TABLE_SUFFIXES or guess_delimiter(header) is not None:
        return Container.CSV
    return "it is neither JSON, Parquet nor a CSV with a known header"


def _json_kind(text: bytes, suffix: str) -> Container:
    """Lines where the first line is a value of its own (or longer than we look), else an array or values that span lines."""
    line, end, _ = text.partition(b"\n")
    named_lines = suffix in _LINES_SUFFIXES
    if text[:1] == b"[":
        # An array on one line is a whole file; that each line is an array, only the name can tell.
        return Container.LINES if named_lines and _is_value(line) else Container.VALUES
    if line.strip() == b"{":
        return Container.VALUES
    return Container.LINES if named_lines or not end or _is_value(line) else Container.VALUES


def _is_value(line: bytes) -> bool:
    try:
        decode_json(line)
    except ValueError:
        return False
    return True


def _is_binary(head: bytes) -> bool:
    """NUL, or many bytes that are no UTF-8. What `replace` puts in counts, less one that the cut may have made."""
    if b"\0" in head:
        return True
    text = head.decode("utf-8", "replace")
    return text.count("\ufffd") - 1 > len(text) // 10


def _suffix(name: str) -> str:
    """The last suffix that is not a compressor's, in lower case."""
    lower = name.lower().rsplit("/", 1)[-1]
    for packed in _PACKED_SUFFIXES:
        lower = lower.removesuffix(packed)
    return lower[lower.rfind(".") :] if "." in lower else ""
