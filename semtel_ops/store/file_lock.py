"""Locks on files of this machine that end with the process, however it ends.

On a file system without locks, everybody gets the lock.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def take(path: Path) -> int:
    """Create the file with its folder, lock it, and return its descriptor; closing that gives the lock back.

    Raises:
        BlockingIOError: another has the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        lock(descriptor)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def waiting(path: Path) -> Iterator[None]:
    """Hold the lock of a file until the block ends; waits for others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        lock(descriptor, wait=True)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def if_free(path: Path) -> Iterator[bool]:
    """Whether nobody holds the lock of a file, which need not exist; held until the block ends."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield True
        return
    try:
        lock(descriptor)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def lock(descriptor: int, *, wait: bool = False) -> OSError | None:
    """Lock an open file; returns why the file system has no locks, if it has none.

    Raises:
        BlockingIOError: another has the lock, and we do not wait.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        return error
    return None
