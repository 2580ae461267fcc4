"""Reads a file of labels in any format, and recognises which."""

import codecs
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from semtel_ops.errors import ConfigError
from semtel_ops.gold.exchange import argilla, jsonl, label_studio
from semtel_ops.gold.exchange.json_file import document
from semtel_ops.gold.exchange.model import FORMATS, Foreign, Problem
from semtel_ops.gold.question import Question

_READERS: Final[Mapping[str, Callable[[Path, Mapping[str, Question]], Iterator[Foreign | Problem]]]] = {
    "jsonl": jsonl.read,
    "label-studio": label_studio.read,
    "argilla": argilla.read,
}


def detected(path: Path) -> tuple[Path, str]:
    """The file to read and its format; of a folder, the file in it.

    Raises:
        ConfigError: there is no such file, or its format is not recognised.
    """
    if path.is_dir():
        found = [path / name for name in (argilla.RECORDS, "labels.jsonl", "tasks.jsonl") if (path / name).is_file()]
        if not found:
            raise ConfigError("file", str(path), f"has no {argilla.RECORDS}, labels.jsonl or tasks.jsonl; name the file")
        path = found[0]
    try:
        with path.open("rb") as file:
            if not file.read(1_000).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"["):
                return path, "jsonl"
        records = document(path)
    except OSError as error:
        raise ConfigError("file", str(path), f"cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise ConfigError("file", str(path), "is not JSON; it was cut, or is another kind of file") from None
    first = records[0] if records else {}
    if isinstance(first, dict) and "responses" in first:
        return path, "argilla"
    if isinstance(first, dict) and ("annotations" in first or "data" in first):
        return path, "label-studio"
    if isinstance(first, dict) and "annotator" in first:
        raise ConfigError("file", str(path), "is Label Studio's JSON-MIN, which does not tell skipped tasks; export as JSON")
    raise ConfigError("file", str(path), f"has no format that is known ({', '.join(FORMATS)}); name it with --format")


def read_labels(path: Path, form: str, questions: Mapping[str, Question]) -> Iterator[Foreign | Problem]:
    """The labels of a file, and its problems, in the order of the file.

    Raises:
        ConfigError: the file cannot be read, or is not of that format.
    """
    try:
        yield from _READERS[form](path, questions)
    except OSError as error:
        raise ConfigError("file", str(path), f"cannot be read: {error.strerror or error}") from None
    except (ValueError, TypeError, AttributeError):
        raise ConfigError("file", str(path), f"is not a file of the format {form}") from None
