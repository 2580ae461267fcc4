"""Registers this project with Airflow; what the DAGs use lies in `semtel_airflow`.

Airflow imports every file beside this one by its bare name, in every process: keep this file alone here and light.
"""

from airflow.plugins_manager import AirflowPlugin


class SemtelPlugin(AirflowPlugin):
    """Semantic telemetry: makes the project visible under Admin → Plugins."""

    name = "semtel"
