"""What tasks give the steps that ask models: this Airflow's connections and metrics."""

from semtel_airflow.connections import resolve_connection
from semtel_airflow.metrics import AirflowMetrics
from semtel_ops.runs.resources import Resources


def task_resources() -> Resources:
    """Resources of a task; everything else is as in a shell."""
    return Resources(resolve_connection=resolve_connection, metrics=AirflowMetrics())
