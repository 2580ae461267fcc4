"""E-mail, through an Airflow connection of an SMTP server."""

from typing import Final

from semtel_ops.alerts import render
from semtel_ops.alerts.channels.channel_kind import ChannelKind, Connections, Notifier
from semtel_ops.alerts.model import Alert
from semtel_ops.settings import ChannelConfig

_NOTIFIER: Final = Notifier("airflow.providers.smtp.notifications.smtp", "SmtpNotifier", "smtp")


def _send(alert: Alert, config: ChannelConfig, connections: Connections) -> None:
    subject, html = render.email(alert)
    connections.notify(config, _NOTIFIER, smtp_conn_id=config.conn_id, to=list(config.to), subject=subject, html_content=html)


EMAIL: Final = ChannelKind(
    "E-mail, through a connection of an SMTP server. Needs `pip install 'semtel-ops[alerts]'`.", _send, takes_recipients=True
)
