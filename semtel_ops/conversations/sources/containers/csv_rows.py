"""CSV and TSV with a header: one record per row, in the columns of any known format."""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from semtel_ops.conversations.sources.containers.container import Head, StreamedContainer
from semtel_ops.conversations.sources.containers.csv_dialect import Dialect, dialect_of, has_escaped_quotes
from semtel_ops.conversations.sources.containers.csv_dialect import fits as fits_header
from semtel_ops.conversations.sources.containers.json_lines import split_lines
from semtel_ops.conversations.sources.encodings import decode_text
from semtel_ops.conversations.sources.formats import canonical_names, columns_problem
from semtel_ops.conversations.sources.records import Raw, Reason, Unreadable
from semtel_ops.humanize import size


def read_csv(chunks: Iterable[bytes], where: str, max_bytes: int) -> Iterator[Raw | Unreadable]:
    """Yield a record for each row after the header; rows are counted from 1, without the header and blank lines."""
    chunks = iter(chunks)
    first = next(chunks, b"")
    if b"\n" not in first:  # only carriage returns, as Excel for Mac ends lines
        first, chunks = first.replace(b"\r", b"\n"), (chunk.replace(b"\r", b"\n") for chunk in chunks)
    dialect, names = dialect_of(first)
    problem = columns_problem(names)
    if dialect is None or problem is not None:
        yield Unreadable(where, Reason.UNKNOWN_COLUMNS, problem or "no known format with its columns")
        return
    # The limit is in characters and global to the process, so other readers may rely on it: raised here, never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), max_bytes))
    lines = _Lines(chain([first], chunks), max_bytes, dialect)
    yield from _rows(lines, dialect, canonical_names(names), where, max_bytes)


def _rows(lines: "_Lines", dialect: Dialect, names: list[str], where: str, max_bytes: int) -> Iterator[Raw | Unreadable]:
    rows = csv.reader(lines, delimiter=dialect.delimiter, skipinitialspace=dialect.spaced)
    number = 0
    while True:
        number += 1
        place = f"{where}:row {number}"
        lines.begin_row()
        try:
            cells = next(rows, None)
        except csv.Error as error:
            yield _unreadable(place, error)
            continue
        if lines.row.too_long:
            yield Unreadable(place, Reason.TOO_LARGE, f"a line near this row is over {size(max_bytes)} and was skipped")
        if cells is None:
            return
        if not cells:
            number -= 1  # a blank line
        elif lines.row.undecoded:
            detail = "its bytes are neither UTF-8 nor plausible as Windows-1252; save the file as UTF-8"
            yield Unreadable(place, Reason.UNKNOWN_ENCODING, detail)
        elif len(cells) != len(names):
            yield Unreadable(place, Reason.MALFORMED_ROW, _mismatch(cells, names, lines.row))
        else:
            yield Raw(place, dict(zip(names, cells, strict=True)), lines.row.repair)


class _Row:
    """What was seen in the lines of a row."""

    def __init__(self) -> None:
        self.too_long = False
        self.undecoded = False
        self.escaped_quotes = False
        self.repair: str | None = None


class _Lines:
    """Text lines with their ends, as csv.reader expects. A line over the limit is left out."""

    def __init__(self, chunks: Iterable[bytes], max_bytes: int, dialect: Dialect) -> None:
        self._numbered = split_lines(chunks, max_bytes)
        self._dialect = dialect
        for _ in range(dialect.header_lines):
            next(self._numbered, None)
        self.row = _Row()

    def begin_row(self) -> None:
        self.row = _Row()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for _, line in self._numbered:
            if line is not None:
                return self._dialect.in_standard_quotes(self._decoded(line)) + "\n"
            self.row.too_long = True
        raise StopIteration

    def _decoded(self, line: bytes) -> str:
        decoded = decode_text(line)
        if decoded is None:
            self.row.undecoded = True
            return line.decode("utf-8", "replace")
        self.row.repair = self.row.repair or decoded.repair
        self.row.escaped_quotes = self.row.escaped_quotes or has_escaped_quotes(decoded.text)
        return decoded.text


def _mismatch(cells: list[str], names: list[str], row: _Row) -> str:
    detail = f"{len(cells)} cells under a header of {len(names)}"
    if row.escaped_quotes:
        return (
            f'{detail}; its quotes are escaped by a backslash (\\"), where CSV doubles them; write the file with doubled quotes'
        )
    return detail


def _unreadable(place: str, error: csv.Error) -> Unreadable:
    """The parser raises the same error for two causes; only its message tells them apart."""
    if "field limit" in str(error):
        return Unreadable(place, Reason.TOO_LARGE, "a field exceeds the limit; check for an unclosed quote")
    return Unreadable(place, Reason.MALFORMED_ROW, "a lone carriage return outside quotes")


def _fits(head: Head) -> bool:
    return not head.is_json and head.is_text and (head.suffix in CSV.suffixes or fits_header(head.data))


CSV: Final = StreamedContainer("csv", (".csv", ".tsv"), _fits, read_csv)
