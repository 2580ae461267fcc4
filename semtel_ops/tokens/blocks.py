"""What the lines of a text are: prose, code, pasted data, or something that was said before.

Each line is looked at once and judged alone; only code lasts from fence to fence, and repetition counts from a length on.
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
    PROSE = "prose"
    CODE = "code"  # between fences, fences included
    DATA = "data"  # logs, tables, CSV, JSON, stack traces, dumps
    REPEATED = "repeated"  # what was there before, quoted or not


@dataclass(frozen=True, slots=True)
class Block:
    """lines[start:end] are of one kind."""

    kind: BlockKind
    start: int
    end: int


_FENCE: Final = re.compile(r"\s{0,3}(```|~~~)")
_DATA_LINE: Final = re.compile(
    r"""\s*+(?:
        [\[(]?\d{4}-\d\d-\d\d[T ,\t]                             # a log line that starts with its date
      | [\[(]?\d\d:\d\d:\d\d\b
      | [A-Z][a-z]{2}\ [ \d]\d\ \d\d:\d\d:\d\d\b                 # syslog
      | [\[(]?(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b[\]):]
      | at\ [\w$.<>]{3,200}\(|File\ "[^"\n]{1,300}",\ line\ \d   # stack traces
      | "[^"\n]{0,200}"\s?:|[\]}\[{]{1,4},?\s*$                  # pretty-printed JSON
      | [0-9a-fA-F]{4,16}:?(?:\ {1,2}[0-9a-fA-F]{2,4}){4}         # hex dumps
      | [-+\d\s.,:;|/()%$€£]{8,}$                                 # numbers and nothing else
      | [A-Za-z0-9+/]{60,}={0,2}$                                # base64
      | \|(?:[^|\n]*+\|){2}                                      # tables
      | (?:[^\t\n]*+\t){2}
      | (?:[^,\n]*+,(?!\ )){3}                                   # CSV, not enumerations in prose
      | (?:[^;\n]*+;(?!\ )){3}
    )""",
    re.VERBOSE,
)


def key_of(line: str) -> str:
    """What makes two lines the same: their text without quotation marks of e-mail and without indentation."""
    return line.lstrip("> \t|").rstrip()


def blocks(lines: Sequence[str], seen: Container[str]) -> Iterator[Block]:
    """The lines as blocks, in order, without gaps. `seen` holds keys of lines of earlier turns."""
    kinds = list(_looks(lines))
    for start, end in _repeated(lines, seen):
        kinds[start:end] = [BlockKind.REPEATED] * (end - start)
    start = 0
    for kind, group in groupby(kinds):
        end = start + sum(1 for _ in group)
        yield Block(kind, start, end)
        start = end


def _looks(lines: Sequence[str]) -> Iterator[BlockKind]:
    """What each line looks like; a blank one like the line before it."""
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
    """Runs of lines that were there before, long enough to be pasted text. Blank lines within a run belong to it."""
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
