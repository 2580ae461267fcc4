"""Atomic files, on a local disk and on any fsspec file system: a file appears complete or not at all."""

import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import fsspec

from semtel_ops.errors import StoreError

# By default, fsspec caches listings of object stores, and so misses files that other tasks have written or removed since.
# Tasks exchange data through files, so caching is off.
for _protocol in ("abfs", "abfss", "az", "gcs", "gs", "s3", "s3a"):
    fsspec.config.conf.setdefault(_protocol, {}).setdefault("use_listings_cache", False)


@contextmanager
def atomic_write(url: str) -> Iterator[IO[bytes]]:
    """Open `url` for writing; readers see the old file until the block ends without an exception, then the new file.

    Locally: a temporary file in the same folder, fsync, rename. Elsewhere: a temporary file on this machine, uploaded at the
    end (object stores show an object only when its upload is complete). An exception leaves the old file in place.

    Raises:
        StoreError: a local file cannot be written.
    """
    fs, path = fsspec.core.url_to_fs(url)
    if _is_local(fs):
        with _atomic_local(Path(path)) as file:
            yield file
        return
    with tempfile.NamedTemporaryFile(prefix="semtel-") as file:
        yield file
        file.flush()
        fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        fs.put_file(file.name, path)


@contextmanager
def _atomic_local(path: Path) -> Iterator[IO[bytes]]:
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = temporary.open("wb")
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}; free space or fix its permissions") from error
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StoreError(f"{path}: cannot be written: {error.strerror}; free space or fix its permissions") from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_json(url: str, value: Any) -> str:
    """Write a small JSON document atomically, and return its URL."""
    with atomic_write(url) as file:
        file.write(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True).encode())
    return url


def read_json(url: str) -> Any:
    """Read a JSON document; None if there is no file.

    Raises:
        StoreError: the file is not JSON.
    """
    fs, path = fsspec.core.url_to_fs(url)
    try:
        with fs.open(path, "rb") as file:
            return json.loads(file.read())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise StoreError(f"{url}: is not JSON ({error}); remove it and run the step again") from None


def list_files(folder: str, suffix: str = "") -> list[str]:
    """URLs of the files directly in `folder`, sorted, without hidden and temporary files. Empty if there is no folder."""
    fs, path = fsspec.core.url_to_fs(folder)
    try:
        listed = fs.ls(path, detail=False, refresh=True)
    except (FileNotFoundError, NotADirectoryError):
        return []
    names = [str(name) for name in listed if not name.rsplit("/", 1)[-1].startswith(".") and name.endswith(suffix)]
    return sorted(names if _is_local(fs) else [fs.unstrip_protocol(name) for name in names])


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


def _is_local(fs: fsspec.AbstractFileSystem) -> bool:
    return "file" in ((fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol)
