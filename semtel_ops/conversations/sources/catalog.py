"""Which files a source has: paths, folders and globs become a sorted list, and the list becomes parts of about one size."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import fsspec

from semtel_ops.conversations.sources.containers import known_suffixes
from semtel_ops.errors import EmptySourceError, SourceError

_LOG = logging.getLogger(__name__)

_DOCUMENT_STEMS = frozenset({"readme", "license", "licence", "copying", "notice", "authors", "changelog", "citation"})
_DOCUMENT_SUFFIXES = (".md", ".markdown", ".rst", ".adoc")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to read; `size_bytes` as stored, so compressed where it is compressed (0 where the storage does not say)."""

    url: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class IgnoredFile:
    """A file beside the data that nobody takes for data, and why."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found: files to read and files to leave, both sorted by URL and without repetition."""

    files: tuple[SourceFile, ...]
    ignored: tuple[IgnoredFile, ...]


def list_files(paths: Sequence[str]) -> list[SourceFile]:
    """The files to read, sorted and without repetition; those left aside are logged. See `survey`."""
    listing = survey(paths)
    for file in listing.ignored:
        _LOG.info("%s is skipped: %s", file.url, file.reason)
    return list(listing.files)


def survey(paths: Sequence[str]) -> Listing:
    """Look at paths, folders (walked to the bottom) and globs, local or of any fsspec storage.

    A file that is named is always read. Inside folders and globs, names that begin with a dot or an underscore, and documents
    (README, LICENSE, Markdown), are ignored; every other file is read, and if it is no data, says so in the quarantine.

    Raises:
        SourceError: a path or glob matches nothing, or its storage cannot be listed.
    """
    files: dict[str, SourceFile] = {}
    ignored: dict[str, IgnoredFile] = {}
    for path in paths:
        for file, reason in _matches(path):
            if reason is None:
                files[file.url] = file
            else:
                ignored[file.url] = IgnoredFile(file.url, reason)
    left = (ignored[url] for url in sorted(ignored) if url not in files)
    return Listing(tuple(files[url] for url in sorted(files)), tuple(left))


def plan_parts(files: Iterable[SourceFile], part_mb: float) -> list[list[SourceFile]]:
    """Group neighbours into parts of at most `part_mb` megabytes (10^6 bytes); a larger file is a part of its own."""
    parts: list[list[SourceFile]] = []
    room = 0.0
    for file in files:
        if not parts or file.size_bytes > room:
            parts.append([])
            room = part_mb * 1_000_000
        parts[-1].append(file)
        room -= file.size_bytes
    return parts


def _matches(path: str) -> Iterator[tuple[SourceFile, str | None]]:
    """Every file of one path, with the reason to leave it aside or None."""
    if not path or "::" in path:
        raise SourceError(f"{path!r}: not a path; give a file, a folder, a glob or one fsspec URL")
    try:
        filesystem, stripped = fsspec.core.url_to_fs(path)
        found = _named(filesystem, stripped)
        if found is not None:
            yield _as_file(filesystem, stripped, found), None
            return
        base, entries = _walked(filesystem, stripped)
    except (OSError, ValueError, ImportError) as error:
        what = getattr(error, "strerror", None) or type(error).__name__
        raise SourceError(f"{path}: cannot be listed ({what}); check the path and its permissions") from error
    if not entries:
        raise EmptySourceError(f"{path}: no matching file exists; check the path")
    for name, info in entries.items():
        reason = _why_ignored(name.removeprefix(base)) or _why_no_file(filesystem, name, info)
        yield _as_file(filesystem, name, info), reason


def _named(filesystem: Any, path: str) -> dict[str, Any] | None:
    """The entry of a path that is a file, even one whose name looks like a glob."""
    try:
        info: dict[str, Any] = filesystem.info(path)
    except FileNotFoundError:
        return None
    return info if info["type"] == "file" else None


def _walked(filesystem: Any, path: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """Files under a folder, or matched by a glob (folders it matches are walked); and the part of names not judged."""
    if filesystem.isdir(path) or not any(letter in path for letter in "*?["):
        return path, dict(filesystem.find(path, detail=True))
    entries: dict[str, dict[str, Any]] = {}
    for name, info in filesystem.glob(path, detail=True).items():
        if info["type"] == "directory":
            entries.update(filesystem.find(name, detail=True))
        else:
            entries[name] = info
    fixed = path[: min(path.find(letter) for letter in "*?[" if letter in path)]
    return fixed[: fixed.rfind("/") + 1], entries


def _as_file(filesystem: Any, name: str, info: dict[str, Any]) -> SourceFile:
    local = "file" in (filesystem.protocol if isinstance(filesystem.protocol, tuple) else (filesystem.protocol,))
    return SourceFile(name if local else filesystem.unstrip_protocol(name), int(info.get("size") or 0))


def _why_ignored(relative: str) -> str | None:
    parts = relative.strip("/").split("/")
    if any(part.startswith((".", "_")) for part in parts):
        return "the name of the file or a folder begins with a dot or underscore"
    name = parts[-1].lower()
    if name.endswith(_DOCUMENT_SUFFIXES) or (name.split(".")[0] in _DOCUMENT_STEMS and not _is_table(name)):
        return "it is documentation"
    return None


def _why_no_file(filesystem: Any, name: str, info: dict[str, Any]) -> str | None:
    """Links to files are files; links to folders are not followed, since they may lead in a circle."""
    if info["type"] == "file" or _named(filesystem, name) is not None:
        return None
    return "it is a link to a folder, a broken link, a pipe or a device"


def _is_table(name: str) -> bool:
    """`notice.jsonl` is data, whatever its stem."""
    return any(f".{part}" in known_suffixes() for part in name.split(".")[1:])
