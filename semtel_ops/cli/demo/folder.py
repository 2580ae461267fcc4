"""Where the demo keeps everything: one folder, safe to delete."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from semtel_ops.settings.environment import include_folder


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Paths of a demo.

    Attributes:
        project: where include/ is: the checkout, or the installed package.
        root: where all that the demo writes lies.
    """

    project: Path
    root: Path

    @classmethod
    def of_this_installation(cls, root: str | None = None) -> "DemoFolder":
        """The folder that was named; else `.demo/` of the checkout or, of an installed package, of the current folder."""
        project = include_folder({}).parent
        beside = project if (project / "pyproject.toml").is_file() else Path.cwd()
        return cls(project, Path(root).expanduser().resolve() if root else beside / ".demo")

    @property
    def airflow_home(self) -> Path:
        return self.root / "airflow"

    @property
    def task_logs(self) -> Path:
        return self.airflow_home / "logs"

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.db"

    @property
    def endpoints(self) -> Path:
        return self.root / "endpoints.yaml"

    @property
    def logs(self) -> Path:
        """What the components of Airflow and the simulator say, one file each."""
        return self.root / "logs"

    @property
    def state(self) -> Path:
        """Which processes the demo started; outlives it only when the demo was killed."""
        return self.root / "processes.json"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def sample(self) -> Path:
        return self.project / "include" / "sample"

    def clear(self) -> None:
        """Forget earlier demos: labels, runs, logs."""
        for path in (self.airflow_home, self.lake, self.logs):
            shutil.rmtree(path, ignore_errors=True)
        for path in self.root.glob("ledger.db*"):
            path.unlink(missing_ok=True)

    def create(self) -> None:
        for path in (self.airflow_home, self.lake, self.logs):
            path.mkdir(parents=True, exist_ok=True)
