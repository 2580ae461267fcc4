"""`semtel` in processes of its own, forked from one that has imported what its commands need: that takes seconds each time.

They are processes like any other, with an environment, an exit code and an end by signal; that `semtel` itself starts is for
`tests/flows/test_demo.py` to show.
"""

import multiprocessing
import os
import pkgutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["pytest", "great_expectations", "great_expectations.expectations", "openai", "s3fs", "semtel_ops.cli.main", "semtel_ops.cli.classify",
     "semtel_ops.cli.weekly", "semtel_ops.cli.batch", "semtel_ops.steps.classify_files", "semtel_ops.steps.week"]
)  # fmt: skip


@dataclass(frozen=True)
class Death:
    """SIGKILL before or after the first call of a method, named as `package.module:Class.method`."""

    call: str
    when: Literal["before", "after"]

    def prepare(self) -> None:
        owner, _, name = self.call.rpartition(".")
        held = pkgutil.resolve_name(owner)
        call = getattr(held, name)

        def deadly(*args: object, **named: object) -> NoReturn:
            if self.when == "after":
                call(*args, **named)
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError("a killed process goes on")

        setattr(held, name, deadly)


class SemtelProcess:
    """`semtel WORDS…` as it runs; `environment` is all it has."""

    def __init__(self, *words: object, environment: Mapping[str, str] | None = None, dies: Death | None = None) -> None:
        self._said = tempfile.TemporaryDirectory(prefix="semtel-said-")
        given = ([str(word) for word in words], dict(os.environ if environment is None else environment))
        self._process = _CONTEXT.Process(target=_run, args=(*given, self._said.name, dies), daemon=True)
        self._process.start()

    @property
    def ended(self) -> bool:
        return not self._process.is_alive()

    @property
    def out(self) -> str:
        return (Path(self._said.name) / "out").read_text(encoding="utf-8")

    @property
    def error(self) -> str:
        return (Path(self._said.name) / "error").read_text(encoding="utf-8")

    def kill(self) -> None:
        """SIGKILL, unless it has ended; returns when it is gone."""
        self._process.kill()
        self._process.join()

    def terminate(self) -> None:
        self._process.terminate()

    def wait(self, timeout_s: float = 900.0) -> int:
        """Its exit code; negative, as of a subprocess, where a signal ended it."""
        self._process.join(timeout_s)
        if self._process.exitcode is None:
            self.kill()
            raise TimeoutError(f"semtel did not end within {timeout_s:.0f} s; it said: {self.error}")
        return self._process.exitcode


def semtel(*words: object, environment: Mapping[str, str] | None = None) -> str:
    """What `semtel WORDS…` prints, once it has ended well."""
    process = SemtelProcess(*words, environment=environment)
    assert process.wait() == 0, process.error
    return process.out


def _run(words: list[str], environment: dict[str, str], said: str, dies: Death | None) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, name in ((1, "out"), (2, "error")):
        file = os.open(Path(said) / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, descriptor)
        os.close(file)
    sys.argv = ["semtel", *words]
    if dies is not None:
        dies.prepare()
    from semtel_ops.cli.main import main

    main()
