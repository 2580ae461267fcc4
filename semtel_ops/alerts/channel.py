"""Channels: which alerts one is told of, and how it is told outside Airflow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from semtel_ops.alerts.channels import Connections, Notifier, channel_kind
from semtel_ops.alerts.model import Alert
from semtel_ops.errors import ConfigError
from semtel_ops.settings import AlertKind, AlertSeverity, ChannelConfig

Send = Callable[[Alert], None]
"""Tells one channel; raises where that failed."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One place that is told, and how."""

    config: ChannelConfig
    send: Send

    @property
    def name(self) -> str:
        return self.config.label

    def wants(self, alert: Alert) -> bool:
        """A trial is told to all; notices only where nobody would have to close them."""
        if alert.is_notice and not channel_kind(self.config.kind).takes_notices:
            return False
        order = list(AlertSeverity)
        grave = order.index(alert.severity) >= order.index(self.config.min_severity)
        return alert.kind is AlertKind.TEST or (grave and (not self.config.events or alert.kind in self.config.events))


class NoConnections:
    """A shell, where Airflow's connections are not known."""

    def address(self, config: ChannelConfig) -> NoReturn:
        raise ConfigError(
            f"alerts.channels.{config.label}.conn_id", config.conn_id,
            "is an Airflow connection, known only in a DAG; in a shell use a webhook with url_env",
        )  # fmt: skip

    def notify(self, config: ChannelConfig, notifier: Notifier, **fields: Any) -> NoReturn:  # noqa: ARG002
        self.address(config)


def channel_of(config: ChannelConfig, connections: Connections | None = None) -> Channel:
    """A channel. That it cannot be reached from here is said when it is used, not before.

    Args:
        connections: what its `conn_id` means; None: outside Airflow, where sending to one raises ConfigError.
    """
    reached_by = NoConnections() if connections is None else connections
    return Channel(config, lambda alert: channel_kind(config.kind).send(alert, config, reached_by))
