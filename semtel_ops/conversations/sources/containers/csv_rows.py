"""CSV and TSV with a header: one record a row, in the columns of any format we know."""

import csv
from collections.abc import Iterable, Iterator
from typing import Final

from semtel_ops.conversations.sources.containers.columns import unfold
from semtel_ops.conversations.sources.containers.container import Head, StreamedContainer
from semtel_ops.conversations.sources.containers.json_lines import split_lines
from semtel_ops.conversations.sources.formats import fits_columns, name_columns
from semtel_ops.conversations.sources.records import Raw, Reason, Unreadable
from semtel_ops.humanize import size

_DELIMITERS = (",", "\t", ";", "|")


def guess_delimiter(header: str) -> str | None:
    """The delimiter under which the header names the columns of a format we know; None when there is none."""
    for delimiter in _DELIMITERS:
        if fits_columns(_cells(header, delimiter)):
            return delimiter
    return None


def read_csv(chunks: Iterable[bytes], where: str, max_bytes: int) -> Iterator[Raw | Unreadable]:
    """Yield a record for each row after the header; rows count from 1, as a spreadsheet without its header would."""
    lines = _Lines(chunks, max_bytes)
    header = next(iter(lines), "")
    delimiter = guess_delimiter(header)
    if delimiter is None:
        yield Unreadable(where, Reason.UNKNOWN_COLUMNS, f"no known format with {name_columns(_cells(header, ','))}")
        return
    # A field's bound is global to the process and in characters: raised here, never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), max_bytes))
    names = [name.strip() for name in _cells(header, delimiter)]
    rows = csv.reader(lines, delimiter=delimiter)
    number = 0
    while True:
        number += 1
        place = f"{where}:row {number}"
        lines.too_long = False
        try:
            cells = next(rows, None)
        except csv.Error as error:
            yield _refused(place, error)
            continue
        if lines.too_long:
            yield Unreadable(place, Reason.TOO_LARGE, f"a line near this row is over {size(max_bytes)} and was skipped")
        if cells is None:
            return
        if not cells:
            number -= 1  # a blank line
        elif len(cells) != len(names):
            yield Unreadable(place, Reason.MALFORMED_ROW, f"{len(cells)} cells under a header of {len(names)}")
        else:
            yield Raw(place, unfold(dict(zip(names, cells, strict=True))))


def _refused(place: str, error: csv.Error) -> Unreadable:
    """Tell the parser's two complaints apart by its own words: it has no other sign."""
    if "field limit" in str(error):
        return Unreadable(place, Reason.TOO_LARGE, "a field exceeds the limit; check for an unclosed quote")
    return Unreadable(place, Reason.MALFORMED_ROW, "a lone carriage return outside quotes")


def _cells(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header.strip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        return []


class _Lines:
    """Text lines with their ends, as csv.reader wants them; lines over the limit are left out and noted."""

    def __init__(self, chunks: Iterable[bytes], max_bytes: int) -> None:
        self._numbered = split_lines(chunks, max_bytes)
        self.too_long = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for _, line in self._numbered:
            if line is not None:
                return line.decode("utf-8", "replace") + "\n"
            self.too_long = True
        raise StopIteration


def _fits(head: Head) -> bool:
    header = head.data.split(b"\n", 1)[0].decode("utf-8", "replace")
    return not head.is_json and head.is_text and (head.suffix in CSV.suffixes or guess_delimiter(header) is not None)


CSV: Final = StreamedContainer("csv", (".csv", ".tsv"), _fits, read_csv)
