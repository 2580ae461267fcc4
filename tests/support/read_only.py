"""A folder on a read-only disk, for any user: permissions do not bind root, and mounting needs rights that tests lack."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.link", "os.symlink", "os.utime")
_folders: list[str] = []
_hooked = False


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Every call of Python that would change something below the folder fails as it does on a read-only disk."""
    global _hooked  # noqa: PLW0603 - Python cannot remove a hook
    if not _hooked:
        sys.addaudithook(_refuse)
        _hooked = True
    _folders.append(f"{folder}")
    try:
        yield
    finally:
        _folders.remove(f"{folder}")


def _refuse(event: str, args: tuple[object, ...]) -> None:
    if not _folders:
        return
    writes = event in _CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & _WRITES)
    if writes and any(str(path).startswith(tuple(_folders)) for path in args[:2]):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(args[0]))
