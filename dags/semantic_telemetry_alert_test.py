"""
### Test the alert channels

Sends a test alert through the channels under `alerts:` in `pipeline.yaml`, from a worker and with Airflow's connections, as a
real alert is sent. The message says that nothing is wrong, and the ledger does not record it. Press ▶ *Trigger* after you
change a channel.

If `send` fails, its log names the channels that did not accept the alert and why. For webhooks whose URL is in the environment,
`semtel alerts test` does the same from a shell.
"""

from datetime import UTC, datetime

from airflow.sdk import DAG, Param, get_current_context, task

from semtel_airflow.defaults import ADHOC_ARGS


@task
def send() -> dict[str, str]:
    """Send one test alert to each channel. Fails if a channel does not accept it."""
    from semtel_airflow.resources import task_alerts
    from semtel_ops.steps.alert_test import raise_if_undelivered, send_test

    return raise_if_undelivered(send_test(alerts=task_alerts(), to=get_current_context()["params"]["to"]))


with DAG(
    "semantic_telemetry_alert_test",
    schedule=None,
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=False,  # it has no schedule: it runs when a person triggers it
    default_args=ADHOC_ARGS,
    params={
        "to": Param(
            None,
            type=["null", "string"],
            title="Channel",
            description_md="The channel's `name` in `pipeline.yaml`, or its `kind` if it has no name. Empty: all channels.",
        )
    },
    doc_md=__doc__,
    description="Sends a test alert through every configured channel.",
    tags=["semantic-telemetry", "alerts"],
):
    send()
