"""Registers this project with Airflow; what the DAGs use lies in `semtel_airflow`.

Airflow imports every file beside this one by its bare name, in every process: keep this file alone here and light.
"""

from airflow.plugins_manager import AirflowPlugin

from semtel_airflow.deadline import RunCreatedAt
from semtel_airflow.page import PageWhenAsked, page_views
from semtel_airflow.reprocess_page import FormWhenAsked


class SemtelPlugin(AirflowPlugin):
    """Semantic telemetry: the page in Airflow's navigation, and a line under Admin → Plugins."""

    name = "semtel"
    fastapi_apps = [  # noqa: RUF012 - Airflow's
        {"app": PageWhenAsked(), "url_prefix": "/semtel", "name": "Semantic telemetry"},
        {"app": FormWhenAsked(), "url_prefix": "/semtel-reprocess", "name": "Semantic telemetry: reprocess form"},
    ]
    external_views = page_views()
    deadline_references = [RunCreatedAt]  # noqa: RUF012 - Airflow's
