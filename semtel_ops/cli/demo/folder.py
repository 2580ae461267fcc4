"""The demo's folder, which can be deleted at any time."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from semtel_ops.settings.environment import include_folder


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Paths of a demo.

    Attributes:
        project: parent of include/: the checkout, or the installed package.
        root: folder of all files that the demo writes.
    """

    project: Path
    root: Path

    @classmethod
    def of_this_installation(cls, root: str | None = None) -> "DemoFolder":
        """The given folder; else `.demo/` in the checkout or, for an installed package, in the current folder."""
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
        """Output of Airflow's components and the simulator, one file each."""
        return self.root / "logs"

    @property
    def state(self) -> Path:
        """Processes that the demo started; remains only after SIGKILL."""
        return self.root / "processes.json"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def sample(self) -> Path:
        return self.project / "include" / "sample"

    def clear(self) -> None:
        """Delete the labels, runs and logs of earlier demos."""
        for path in (self.airflow_home, self.lake, self.logs):
            shutil.rmtree(path, ignore_errors=True)
        for path in self.root.glob("ledger.db*"):
            path.unlink(missing_ok=True)

    def create(self) -> None:
        for path in (self.airflow_home, self.lake, self.logs):
            path.mkdir(parents=True, exist_ok=True)
