"""`semtel`: everything a task does, from a shell, on one machine, without Airflow.

Here: arguments in, one step called, its manifest shown. Not here: what the steps do.
"""

from semtel_ops.cli.main import main

__all__ = ["main"]
