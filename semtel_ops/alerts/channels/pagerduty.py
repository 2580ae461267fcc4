"""PagerDuty, through an Airflow connection of its Events API."""

from typing import Final

from semtel_ops.alerts.channels.channel_kind import ChannelKind, Connections, Notifier
from semtel_ops.alerts.model import Alert
from semtel_ops.alerts.render import pagerduty_event
from semtel_ops.settings import ChannelConfig

_NOTIFIER: Final = Notifier("airflow.providers.pagerduty.notifications.pagerduty", "PagerdutyNotifier", "pagerduty")


def _send(alert: Alert, config: ChannelConfig, connections: Connections) -> None:
    connections.notify(config, _NOTIFIER, pagerduty_events_conn_id=config.conn_id, **pagerduty_event(alert))


PAGERDUTY: Final = ChannelKind(
    "PagerDuty, through a connection of its Events API. Needs `pip install 'semtel-ops[alerts]'`.", _send, takes_notices=False
)
