"""The dialect of a CSV file: its delimiter, and how quotes inside quotes are written."""

import csv
import re
from dataclasses import dataclass

from semtel_ops.conversations.sources.encodings import decode_anyway
from semtel_ops.conversations.sources.formats import fits_columns

_DELIMITERS = (",", "\t", ";", "|")
# Excel reads the delimiter from this line and does not show it.
_SEP_LINE = re.compile(r'\ufeff?"?sep=(?P<delimiter>[^\r\n"])"?\r?', re.IGNORECASE)
# A cell of JSON that begins with an escaped quote: with doubled quotes its beginning would be "[{"".
_ESCAPED_JSON = re.compile(rb'(?:^|[,;|\t\n])"[\[{][\[{\s]*\\"')
_BACKSLASHES_AND_QUOTE = re.compile(r'(\\+)"')
_ESCAPED_QUOTE = '\\"'


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file's rows are written.

    Attributes:
        delimiter: between cells.
        header_lines: lines before the first row.
        spaced: whether a space follows each delimiter and is none of the cell.
        backslash: whether a quote inside quotes is written with a backslash before it, as Spark does.
    """

    delimiter: str
    header_lines: int
    spaced: bool
    backslash: bool

    def in_standard_quotes(self, line: str) -> str:
        """The line with doubled quotes. A backslash before others than quotes is itself: JSON has many."""
        return _BACKSLASHES_AND_QUOTE.sub(_doubled, line) if self.backslash else line


def dialect_of(head: bytes) -> tuple[Dialect | None, list[str]]:
    """The dialect of a file that begins with `head`, or None where its header fits no format; and the header's names."""
    header, header_lines, delimiters = _header(head)
    for delimiter in delimiters:
        names = _cells(header, delimiter)
        if fits_columns(names):
            spaced = header.count(delimiter) == header.count(f"{delimiter} ")
            return Dialect(delimiter, header_lines, spaced, _ESCAPED_JSON.search(head) is not None), names
    return None, _cells(header, delimiters[0])


def fits(head: bytes) -> bool:
    """Whether the header has the columns of a known format."""
    return dialect_of(head)[0] is not None


def has_escaped_quotes(line: str) -> bool:
    return _ESCAPED_QUOTE in line


def _header(head: bytes) -> tuple[str, int, tuple[str, ...]]:
    """The line of the header, its number, and the delimiters to try."""
    text = head.lstrip(b"\r\n")
    blank = head[: len(head) - len(text)].count(b"\n")
    lines = [decode_anyway(line).text for line in text.split(b"\n", 2)[:2]]
    sep = _SEP_LINE.fullmatch(lines[0])
    if sep is None:
        return lines[0], blank + 1, _DELIMITERS
    return lines[1] if len(lines) > 1 else "", blank + 2, (sep["delimiter"],)


def _cells(header: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([header.strip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        return []
    return [name.strip("\ufeff \t") for name in cells]


def _doubled(found: "re.Match[str]") -> str:
    """Of the backslashes before a quote each pair stands for one; a single one that is left escapes the quote."""
    pairs, escapes = divmod(len(found[1]), 2)
    return "\\" * pairs + ('""' if escapes else '"')
