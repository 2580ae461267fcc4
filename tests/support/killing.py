"""A call in a child process that dies, without cleaning up, before its n-th change of a file or of the ledger."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

_CHANGES = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "ctypes.dlsym"})
"""Audit events of Python; the exchange of folders is the only function that is looked up by its name."""

_DONE, _KILLED, _FAILED = 0, 43, 44


def killed_at_each_action(call: Callable[[], object], *, before: Callable[[], object]) -> Iterator[tuple[int, str]]:
    """Run `before`, then `call` in a child that dies at its n-th action, for n = 1, 2, …; yields n and the action.

    Ends after the first child that came through, which is not yielded.
    """
    at = 0
    while True:
        at += 1
        before()
        status, action = _child(call, at)
        if status == _DONE:
            return
        assert status == _KILLED, action
        yield at, action


def _child(call: Callable[[], object], at: int) -> tuple[int, str]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = _FAILED
        try:
            _arm(at, writer)
            call()
            status = _DONE
        except BaseException as error:
            os.write(writer, repr(error).encode()[:4000])
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read().decode()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said


def _arm(at: int, writer: int) -> None:
    left = at

    def act(action: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.write(writer, action.encode())
            os._exit(_KILLED)

    def audit(name: str, arguments: tuple[Any, ...]) -> None:
        writes = name == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if (writes and isinstance(arguments[0], str | os.PathLike)) or name in _CHANGES:
            act(f"{name} {Path(str(arguments[0])).name if name != 'ctypes.dlsym' else arguments[1]}")

    def execute(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.split(None, 1)[0].upper() in {"BEGIN", "INSERT", "UPDATE", "DELETE"}:
            act(f"sql {' '.join(statement.split()[:3])}")

    real = os.fsync

    def fsync(descriptor: int) -> None:
        act("fsync")
        real(descriptor)

    os.fsync = fsync
    event.listen(Engine, "before_cursor_execute", execute)
    event.listen(Engine, "commit", lambda _connection: act("sql COMMIT"))
    sys.addaudithook(audit)
