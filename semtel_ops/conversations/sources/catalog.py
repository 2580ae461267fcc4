"""The files of a source: paths, folders and globs become a sorted list, and the list becomes parts of about the same size."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import fsspec

from semtel_ops.concealed import shown_name
from semtel_ops.conversations.sources.containers import known_suffixes
from semtel_ops.errors import EmptySourceError, SourceError
from semtel_ops.humanize import number

_LOG = logging.getLogger(__name__)

_DOCUMENT_STEMS = frozenset({"readme", "license", "licence", "copying", "notice", "authors", "changelog", "citation"})
_SIDECAR_SUFFIXES = (".crc", ".md5", ".sha256")
_DESKTOP_FILES = frozenset({"thumbs.db", "desktop.ini"})
_FOLDER_MARK = "it is the mark of a folder, which object stores do not have"
_DOCUMENT_SUFFIXES = (".md", ".markdown", ".rst", ".adoc")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read; `size_bytes` is its stored (compressed) size, 0 where the storage does not say."""

    url: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class IgnoredFile:
    """A file that is not read, and the reason for people."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Files to read and files that are ignored, both sorted by URL, each file once."""

    files: tuple[SourceFile, ...]
    ignored: tuple[IgnoredFile, ...]


def list_files(paths: Sequence[str]) -> list[SourceFile]:
    """The files to read, sorted, each once. Ignored files are logged; `survey` has the rules.

    Raises:
        SourceError: a path or glob matches nothing, or its storage cannot be listed.
    """
    listing = survey(paths)
    for file in listing.ignored:
        _LOG.info("%s is skipped: %s", shown_name(file.url), file.reason)
    return list(listing.files)


def survey(paths: Sequence[str]) -> Listing:
    """List paths, folders (recursively) and globs, local or of any fsspec storage.

    A file that is named is always read. In folders and globs, names that begin with a dot or an underscore and documents
    (README, LICENSE, Markdown) are ignored; every other file is read, and becomes an entry of the quarantine if it is not data.

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
    left_out = (ignored[url] for url in sorted(ignored) if url not in files)
    return Listing(tuple(files[url] for url in sorted(files)), tuple(left_out))


def plan_parts(files: Sequence[SourceFile], part_mb: float, max_parts: int) -> list[list[SourceFile]]:
    """Group successive files into parts of at most `part_mb` megabytes (10^6 bytes); a larger file is a part of its own.

    Where there would be more than `max_parts` of them, parts are larger, which is logged.
    """
    parts = _parts_of_size(files, part_mb)
    larger_mb = part_mb
    while len(parts) > max_parts:
        # At least the size that divides all bytes equally; then by small steps, since whole files do not fill their parts.
        larger_mb = max(larger_mb * 1.1, sum(file.size_bytes for file in files) / max_parts / 1_000_000)
        parts = _parts_of_size(files, larger_mb)
    if larger_mb > part_mb:
        _LOG.warning(
            "parts of %g MB (source.part_mb) would be more than %s (source.max_parts): they are of up to %.4g MB",
            part_mb,
            number(max_parts),
            larger_mb,
        )
    return parts


def _parts_of_size(files: Iterable[SourceFile], part_mb: float) -> list[list[SourceFile]]:
    parts: list[list[SourceFile]] = []
    left_bytes = 0.0
    for file in files:
        if not parts or file.size_bytes > left_bytes:
            parts.append([])
            left_bytes = part_mb * 1_000_000
        parts[-1].append(file)
        left_bytes -= file.size_bytes
    return parts


def _matches(path: str) -> Iterator[tuple[SourceFile, str | None]]:
    """Every file of one path, with the reason to ignore it, or None."""
    if not path or "::" in path:
        raise SourceError(f"{shown_name(path)!r}: not a path; give a file, a folder, a glob or one fsspec URL")
    try:
        filesystem, stripped = fsspec.core.url_to_fs(path)
        named = _file_info(filesystem, stripped)
        if named is not None:
            yield _as_file(filesystem, stripped, named), None
            return
        base, entries = _walk(filesystem, stripped)
    except (OSError, ValueError, ImportError) as error:
        what = getattr(error, "strerror", None) or type(error).__name__
        raise SourceError(f"{shown_name(path)}: cannot be listed ({what}); check the path and its permissions") from error
    if not entries:
        raise EmptySourceError(f"{shown_name(path)}: no matching file exists; check the path")
    folders = {name[:at] for name in entries for at in range(len(base), len(name)) if name[at] == "/"}
    for name, info in entries.items():
        mark = name.endswith(("/", "_$folder$")) or (name in folders and not info.get("size"))
        reason = _FOLDER_MARK if mark else _why_ignored(name.removeprefix(base)) or _why_not_a_file(filesystem, name, info)
        yield _as_file(filesystem, name, info), reason


def _file_info(filesystem: Any, path: str) -> dict[str, Any] | None:
    """The fsspec entry of a path that is a file, even if its name looks like a glob; else None."""
    try:
        info: dict[str, Any] = filesystem.info(path)
    except FileNotFoundError:
        return None
    return info if info["type"] == "file" else None


def _walk(filesystem: Any, path: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """Files in a folder or matched by a glob, recursively; before them the prefix of their names that rules do not apply to."""
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
    if name.endswith(_SIDECAR_SUFFIXES) or name in _DESKTOP_FILES:
        return "a tool wrote it beside the data"
    if name.endswith(_DOCUMENT_SUFFIXES) or (name.split(".")[0] in _DOCUMENT_STEMS and not _is_table(name)):
        return "it is documentation"
    return None


def _why_not_a_file(filesystem: Any, name: str, info: dict[str, Any]) -> str | None:
    """Links to files are files; links to folders are not followed, since they may form a cycle."""
    if info["type"] == "file" or _file_info(filesystem, name) is not None:
        return None
    return "it is a link to a folder, a broken link, a pipe or a device"


def _is_table(name: str) -> bool:
    """Whether a suffix names data: `notice.jsonl` is data, whatever its stem."""
    return any(f".{part}" in known_suffixes() for part in name.split(".")[1:])
