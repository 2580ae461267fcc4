"""What a task passes to the steps of the library: this Airflow's connections, metrics and alert channels."""

from airflow.sdk import get_current_context

from semtel_airflow.connections import resolve_connection
from semtel_airflow.metrics import AirflowMetrics
from semtel_airflow.notifiers import alert_context
from semtel_ops.alerts.context import AlertContext
from semtel_ops.runs.resources import Resources


def task_resources() -> Resources:
    """The resources of a task; those that Airflow does not provide are the defaults of a shell."""
    return Resources(resolve_connection=resolve_connection, metrics=AirflowMetrics())


def task_alerts() -> AlertContext:
    """The alert context of the current task's DAG."""
    return alert_context(get_current_context()["dag"].dag_id)
