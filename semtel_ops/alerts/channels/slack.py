"""Slack, through an incoming webhook that an Airflow connection holds."""

from typing import Final

from semtel_ops.alerts import render
from semtel_ops.alerts.channels.channel_kind import ChannelKind, Connections, Notifier
from semtel_ops.alerts.model import Alert
from semtel_ops.settings import ChannelConfig

_NOTIFIER: Final = Notifier("airflow.providers.slack.notifications.slack_webhook", "SlackWebhookNotifier", "slack")


def _send(alert: Alert, config: ChannelConfig, connections: Connections) -> None:
    text = render.slack_text(alert)
    blocks = render.slack_blocks(alert)
    connections.notify(config, _NOTIFIER, slack_webhook_conn_id=config.conn_id, text=text, blocks=blocks)


SLACK: Final = ChannelKind(
    "Slack, through a connection with an incoming webhook. Needs `pip install 'semtel-ops[alerts]'`.", _send
)
