"""Real kills: calls of the library in processes that strace kills at their n-th call of a system function.

Run as a program, it forks a process for each line of its input, so that the library is imported once. It uses no thread
of Arrow or DuckDB itself, which a fork would lose.
"""

import ctypes
import functools
import importlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STRACE = shutil.which("strace")
_PR_SET_PTRACER, _ANY = 0x59616D61, -1


class Publisher:
    """A process that publishes runs in processes of its own."""

    def __init__(self, server: "subprocess.Popen[str]") -> None:
        self._server = server

    def publish(self, run: str, *, kill_at: tuple[str, int]) -> bool:
        """Publish the run; whether it was killed before the n-th call of that system function, which it may not have."""
        assert STRACE is not None
        name, number = kill_at
        child = int(self._ask(run))
        inject = f"inject={name}:signal=KILL:when={number}"
        command = [STRACE, "-f", "-o", os.devnull, "-e", f"trace={name}", "-e", inject, "-p", str(child)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr is not None
            said = strace.stderr.readline()
            assert "attached" in said, said
            status = int(self._ask(""))
        assert status in (0, -signal.SIGKILL), status
        return status != 0

    def _ask(self, line: str) -> str:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(f"{line}\n")
        self._server.stdin.flush()
        return self._server.stdout.readline()


@contextmanager
def publisher() -> Iterator[Publisher]:
    """A publisher in the environment of the caller."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.support.traced"]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield Publisher(server)
        assert server.stdin is not None
        server.stdin.close()


def _serve() -> None:
    from semtel_ops.runs.plan import RunPlan
    from semtel_ops.runs.resources import ledger_of_environment
    from semtel_ops.steps import publish

    # What a publication would otherwise import or read anew in each process.
    for module in ("duckdb", "pandas", "pyarrow.pandas_compat", "pyarrow.csv", "fsspec.implementations.local"):
        importlib.import_module(module)
    ledger_of_environment().close()
    publish.load_classifier_info = functools.cache(publish.load_classifier_info)
    for line in sys.stdin:
        plan = RunPlan.load(line.strip())
        publish.load_classifier_info(plan.prompts, plan.classifiers)
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
            status = 1
            try:
                publish.publish_run(line.strip())
                status = 0
            finally:
                os._exit(status)
        os.waitpid(child, os.WUNTRACED)
        print(child, flush=True)
        sys.stdin.readline()
        os.kill(child, signal.SIGCONT)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve()
