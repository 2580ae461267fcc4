import runpy
import sys

from semtel_ops.cli.demo import preloaded


def test_it_is_airflow_with_the_same_arguments_once_the_tasks_modules_are_imported(monkeypatch):
    seen = []

    def run_module(name, run_name, alter_sys):
        seen.append(
            (name, run_name, alter_sys, sys.argv[1:], {"semtel_airflow.lanes", "semtel_ops.steps.gather"} <= {*sys.modules})
        )

    monkeypatch.setattr(runpy, "run_module", run_module)
    monkeypatch.setattr(sys, "argv", ["preloaded", "scheduler", "--skip-serve-logs"])
    preloaded.main()
    assert seen == [("airflow", "__main__", True, ["scheduler", "--skip-serve-logs"], True)]
