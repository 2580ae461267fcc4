r"""Text in which personal data and secrets are marked, to measure a scrubber with: one snippet a line.

    Call me on <<phone/mobile|07700 900123>>, I am <<name|Ada Moss>>.
    export TOKEN=<<secret/github~ghp_[A-Za-z0-9]{36}>>
    Version 10.0.19041.1 is out.

A mark names a type of the scrubber and, after a slash, a finer kind. After `|` comes the value. After `~` comes the format of a
value that is drawn anew, the same in each run, so that no file holds what looks like somebody's key: `[…]` is a character of
a class, `{n}` repeats it, everything else stands for itself. `\n` is the end of a line within a snippet. Lines that begin
with `#` and empty lines are skipped. Whatever is outside marks must stay.
"""

import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from semtel_ops.conversations.scrub import PiiType
from semtel_ops.errors import SourceError

_MARK = re.compile(r"<<(?P<type>[a-z_]+)(?:/(?P<kind>[a-z0-9_]+))?(?P<how>[|~])(?P<value>.*?)>>")
_FORMAT = re.compile(r"\[(?P<class>[^\]]+)\](?:\{(?P<times>\d{1,3})\})?|(?P<literal>.)", re.DOTALL)
_RANGE = re.compile(r"(.)-(.)|(.)", re.DOTALL)
# A third of the lines.
_HELD_OUT_OF = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters from `start` up to but not including `end` of a snippet's text that a scrubber should replace."""

    start: int
    end: int
    type: PiiType
    kind: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text with its marks, in order.

    Attributes:
        language: the name of its file, without its ending.
        where: its file and line.
        held_out: of the third of all lines, chosen by their hash, that rules are not written by.
    """

    text: str
    marks: tuple[Mark, ...]
    language: str
    where: str
    held_out: bool


def read_snippets(path: Path) -> list[Snippet]:
    """The snippets of a file, or of all `.txt` files of a folder.

    Raises:
        SourceError: a file cannot be read, or a mark names an unknown type.
    """
    files = sorted(path.glob("*.txt")) if path.is_dir() else [path]
    if not files:
        raise SourceError(f"{path}: has no .txt files; write marked text as docs/reference/scrubbing.md shows")
    return [snippet for file in files for snippet in _read(file)]


def _read(file: Path) -> Iterator[Snippet]:
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{file}: cannot be read as UTF-8 text: {type(error).__name__}") from error
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            yield parse_snippet(line.rstrip("\r"), language=file.name.split(".")[0], where=f"{file.name}:{number}")


def parse_snippet(line: str, *, language: str, where: str) -> Snippet:
    """The snippet of a line.

    Raises:
        SourceError: a mark names an unknown type.
    """
    digest = hashlib.blake2b(line.encode(), digest_size=8).digest()
    rng = random.Random(digest)
    pieces: list[str] = []
    marks: list[Mark] = []
    at = length = 0
    for match in _MARK.finditer(line):
        if match["type"] not in set(PiiType):
            known = ", ".join(PiiType)
            raise SourceError(f"{where}: {match['type']} is not a type; known: {known}")
        before = _unescaped(line[at : match.start()])
        value = _drawn(match["value"], rng) if match["how"] == "~" else _unescaped(match["value"])
        start = length + len(before)
        length = start + len(value)
        pieces += (before, value)
        marks.append(Mark(start, length, PiiType(match["type"]), match["kind"] or ""))
        at = match.end()
    text = "".join([*pieces, _unescaped(line[at:])])
    return Snippet(text, tuple(marks), language, where, int.from_bytes(digest) % _HELD_OUT_OF == 0)


def _unescaped(text: str) -> str:
    return text.replace("\\n", "\n")


def _drawn(form: str, rng: random.Random) -> str:
    """A value of a format."""
    return "".join(
        match["literal"] or "".join(rng.choices(_characters(match["class"]), k=int(match["times"] or 1)))
        for match in _FORMAT.finditer(form)
    )


def _characters(inside: str) -> list[str]:
    """The characters of a class: `A-C7` is A, B, C and 7."""
    return [
        chr(code)
        for first, last, lone in _RANGE.findall(inside)
        for code in (range(ord(first), ord(last) + 1) if first else [ord(lone)])
    ]
