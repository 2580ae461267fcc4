"""Classifies the lines of a text as prose, code, pasted data, or repetition of earlier text.

Each line is read once and classified alone, except that code lasts from fence to fence and repetition has a minimum length.
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final

LEAST_REPEATED_CHARS: Final = 300
"""Shorter text is not treated as pasted. A repeated question is a signal and must stay."""


class BlockKind(StrEnum):
    """What the lines of a block are."""

    PROSE = "prose"
    CODE = "code"  # between fences, fences included
    DATA = "data"  # logs, tables, CSV, JSON, stack traces, dumps
    REPEATED = "repeated"  # lines of earlier turns, quoted or not


@dataclass(frozen=True, slots=True)
class Block:
    """lines[start:end], which are of the same kind."""

    kind: BlockKind
    start: int
    end: int


_FENCE: Final = re.compile(r"\s{0,3}(```|~~~)")
_DATA_LINE: Final = re.compile(
    r"""\s*+(?:
        [\[(]?\d{4}-\d\d-\d\d[T ,\t]                             # log lines that begin with a date
      | [\[(]?\d\d:\d\d:\d\d\b
      | [A-Z][a-z]{2}\ [ \d]\d\ \d\d:\d\d:\d\d\b                 # syslog
      | [\[(]?(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b[\]):]
      | at\ [\w$.<>]{3,200}\(|File\ "[^"\n]{1,300}",\ line\ \d   # stack traces
      | "[^"\n]{0,200}"\s?:|[\]}\[{]{1,4},?\s*$                  # pretty-printed JSON
      | [0-9a-fA-F]{4,16}:?(?:\ {1,2}[0-9a-fA-F]{2,4}){4}         # hex dumps
      | [-+\d\s.,:;|/()%$€£]{8,}$                                 # only numbers
      | [A-Za-z0-9+/]{60,}={0,2}$                                # base64
      | \|(?:[^|\n]*+\|){2}                                      # tables
      | (?:[^\t\n]*+\t){2}
      | (?:[^,\n]*+,(?!\ )){3}                                   # CSV, not enumerations in prose
      | (?:[^;\n]*+;(?!\ )){3}
    )""",
    re.VERBOSE,
)


def key_of(line: str) -> str:
    """A line without indentation and without the quotation marks of e-mail; lines with equal keys count as the same."""
    return line.lstrip("> \t|").rstrip()


def blocks(lines: Sequence[str], seen: Container[str]) -> Iterator[Block]:
    """Divide the lines into blocks, in order and without gaps. `seen`: keys of the lines of earlier turns."""
    kinds = list(_kinds(lines))
    for start, end in _repeated(lines, seen):
        kinds[start:end] = [BlockKind.REPEATED] * (end - start)
    start = 0
    for kind, group in groupby(kinds):
        end = start + sum(1 for _ in group)
        yield Block(kind, start, end)
        start = end


def _kinds(lines: Sequence[str]) -> Iterator[BlockKind]:
    """The kind of each line, without repetition; a blank line is of the kind of the line before."""
    kind, fence = BlockKind.PROSE, ""
    for line in lines:
        mark = _FENCE.match(line)
        if mark and fence in ("", mark[1]):
            kind, fence = BlockKind.CODE, "" if fence else mark[1]
        elif fence:
            kind = BlockKind.CODE
        elif line.strip():
            kind = BlockKind.DATA if _DATA_LINE.match(line) else BlockKind.PROSE
        yield kind


def _repeated(lines: Sequence[str], seen: Container[str]) -> Iterator[tuple[int, int]]:
    """Runs of lines that occurred before, if long enough to be pasted text, as (start, end). They may contain blank lines."""
    start, end, chars = 0, 0, 0
    for index, line in enumerate(lines):
        key = key_of(line)
        if key in seen:
            start = start if chars else index
            end, chars = index + 1, chars + len(line)
        elif key:
            if chars >= LEAST_REPEATED_CHARS:
                yield start, end
            chars = 0
    if chars >= LEAST_REPEATED_CHARS:
        yield start, end
