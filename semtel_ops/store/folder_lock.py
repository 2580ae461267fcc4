"""A folder that one process at a time works in; others are told who does."""

import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import fsspec

from semtel_ops.clock import Clock
from semtel_ops.errors import StoreError
from semtel_ops.store import file_lock
from semtel_ops.store.files import is_local, unwritable

log = logging.getLogger(__name__)

LOCK_FILE = ".lock"


@contextmanager
def lock_folder(folder: Path, what: str, *, clock: Clock) -> Iterator[None]:
    """Hold the folder's lock until the block ends; the folder is created.

    The system releases the lock when the process dies, however it does, so that there are no locks to remove. On NFS, the
    server keeps it, and releases it when the client restarts.

    Args:
        what: work that is done there, for the message to others.

    Raises:
        StoreError: another process has the lock; the message says which.
        UnwritableError: the folder cannot be written.
    """
    path = folder / LOCK_FILE
    with unwritable(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    with file:
        try:
            unsupported = file_lock.lock(file.fileno())
        except BlockingIOError:
            raise StoreError(
                f"{folder}: in use by {_holder(file)}; wait until it has ended, end it, or choose another folder"
            ) from None
        if unsupported is not None:
            reason = unsupported.strerror
            log.warning("%s: the file system has no locks (%s); start only one command in this folder", folder, reason)
        with unwritable(str(path)):
            _write_holder(file, what, clock)
        yield


@contextmanager
def lock_lake(url: str, what: str, *, clock: Clock) -> Iterator[None]:
    """Hold the lock of a folder by its URL; object stores have no locks, and there the caller sees to it; as `lock_folder`."""
    fs, path = fsspec.core.url_to_fs(url)
    if is_local(fs):
        with lock_folder(Path(path), what, clock=clock):
            yield
    else:
        yield


def _write_holder(file: IO[str], what: str, clock: Clock) -> None:
    since = f"{datetime.fromtimestamp(clock.now(), UTC):%Y-%m-%d %H:%M:%S} UTC"
    file.seek(0)
    file.truncate()
    json.dump({"pid": os.getpid(), "host": socket.gethostname(), "what": what, "since": since}, file)
    file.flush()


def _holder(file: IO[str]) -> str:
    file.seek(0)
    try:
        holder = json.load(file)
        return f"{holder['what']}, process {holder['pid']} on {holder['host']}, since {holder['since']}"
    except (ValueError, KeyError, TypeError, OSError):
        return "another process, which has just begun"  # and not written who it is
