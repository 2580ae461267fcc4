"""Prompt files of a folder by id. The id is the file's name; files whose name starts with an underscore are shared wording."""

import difflib
from pathlib import Path

from semtel_ops.errors import ConfigError

SUFFIX = ".prompty"


def prompt_ids(folder: str | Path) -> tuple[str, ...]:
    """Ids of all prompt files in a folder, sorted.

    Raises:
        ConfigError: the folder does not exist.
    """
    directory = Path(folder)
    if not directory.is_dir():
        raise ConfigError("prompts", str(directory), "is not a folder")
    return tuple(sorted(path.stem for path in directory.glob(f"*{SUFFIX}") if not path.name.startswith("_")))


def find_prompt(folder: str | Path, prompt_id: str) -> Path:
    """The file of an id.

    Raises:
        ConfigError: no such prompt; the message names the nearest or all known ids.
    """
    known = prompt_ids(folder)
    if prompt_id not in known:
        raise ConfigError("classifiers", prompt_id, f"has no prompt file in {folder}; {_hint(prompt_id, known)}")
    return Path(folder) / f"{prompt_id}{SUFFIX}"


def _hint(prompt_id: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(prompt_id, known, n=1)
    did_you_mean = f"did you mean {close[0]}? " if close else ""
    return f"{did_you_mean}known: {', '.join(known) or 'none'}"
