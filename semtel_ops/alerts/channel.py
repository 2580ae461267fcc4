"""Channels: which alerts each receives, and how alerts are sent outside Airflow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from semtel_ops.alerts.channels import Connections, Notifier, channel_kind
from semtel_ops.alerts.model import Alert
from semtel_ops.errors import ConfigError
from semtel_ops.settings import AlertKind, AlertSeverity, ChannelConfig

Send = Callable[[Alert], None]
"""Sends an alert to one channel; raises if sending fails."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A configured channel and the function that sends to it."""

    config: ChannelConfig
    send: Send

    @property
    def name(self) -> str:
        return self.config.label

    def wants(self, alert: Alert) -> bool:
        """Whether the channel receives an alert. All channels receive test alerts.

        Notices go only to kinds of channels that take them (`ChannelKind.takes_notices`).
        """
        if alert.is_notice and not channel_kind(self.config.kind).takes_notices:
            return False
        order = list(AlertSeverity)
        severe = order.index(alert.severity) >= order.index(self.config.min_severity)
        return alert.kind is AlertKind.TEST or (severe and (not self.config.events or alert.kind in self.config.events))


class NoConnections:
    """Connections outside Airflow: there are none, and using one raises ConfigError."""

    def address(self, config: ChannelConfig) -> NoReturn:
        raise ConfigError(
            f"alerts.channels.{config.label}.conn_id", config.conn_id,
            "is an Airflow connection, which only a DAG can use; in a shell, use a webhook with url_env",
        )  # fmt: skip

    def notify(self, config: ChannelConfig, notifier: Notifier, **fields: Any) -> NoReturn:  # noqa: ARG002
        self.address(config)


def channel_of(config: ChannelConfig, connections: Connections | None = None) -> Channel:
    """A channel of the configuration. Whether it can be reached is only known when it sends.

    Args:
        connections: resolves its `conn_id`; None outside Airflow, where sending through a connection raises ConfigError.
    """
    resolver = NoConnections() if connections is None else connections
    return Channel(config, lambda alert: channel_kind(config.kind).send(alert, config, resolver))
