"""Where a run is executed, for the links of its alerts, and the channels that send them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from semtel_ops.alerts.build import Place
from semtel_ops.alerts.channel import Channel, channel_of
from semtel_ops.settings import AlertsConfig

OpenChannels = Callable[[AlertsConfig], Sequence[Channel]]
"""Makes the channels of a configuration ready to send."""


def open_webhooks(config: AlertsConfig) -> list[Channel]:
    """The configured channels that need no Airflow connection: webhooks whose URL is in the environment."""
    return [channel_of(channel) for channel in config.channels if channel.url_env is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertContext:
    """The environment of steps that raise alerts. The defaults are for a shell.

    Attributes:
        dag_id: the DAG that executes the run, for links to it.
        airflow_url: Airflow's web server. `alerts.airflow_url` in pipeline.yaml takes precedence.
        open_channels: opens the configured channels.
    """

    dag_id: str | None = None
    airflow_url: str | None = None
    open_channels: OpenChannels = open_webhooks

    def place(self, config: AlertsConfig, *, report: str | None = None, data_docs: str | None = None) -> Place:
        """The addresses for the links of an alert; `report` and `data_docs` are URLs."""
        return Place(config.runbook_url, config.airflow_url or self.airflow_url, self.dag_id, report, data_docs)
