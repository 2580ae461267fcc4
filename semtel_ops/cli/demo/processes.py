"""Find and end processes by session: every component leads its own session, and its children stay in it.

Airflow puts each task in its own process group, and a worker outlives a killed parent, so neither process groups nor
parent ids cover everything that a component started. Sessions do; a process leaves its session only deliberately.
"""

import os
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

from semtel_ops.cli.demo.wait import pause
from semtel_ops.clock import Clock, SystemClock

_PROC = Path("/proc")


def members(session: int) -> list[int]:
    """Ids of all running processes of a session, including its leader."""
    return [pid for pid in _all_pids() if _session_of(pid) == session and not _is_zombie(pid)]


def end(sessions: Iterable[int], *, grace_s: float = 8.0, clock: Clock | None = None) -> int:
    """End every process of these sessions, with SIGTERM and after `grace_s` with SIGKILL; return how many there were."""
    clock = clock or SystemClock()
    wanted = set(sessions)
    running = _in_sessions(wanted)
    _signal(running, signal.SIGTERM)
    deadline = clock.monotonic() + grace_s
    while (left := _in_sessions(wanted)) and clock.monotonic() < deadline:
        pause(0.1)
    # A killed process may just have started another, so repeat until none is left.
    for _ in range(50):
        if not left:
            break
        _signal(left, signal.SIGKILL)
        pause(0.05)
        left = _in_sessions(wanted)
    return len(running)


def command(pid: int) -> str:
    """The command line of a process; empty if it does not exist."""
    if _PROC.is_dir():
        try:
            return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            return ""
    return _ps("-o", "command=", "-p", str(pid)).strip()


def _in_sessions(sessions: set[int]) -> list[int]:
    return [pid for pid in _all_pids() if _session_of(pid) in sessions and not _is_zombie(pid)]


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def _all_pids() -> list[int]:
    if _PROC.is_dir():
        return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    return [int(word) for word in _ps("-A", "-o", "pid=").split()]


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _is_zombie(pid: int) -> bool:
    if not _PROC.is_dir():
        return _ps("-o", "stat=", "-p", str(pid)).strip().startswith("Z")
    try:
        # The name in parentheses may itself contain spaces and parentheses; the state follows the last parenthesis.
        return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return True


def _ps(*arguments: str) -> str:
    done = subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607 - ours alone
    return done.stdout
