"""Registers this project with Airflow: the entry point `airflow.plugins` of the distribution names `SemtelPlugin`.

Every process of Airflow imports this module, so it imports little: applications are imported at their first request.
"""

from airflow.plugins_manager import AirflowPlugin

from semtel_airflow.deadline import RunCreatedAt
from semtel_airflow.lazy_app import LazyApp
from semtel_airflow.page import page_views


class SemtelPlugin(AirflowPlugin):
    """Semantic telemetry: the page in Airflow's navigation, and a line under Admin → Plugins."""

    name = "semtel"
    fastapi_apps = [  # noqa: RUF012 - Airflow's
        {"app": LazyApp("semtel_airflow.page.app"), "url_prefix": "/semtel", "name": "Semantic telemetry"},
        {
            "app": LazyApp("semtel_airflow.reprocess_page.app"),
            "url_prefix": "/semtel-reprocess",
            "name": "Semantic telemetry: reprocess form",
        },
        {
            "app": LazyApp("semtel_airflow.gold_page.app"),
            "url_prefix": "/semtel-gold",
            "name": "Semantic telemetry: gold labels",
        },
        {
            "app": LazyApp("semtel_airflow.align_page"),
            "url_prefix": "/semtel-align",
            "name": "Semantic telemetry: alignment form",
        },
    ]
    external_views = page_views()
    deadline_references = [RunCreatedAt]  # noqa: RUF012 - Airflow's
