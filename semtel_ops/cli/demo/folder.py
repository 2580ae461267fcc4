"""Where the demo keeps everything: one folder of the project, safe to delete."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import semtel_ops
from semtel_ops.errors import ConfigError


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Paths of a demo.

    Attributes:
        project: the checkout, with dags/, plugins/ and include/.
        root: where all that the demo writes lies.
    """

    project: Path
    root: Path

    @classmethod
    def of_this_checkout(cls, root: str | None = None) -> "DemoFolder":
        """`.demo/` of the checkout this code lies in, or the folder that was named."""
        project = Path(semtel_ops.__file__).resolve().parent.parent
        if not (project / "dags").is_dir() or not (project / "plugins").is_dir():
            raise ConfigError("demo", str(project), "holds no dags/ and plugins/; run the demo from a checkout of the project")
        return cls(project, Path(root).expanduser().resolve() if root else project / ".demo")

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
