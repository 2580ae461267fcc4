"""One process at a time works in a folder; the others say which one does, and its death frees the folder."""

import multiprocessing
import os
import signal
import socket
from pathlib import Path

import pytest

from semtel_ops.errors import StoreError, UnwritableError
from semtel_ops.store.folder_lock import LOCK_FILE, lock_folder
from semtel_ops.testing.manual_clock import ManualClock
from tests.support.read_only import read_only


def _hold(folder: Path, holding, end) -> None:
    with lock_folder(folder, "semtel classify, run r1", clock=ManualClock()):
        holding.set()
        end.wait(30)


def test_a_second_process_is_told_who_works_here_until_that_one_is_killed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    holding, end = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path / "out", holding, end))
    holder.start()
    try:
        assert holding.wait(30)
        with (
            pytest.raises(StoreError) as caught,
            lock_folder(tmp_path / "out", "semtel classify, run r2", clock=ManualClock()),
        ):
            pass
        assert str(caught.value).startswith(
            f"{tmp_path}/out: in use by semtel classify, run r1, process {holder.pid} on {socket.gethostname()}, since "
        )
        assert str(caught.value).endswith(" UTC; wait until it has ended, end it, or choose another folder")
    finally:
        os.kill(holder.pid or 0, signal.SIGKILL)
        holder.join(30)
    with lock_folder(tmp_path / "out", "semtel classify, run r2", clock=ManualClock()):
        assert "run r2" in (tmp_path / "out" / LOCK_FILE).read_text()
        assert f'"pid": {os.getpid()}' in (tmp_path / "out" / LOCK_FILE).read_text()


def test_a_holder_that_has_not_written_its_name_yet_is_still_in_the_way(tmp_path: Path) -> None:
    with lock_folder(tmp_path, "a", clock=ManualClock()):
        (tmp_path / LOCK_FILE).write_text("")
        with (
            pytest.raises(StoreError, match="another process, which has just begun"),
            lock_folder(tmp_path, "b", clock=ManualClock()),
        ):
            pass


def test_a_file_system_without_locks_is_worked_in_with_a_warning(tmp_path: Path, monkeypatch, caplog) -> None:
    def without(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("semtel_ops.store.file_lock.fcntl.flock", without)
    with lock_folder(tmp_path, "a", clock=ManualClock()):
        assert "has no locks (Function not implemented); start only one command" in caplog.text


def test_a_read_only_folder_cannot_be_locked(tmp_path: Path) -> None:
    with (
        read_only(tmp_path),
        pytest.raises(UnwritableError, match="Read-only file system"),
        lock_folder(tmp_path / "out", "a", clock=ManualClock()),
    ):
        pass
