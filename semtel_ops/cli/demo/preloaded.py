"""`airflow` with the library imported: `python -m semtel_ops.cli.demo.preloaded scheduler --skip-serve-logs`.

The scheduler and the Celery workers fork a process for each task, and what they have imported no task imports again: imports
were half of the CPU time of a small run's tasks, and take two seconds once.
"""

import pkgutil
import runpy
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

_OF_TASKS = (
    "semtel_airflow.lanes",
    "semtel_airflow.notifiers",
    "semtel_airflow.operators",
    "semtel_airflow.publishing",
    "semtel_airflow.resources",
    "duckdb",
    "openai",
)
"""What tasks import beside the steps. Great Expectations, which takes longer than all of it, is needed by one task of a run."""


def main() -> None:
    """Import, then be `airflow` with the same arguments."""
    for name in (*_OF_TASKS, *_steps()):
        import_module(name)
    sys.argv[0] = "airflow"
    runpy.run_module("airflow", run_name="__main__", alter_sys=True)


def _steps() -> Iterator[str]:
    steps: ModuleType = import_module("semtel_ops.steps")
    return (module.name for module in pkgutil.iter_modules(steps.__path__, f"{steps.__name__}."))


if __name__ == "__main__":
    main()
