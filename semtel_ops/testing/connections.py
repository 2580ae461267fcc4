"""Connections that record notifications, in place of Airflow's."""

from dataclasses import dataclass, field
from typing import Any

from semtel_ops.alerts.channels.channel_kind import Address, Notifier
from semtel_ops.errors import AlertError
from semtel_ops.settings import ChannelConfig


@dataclass(slots=True)
class RecordingConnections:
    """The same connection for every id.

    Attributes:
        url: the host of the connection, to which channels post.
        token: the password of the connection.
        refuses: whether every notifier fails.
        notified: (notifier, its fields), in order.
    """

    url: str = "http://127.0.0.1:9/"
    token: str | None = "sesame"  # noqa: S105 - of a connection that tests make up
    refuses: bool = False
    notified: list[tuple[Notifier, dict[str, Any]]] = field(default_factory=list)

    def address(self, config: ChannelConfig) -> Address:  # noqa: ARG002 - the same for every channel
        return Address(self.url, self.token)

    def notify(self, config: ChannelConfig, notifier: Notifier, **fields: Any) -> None:  # noqa: ARG002 - the same for every channel
        if self.refuses:
            raise AlertError(f"{notifier.name} was refused")
        self.notified.append((notifier, fields))
