"""Reads a file of conversation ids, one in each line."""

from collections.abc import Iterator
from itertools import islice

import fsspec

from semtel_ops.errors import ConfigError

_CHUNK = 10_000


def read_ids(url: str) -> Iterator[list[str]]:
    """The ids of a file, some at a time; empty lines are ignored.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        with fsspec.open(url, "r", encoding="utf-8") as file:
            ids = (line.strip() for line in file)
            while chunk := list(islice(filter(None, ids), _CHUNK)):
                yield chunk
    # fsspec raises the last two for schemes that it does not know, and for those whose package is missing.
    except (OSError, ValueError, ImportError) as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else getattr(error, "strerror", None) or error
        raise ConfigError("ids_file", url, f"cannot be read: {reason}") from None
