"""Atomic files, on a local disk and on any fsspec file system: a file appears complete or not at all."""

import fcntl
import hashlib
import io
import json
import logging
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import fsspec

from semtel_ops.errors import DamagedFileError, StoreError, UnwritableError

log = logging.getLogger(__name__)

# By default, fsspec caches listings of object stores, and so misses files that other tasks have written or removed since.
# Tasks exchange data through files, so caching is off.
for _protocol in ("abfs", "abfss", "az", "gcs", "gs", "s3", "s3a"):
    fsspec.config.conf.setdefault(_protocol, {}).setdefault("use_listings_cache", False)


@contextmanager
def atomic_write(url: str) -> Iterator[IO[bytes]]:
    """Open `url` for writing; readers see the old file until the block ends without an exception, then the new file.

    Locally: a temporary file in the same folder, fsync, rename. Elsewhere: a temporary file on this machine, uploaded at the
    end (object stores show an object only when its upload is complete). An exception leaves the old file in place. Errors that
    the block raises itself, such as those of a file that it reads, are passed on unchanged.

    Raises:
        UnwritableError: the file cannot be written.
    """
    fs, path = fsspec.core.url_to_fs(url)
    if is_local(fs):
        with _atomic_local(Path(path)) as file:
            yield file
        return
    with unwritable(f"a temporary file for {url}"):
        temporary = tempfile.NamedTemporaryFile(prefix="semtel-")  # noqa: SIM115 - closed below
    with temporary, _output(Path(temporary.name)) as file:
        yield file
        with unwritable(url):
            file.flush()
            fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            fs.put_file(temporary.name, path)


@contextmanager
def _atomic_local(path: Path) -> Iterator[IO[bytes]]:
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    with unwritable(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(exist_ok=False)
    try:
        with _output(temporary, named=path) as file:
            yield file
            file.flush()
            with unwritable(str(path)):
                os.fsync(file.fileno())
        with unwritable(str(path)):
            temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


class _Output(io.FileIO):
    """A file whose failed writes are `UnwritableError`, so that they differ from errors of what is read meanwhile."""

    def __init__(self, path: Path, named: Path) -> None:
        self._named = named
        with unwritable(str(named)):
            super().__init__(path, "wb")

    def write(self, data: Any) -> int:
        with unwritable(str(self._named)):
            return super().write(data)

    def close(self) -> None:
        with unwritable(str(self._named)):
            super().close()


def _output(path: Path, named: Path | None = None) -> IO[bytes]:
    return io.BufferedWriter(_Output(path, named or path), 1 << 16)


@contextmanager
def unwritable(what: str) -> Iterator[None]:
    """Raise an `OSError` of the block as `UnwritableError` about `what`."""
    try:
        yield
    except OSError as error:
        raise UnwritableError(f"{what}: cannot be written: {reason_of(error)}; free space or fix its permissions") from error


def reason_of(error: OSError) -> str:
    """What the system says; libraries raise `OSError` without an error number, too."""
    return error.strerror or str(error) or type(error).__name__


def copy_file(source: str, target: Path) -> None:
    """Copy a file of this machine atomically, sharing its blocks where the file system can, and never its inode.

    Raises:
        StoreError: the source cannot be read, or the target cannot be written.
    """
    try:
        with Path(source).open("rb") as read, atomic_write(str(target)) as written:
            try:
                fcntl.ioctl(written.fileno(), _FICLONE, read.fileno())
            except OSError:
                shutil.copyfileobj(read, written, 1 << 20)
    except OSError as error:
        raise StoreError(f"{source}: cannot be read: {reason_of(error)}") from error


_FICLONE = 0x40049409  # Linux: of Btrfs, XFS and others


def write_json(url: str, value: Any) -> str:
    """Write a small JSON document atomically, and return its URL.

    Documents of a week, of a set and of an alignment get a member `checksum` of their content and place, which `read_json`
    verifies and removes.
    """
    place, shown = place_of(url), value
    if ("/" in place or place in _SEALED) and isinstance(value, dict):
        shown = json.loads(json.dumps(value))  # as it will be read: keys are text
        shown[_CHECKSUM] = _checksum(shown, place)
    with atomic_write(url) as file:
        file.write(json.dumps(shown, indent=1, ensure_ascii=False, sort_keys=True).encode())
    return url


def read_json(url: str, *, needed: bool = True) -> Any:
    """Read a JSON document; None if there is no file. Documents without a checksum are older, and read as they are.

    A damaged document that is not `needed` counts as absent, with a warning: it describes a run and decides nothing.

    Raises:
        DamagedFileError: the file is not JSON, differs from what was written, or belongs to another run or shard.
        StoreError: the file cannot be read.
    """
    try:
        return _read_json(url)
    except DamagedFileError as error:
        if needed:
            raise
        log.warning("%s", error)
        return None


def read_document(url: str, *, step: str) -> Any:
    """Read a JSON document that a step has written before; raises as `read_json` does.

    Raises:
        StoreError: there is none.
    """
    document = read_json(url)
    if document is None:
        raise StoreError(f"{url}: does not exist; run `{step}` first, or again if it was removed")
    return document


def _read_json(url: str) -> Any:
    fs, path = fsspec.core.url_to_fs(url)
    try:
        with fs.open(path, "rb") as file:
            value = json.loads(file.read())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{url}: cannot be read: {reason_of(error)}") from error
    except (ValueError, RecursionError) as error:
        raise DamagedFileError(f"{url}: is damaged: it is not JSON ({error}); {how_to_repair(url)}") from None
    if isinstance(value, dict) and _CHECKSUM in value:
        _verify(url, value, value.pop(_CHECKSUM))
    return value


_CHECKSUM = "checksum"

_SEALED = frozenset({"set.json", "plan.json", "alignment.json", "repair.json"})
"""Documents outside of weeks with a checksum: of their content, since their folder may be moved."""


def _checksum(value: dict[str, Any], place: str) -> str:
    """Digest and place: a document that was copied from another run or shard is recognised, and says where it belongs."""
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(f"{place}\n{canonical}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"{digest[:32]} {place}"


def _verify(url: str, value: dict[str, Any], checksum: object) -> None:
    _, _, place = str(checksum).partition(" ")
    if checksum != _checksum(value, place):
        raise DamagedFileError(
            f"{url}: is damaged: its content differs from its checksum; {how_to_repair(url)}. If it was edited on purpose, "
            f"remove its line {_CHECKSUM}"
        )
    if is_foreign(url, place):
        raise DamagedFileError(f"{url}: is a copy of {place}, not the file of this place; {how_to_repair(url)}")


_PLACE = re.compile(r"[^/]+/week=\d{4}-W\d{2}/(?:(?!/week=).)+$|experiments/[^/]+/lake/runs/set\.json$")


def place_of(url: str) -> str:
    """Where a file belongs, below any lake: kind, week, run and name; a set by its name; of other files, their name."""
    found = _PLACE.search(url)
    return found[0] if found else url.rsplit("/", 1)[-1]


_REPAIRS = {
    "staged": "clear extract to read the source again",
    "conversations": "clear extract as well to read the source again; replies that were paid for are reused",
    "prepared": "remove it and run prepare again",
    "landed": "clear the shard: its rows are written again from the journal, and nothing is asked again",
    "labels": "publish the run again",
    "batches": "clear the shard: answers in the journal are not asked again",
    "forgotten": "restore it from a backup",
}
_STEPS = {
    "run.json": "plan",
    "parts.json": "plan",
    "sample.json": "sample",
    "lanes.json": "route",
    "totals.json": "gather",
    "quality.json": "validate",
    "bridge.json": "bridge, which asks nothing again",
    "set.json": "that labels it, which asks nothing again",
    "plan.json": "the same request again",
    "alignment.json": "compare, which asks nothing again",
    "strategy": "that of the shard, which asks nothing again",
}


def how_to_repair(url: str) -> str:
    """What a person does about a damaged file, by its kind, and in a run's folder by its name."""
    parts = place_of(url).split("/")
    known = _REPAIRS.get(parts[0] if len(parts) > 1 else "forgotten" if "/forgotten/" in url else "")
    step = next((f", {_STEPS[part]}" for part in parts if part in _STEPS), "")
    return known or f"remove it and run the step again that writes it{step}"


def is_foreign(url: str, place: str) -> bool:
    """Whether a file of that place was copied to a URL of the same kind, but of another week, run or name.

    Copies of another kind are on purpose: published labels are copies of landed rows.
    """
    here = place_of(url)
    return here != place and here.split("/", 1)[0] == place.split("/", 1)[0] and "/" in place


def list_files(folder: str, suffix: str = "") -> list[str]:
    """URLs of the files directly in `folder`, sorted, without hidden and temporary files. Empty if there is no folder."""
    urls = list_folder(folder)
    return sorted(url for url in urls if not url.rsplit("/", 1)[-1].startswith(".") and url.endswith(suffix))


def list_folder(folder: str) -> list[str]:
    """URLs of all that is directly in `folder`, hidden files too. Empty if there is no folder."""
    fs, path = fsspec.core.url_to_fs(folder)
    try:
        names = [str(name).rstrip("/") for name in fs.ls(path, detail=False, refresh=True)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return names if is_local(fs) else [fs.unstrip_protocol(name) for name in names]


def exists(url: str) -> bool:
    """Whether there is a file or folder."""
    fs, path = fsspec.core.url_to_fs(url)
    return bool(fs.exists(path))


def remove(url: str) -> None:
    """Remove a file, or a folder with its contents, if it exists."""
    fs, path = fsspec.core.url_to_fs(url)
    try:
        fs.rm(path, recursive=True)
    except FileNotFoundError:
        return


def is_local(fs: fsspec.AbstractFileSystem) -> bool:
    """Whether files are on a disk of this machine, or mounted as one."""
    return "file" in ((fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol)


def is_on_disk(url: str) -> bool:
    """Whether a URL is one of this machine's files."""
    return is_local(fsspec.core.url_to_fs(url)[0])


def local_path(url: str) -> Path:
    """The path of a URL for which `is_on_disk`."""
    return Path(str(fsspec.core.url_to_fs(url)[1]))
