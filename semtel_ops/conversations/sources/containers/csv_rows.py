"""CSV and TSV with a header: one record per row, in the columns of any known format."""

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
    """The delimiter with which the header has the columns of a known format, or None."""
    for delimiter in _DELIMITERS:
        if fits_columns(_cells(header, delimiter)):
            return delimiter
    return None


def read_csv(chunks: Iterable[bytes], where: str, max_bytes: int) -> Iterator[Raw | Unreadable]:
    """Yield a record for each row after the header; rows are counted from 1, without the header and blank lines."""
    lines = _Lines(chunks, max_bytes)
    header = next(iter(lines), "")
    delimiter = guess_delimiter(header)
    if delimiter is None:
        yield Unreadable(where, Reason.UNKNOWN_COLUMNS, f"no known format with {name_columns(_cells(header, ','))}")
        return
    # The limit is in characters and global to the process, so other readers may rely on it: raised here, never lowered.
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
            yield _unreadable(place, error)
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


def _unreadable(place: str, error: csv.Error) -> Unreadable:
    """The parser raises the same error for two causes; only its message tells them apart."""
    if "field limit" in str(error):
        return Unreadable(place, Reason.TOO_LARGE, "a field exceeds the limit; check for an unclosed quote")
    return Unreadable(place, Reason.MALFORMED_ROW, "a lone carriage return outside quotes")


def _cells(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header.strip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        return []


class _Lines:
    """Text lines with their ends, as csv.reader expects. A line over the limit is left out and sets `too_long`."""

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
