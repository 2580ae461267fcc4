"""Channels: which alerts one is told of, and the one that needs nothing but HTTP."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from semtel_ops.alerts.model import Alert
from semtel_ops.alerts.render import webhook
from semtel_ops.errors import AlertError, ConfigError
from semtel_ops.settings import AlertKind, AlertSeverity, ChannelConfig
from semtel_ops.settings.environment import read_secret

_TIMEOUT_S = 15.0

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
        """A trial is told to all; a pager gets no notices, since nothing would close them."""
        if alert.is_notice and self.config.kind == "pagerduty":
            return False
        order = list(AlertSeverity)
        grave = order.index(alert.severity) >= order.index(self.config.min_severity)
        return alert.kind is AlertKind.TEST or (grave and (not self.config.events or alert.kind in self.config.events))


def channel_of(config: ChannelConfig) -> Channel:
    """A channel outside Airflow. That it cannot be reached from here is said when it is used, not before.

    Where only Airflow can send, sending raises ConfigError.
    """

    def send(alert: Alert) -> None:
        if config.url_env is None:
            raise ConfigError(
                f"alerts.channels.{config.label}.conn_id", config.conn_id,
                "is an Airflow connection, known only in a DAG; in a shell use a webhook with url_env",
            )  # fmt: skip
        url = read_secret(config.url_env)
        if url is None:
            raise ConfigError(f"alerts.channels.{config.label}.url_env", config.url_env, "is not set; export it with the URL")
        post_json(url, alert)

    return Channel(config, send)


def post_json(url: str, alert: Alert, token: str | None = None) -> None:
    """POST the alert to a webhook.

    Raises:
        AlertError: it was not accepted. The URL is not repeated beyond its host: its path may be the secret.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ConfigError("webhook", "…", "must be an http:// or https:// URL")
    headers = {"Content-Type": "application/json", "User-Agent": "semtel-ops"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    body = json.dumps(webhook(alert), ensure_ascii=False).encode()
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - the scheme was checked
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S):  # noqa: S310 - the scheme was checked
            return
    except urllib.error.HTTPError as error:
        reason = f"answered {error.code}"
        error.close()
    except (OSError, ValueError) as error:
        reason = f"did not answer ({type(error).__name__})"
    raise AlertError(f"webhook at {urlsplit(url).hostname}: {reason}; see that it listens and accepts JSON")
