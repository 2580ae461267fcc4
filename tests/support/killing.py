"""A call that is killed at its n-th change of a file or of the ledger, without a process of its own.

The n-th change does not happen and raises, and so does every later one until the call has ended. So no `except`, `finally` or
`__exit__` can clean up, and the disk is as a killed process leaves it. Transactions that were open are rolled back, and
descriptors that were open, and with them locks, are closed, as the system does for a process that ends.

Only what another process would find changed counts as a change. Of a transaction that is its COMMIT: killed at any statement
before it, the ledger is the same. An fsync changes nothing here, as this is no loss of power.
"""

import functools
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event

_CHANGES = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "ctypes.dlsym"})
"""Audit events of Python; the exchange of folders is the only function that is looked up by its name."""


class Killed(BaseException):
    """Stands for the end of the process.

    A KeyboardInterrupt would leave asyncio's loop with a task that nobody asked for its exception. The garbage collector would print
    its traceback at some later time, which parses source, and fail another test if that happened to be parsing too.
    """


def killed_at_each_change(call: Callable[[], object], *, before: Callable[[], object]) -> Iterator[str]:
    """Run `before`, then `call`, killed at its n-th change, for n = 1, 2, …; yields what the change would have been.

    Ends after the first call that came through, which is not yielded.
    """
    for at in itertools.count(1):
        before()
        life = _Life(at)
        with life.lived():
            call()
        if life.end is None:
            return
        yield f"{at}: {life.end}"


class _Life:
    def __init__(self, changes: int) -> None:
        self._left = changes
        self._thread = threading.get_ident()
        self._opened: set[int] = set()
        self.end: str | None = None

    def change(self, what: str) -> None:
        if threading.get_ident() != self._thread:
            return
        self._left -= 1
        if self._left > 0:
            return
        self.end = self.end or what
        raise Killed(self.end)

    @contextmanager
    def lived(self) -> Iterator[None]:
        _install_hooks()
        opened, closed = os.open, os.close

        def watched_open(*arguments: Any, **options: Any) -> int:
            descriptor = opened(*arguments, **options)
            self._opened.add(descriptor)
            return descriptor

        def watched_close(descriptor: int) -> None:
            self._opened.discard(descriptor)
            closed(descriptor)

        with patch.multiple(os, open=watched_open, close=watched_close):
            _living.append(self)
            try:
                yield
                assert self.end is None, f"the call went on after it was killed: {self.end}"
            except BaseException:  # errors of what cleans up hide the first
                if self.end is None:
                    raise
            finally:
                _living.remove(self)
        for descriptor in self._opened:
            closed(descriptor)


_living: list[_Life] = []  # at most one


@functools.cache
def _install_hooks() -> None:
    """Audit hooks cannot be removed, so there is one for all lives."""
    sys.addaudithook(_audit)
    event.listen(Engine, "commit", _commit)


def _audit(name: str, arguments: tuple[Any, ...]) -> None:
    if not _living or (name != "open" and name not in _CHANGES):
        return
    if name == "open":
        path, _mode, flags = arguments
        if not isinstance(path, str | bytes | os.PathLike) or not isinstance(flags, int):
            return
        if not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return
    elif _changes_nothing(name, arguments):
        return
    _living[0].change(f"{name} {arguments[1] if name == 'ctypes.dlsym' else Path(os.fsdecode(arguments[0])).name}")


def _changes_nothing(name: str, arguments: tuple[Any, ...]) -> bool:
    """A folder that is there is not made, and a file that is not there not removed."""
    path, folder = arguments[0], arguments[-1]
    if name not in {"os.mkdir", "os.remove"} or folder != -1:
        return False
    return os.path.lexists(path) == (name == "os.mkdir")


def _commit(_connection: Any) -> None:
    if _living:
        _living[0].change("sql COMMIT")
