"""A call in a child process that dies, without cleaning up, before its n-th change of a file or of the ledger."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

_CHANGES = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "ctypes.dlsym"})
"""Audit events of Python; the exchange of folders is the only function that is looked up by its name."""

_DEADLINE_S = 60

# A server that has imported the library and run nothing: a fork of a process with threads of Arrow or DuckDB can hang.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "semtel_ops.steps.publish",
        "semtel_ops.steps.report",
        "duckdb",
        "pyarrow.parquet",
        "fsspec.implementations.local",
        "sqlalchemy.dialects.sqlite.pysqlite",
    ]
)

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
    reader, writer = _CONTEXT.Pipe(duplex=False)
    child = _CONTEXT.Process(target=_die_in, args=(call, at, writer, dict(os.environ)))
    child.start()
    writer.close()
    child.join(_DEADLINE_S)
    assert child.exitcode is not None, f"the child did not end within {_DEADLINE_S} s"
    return child.exitcode, reader.recv() if reader.poll() else ""


def _die_in(call: Callable[[], object], at: int, writer: Connection, environ: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environ)
    status = _FAILED
    try:
        _arm(at, writer)
        call()
        status = _DONE
    except BaseException as error:
        writer.send(repr(error))
    finally:
        os._exit(status)


def _arm(at: int, writer: Connection) -> None:
    left = at

    def act(action: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            writer.send(action)
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
