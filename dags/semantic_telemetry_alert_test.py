"""
### Can people be told?

Sends a test alert through the channels under `alerts:` in `pipeline.yaml`, from a worker and with Airflow's connections, as a
real one would be. It says that nothing is wrong, and nothing is kept of it. Press ▶ *Trigger* after changing a channel.

Red: the log of `send` says which channel did not take it, and why. `semtel alerts test` does the same from a shell, for
webhooks whose URL is in the environment.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Param, dag, task

from semtel_airflow.defaults import ADHOC_ARGS


@dag(
    schedule=None,
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=False,  # it runs only when somebody triggers it, and then should
    default_args=ADHOC_ARGS,
    params={
        "to": Param(
            None,
            type=["null", "string"],
            title="Channel",
            description_md="Its `name` (or `kind`, where it has none) in `pipeline.yaml`. Empty: all of them.",
        )
    },
    doc_md=__doc__,
    description="Sends a test alert through every configured channel.",
    tags=["semantic-telemetry", "alerts"],
)
def semantic_telemetry_alert_test() -> None:
    @task
    def send(params: Any = None, dag: Any = None) -> dict:
        """Sends one alert to each channel; red when one does not take it."""
        from semtel_airflow.notifiers import alert_context
        from semtel_ops.steps.alert_test import raise_if_undelivered, send_test

        return raise_if_undelivered(send_test(to=params["to"], alerts=alert_context(dag.dag_id)))

    send()


semantic_telemetry_alert_test()
