"""Starts the demo's processes, monitors them, and ends them all on exit."""

import fcntl
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from semtel_ops.cli.demo import processes
from semtel_ops.cli.demo.folder import DemoFolder
from semtel_ops.errors import ConfigError, SemtelError


class ComponentError(SemtelError):
    """A process of the demo ended unexpectedly."""


@dataclass
class Component:
    """One process and its session."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


@dataclass
class Supervisor:
    """Starts and ends processes; locks the folder, since two demos would write the same files.

    Use as a context manager: every exit ends all processes. Only SIGKILL leaves processes running; the next demo reads
    their sessions from the state file and ends them.
    """

    folder: DemoFolder
    url: str = ""
    components: list[Component] = field(default_factory=list)
    ended_before: int = 0
    _lock: IO[str] | None = None

    def __enter__(self) -> Self:
        self.folder.root.mkdir(parents=True, exist_ok=True)
        lock = self.folder.lock.open("a", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            running = _read(self.folder.state)
            where = f", {running['url']}" if running.get("url") else ""
            raise ConfigError(
                "demo", f"process {running.get('owner', '?')}{where}", "is already running; stop it there with Ctrl-C"
            ) from None
        self._lock = lock
        self.ended_before = _end_leftovers(self.folder.state)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Component:
        """Start a process as the leader of its own session; its output goes to its log."""
        log = self.folder.logs / f"{name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(  # noqa: S603 - the commands are ours
                list(command),
                env=dict(environment),
                cwd=self.folder.root,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        component = Component(name, process, log)
        self.components.append(component)
        self._record()
        return component

    def finish(self, component: Component) -> None:
        """Wait for a component that ends by itself; raise ComponentError if it failed."""
        if code := component.process.wait():
            raise _died(component, code)
        self.components.remove(component)
        self._record()

    def check(self) -> None:
        """Check that all components are running.

        Raises:
            ComponentError: a component ended; the message contains the last lines of its log.
        """
        for component in self.components:
            if (code := component.process.poll()) is not None:
                raise _died(component, code)

    def stop(self) -> None:
        """End all components; a second call does nothing."""
        processes.end(component.process.pid for component in self.components)
        for component in self.components:
            with suppress(subprocess.TimeoutExpired):
                component.process.wait(timeout=5)
        self.components.clear()
        self.folder.state.unlink(missing_ok=True)

    def _record(self) -> None:
        state = {
            "owner": os.getpid(),
            "url": self.url,
            "sessions": {component.name: component.process.pid for component in self.components},
        }
        temporary = self.folder.state.with_suffix(".tmp")
        temporary.write_text(json.dumps(state), encoding="utf-8")
        temporary.replace(self.folder.state)


def last_lines(log: Path, count: int = 15) -> str:
    """The last `count` lines of a log, read without loading all of it."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 32_768))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return "(no log)"
    return "\n".join(lines[-count:])


def _died(component: Component, code: int) -> ComponentError:
    return ComponentError(
        f"{component.name} exited with code {code}; last lines of its log:\n{last_lines(component.log)}\n"
        f"full log: {component.log}"
    )


def _end_leftovers(state: Path) -> int:
    """End processes left by a killed demo; session ids that now belong to other programs are ignored."""
    recorded = _read(state).get("sessions")
    ids = [pid for pid in recorded.values() if isinstance(pid, int)] if isinstance(recorded, dict) else []
    ours = [pid for pid in ids if any(_is_ours(member) for member in processes.members(pid))]
    ended = processes.end(ours) if ours else 0
    state.unlink(missing_ok=True)
    return ended


def _is_ours(pid: int) -> bool:
    words = processes.command(pid)
    return "airflow" in words or "semtel" in words


def _read(state: Path) -> dict[str, Any]:
    try:
        value = json.loads(state.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
