"""URLs below the root of a lake, as documents on disk and the ledger spell them: without the root.

A document that names the root of its lake would lead from a copy or a moved lake back to where it was written. So what is
stored begins with `lake:/` instead, and the root is that of the document itself. The lake of an experiment lies in the lake
of the installation: what it shares with weekly runs is stored as `lake:/../../../…`.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec

from semtel_ops.errors import StoreError
from semtel_ops.store.files import is_local

_PREFIX = "lake:/"
_OUTER_PREFIX = "lake:/../../../"
_OUTER = re.compile(r"(.+)/experiments/[^/]+/lake")
_RUN = re.compile(r"(?:(?P<root>.*)/)?runs/week=(?P<week>[^/]+)/run=(?P<run>[^/]+)/run\.json")


def encode(value: Any, root: str) -> Any:
    """A JSON value with the URLs below the root spelled without it."""
    return _mapped(value, lambda text: _without(text, _places(root)))


def decode(value: Any, root: str) -> Any:
    """The value that was encoded, with the URLs of a lake at this root."""
    return _mapped(value, lambda text: _with(text, _places(root)))


def same_root(first: str, second: str) -> bool:
    """Whether two URLs name the same folder, whatever links, slashes or protocols they are spelled with."""
    return _place(first) == _place(second)


def root_of_run(url: str) -> tuple[str, str, str]:
    """Root of the lake, week and folder name of the run whose run.json this is.

    Raises:
        StoreError: the URL is not one of a run.json.
    """
    match = _RUN.fullmatch(url)
    if match is None:
        raise StoreError(f"{url}: is not a run; a run is …/runs/week=…/run=…/run.json in a lake")
    return match["root"] if match["root"] is not None else ".", match["week"], match["run"]


def check_root(url: str, named: str, root: str) -> None:
    """Refuse a document of an earlier release that names another root than the lake it lies in.

    Raises:
        StoreError: with both roots.
    """
    local = "://" not in named
    # What a relative root was relative to is not known any more.
    relative = local and not Path(named).is_absolute() and _place(root)[1].endswith(f"/{os.path.normpath(named)}")
    if not relative and not same_root(named, root):
        raise StoreError(
            f"{url}: belongs to the lake {named}, but lies in {root}: an earlier release wrote it, and the lake "
            "was copied or moved since; plan the run again here, or work with the lake that it names"
        )


def _places(root: str) -> list[tuple[str, str]]:
    """Prefixes as stored, and the URLs that they stand for."""
    root = root.rstrip("/")
    outer = _OUTER.fullmatch(root)
    places = [(_PREFIX, f"{root}/")]
    return places if outer is None else [*places, (_OUTER_PREFIX, f"{outer[1]}/")]


def _without(text: str, places: list[tuple[str, str]]) -> str:
    for prefix, place in places:
        if text.startswith(place):
            return prefix + text.removeprefix(place)
    return text


def _with(text: str, places: list[tuple[str, str]]) -> str:
    for prefix, place in reversed(places):
        if text.startswith(prefix):
            return place + text.removeprefix(prefix)
    return text


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, change) for item in value]
    return value


def _place(url: str) -> tuple[str, str]:
    fs, path = fsspec.core.url_to_fs(url)
    if is_local(fs):
        return "file", os.path.realpath(path)
    return fs.protocol if isinstance(fs.protocol, str) else fs.protocol[0], str(path).rstrip("/")
