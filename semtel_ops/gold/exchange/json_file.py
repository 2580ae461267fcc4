"""Reads the JSON of a file that another tool wrote: within bounds of size and depth, its text well-formed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from semtel_ops.conversations.sources.json_text import decode_json
from semtel_ops.errors import ConfigError

MAX_BYTES: Final = 512 * 2**20
"""Of a file that is one document, which is in memory as a whole; about 100,000 conversations with their texts."""
MAX_LINE_BYTES: Final = 16 * 2**20
"""Of a line of JSON lines, which has one conversation."""


def document(path: Path) -> Any:
    """The value of a file that is one JSON document.

    Raises:
        ConfigError: it is larger than `MAX_BYTES`.
        ValueError: it is not JSON, or nests too deeply.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        fix = f"has {size // 2**20} MB, and {MAX_BYTES // 2**20} are read at once; export some of the conversations at a time"
        raise ConfigError("file", str(path), fix)
    return decode_json(path.read_bytes())


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not empty, with their numbers from 1.

    Raises:
        ConfigError: a line is longer than `MAX_LINE_BYTES`.
    """
    with path.open("rb") as file:
        at = 0
        while line := file.readline(MAX_LINE_BYTES + 1):
            at += 1
            if len(line) > MAX_LINE_BYTES:
                raise ConfigError("file", str(path), f"has more than {MAX_LINE_BYTES // 2**20} MB in line {at}")
            if line.strip():
                yield at, line
