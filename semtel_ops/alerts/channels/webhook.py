"""A webhook that takes the whole alert as JSON."""

from typing import Final

from semtel_ops.alerts.channels.channel_kind import ChannelKind, Connections, address_of, post_json
from semtel_ops.alerts.model import Alert
from semtel_ops.alerts.render import webhook
from semtel_ops.settings import ChannelConfig


def _send(alert: Alert, config: ChannelConfig, connections: Connections) -> None:
    post_json(address_of(config, connections), webhook(alert))


WEBHOOK: Final = ChannelKind("A webhook that receives the whole alert as JSON.", _send, takes_url=True)
