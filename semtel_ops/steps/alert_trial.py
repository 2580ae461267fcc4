"""Tell channels that nothing is wrong, to see that they can be told."""

from collections.abc import Sequence
from datetime import datetime

from semtel_ops.alerts.build import Place, trial_alert
from semtel_ops.alerts.channel import Channel
from semtel_ops.errors import ConfigError
from semtel_ops.settings import AlertsConfig

TOLD = "told"


def send_trial(
    config: AlertsConfig,
    channels: Sequence[Channel],
    *,
    at: datetime,
    to: str | None = None,
    airflow_url: str | None = None,
    dag_id: str | None = None,
) -> dict[str, str]:
    """What became of each channel: told, or why not. Nothing of it is kept in the ledger.

    Raises:
        ConfigError: there is no channel, or none of the name.
    """
    chosen = [channel for channel in channels if to in {None, channel.name}]
    if not chosen:
        known = ", ".join(channel.name for channel in channels)
        fix = f"is not a channel; known: {known}" if known else "has no channels; add one, see the comments in that file"
        raise ConfigError("pipeline.yaml: alerts.channels", to, fix)
    alert = trial_alert(Place(config.runbook_url, config.airflow_url or airflow_url, dag_id), at)
    told = {}
    for channel in chosen:
        try:
            channel.send(alert)
            told[channel.name] = TOLD
        except Exception as error:  # noqa: BLE001 - providers raise what they like; the others are still to be told
            told[channel.name] = f"{type(error).__name__}: {error}"[:500]
    return told
