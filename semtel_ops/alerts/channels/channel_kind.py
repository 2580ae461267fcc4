"""What a kind of channel is, and what it is given to reach people by."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from semtel_ops.alerts.model import Alert
from semtel_ops.errors import AlertError, ConfigError
from semtel_ops.extensions import ALERT_CHANNELS
from semtel_ops.settings import ChannelConfig
from semtel_ops.settings.environment import read_secret

_TIMEOUT_S = 15.0


class Address(NamedTuple):
    """Where an HTTP channel listens; `token` is sent as a bearer token."""

    url: str
    token: str | None = None


class Notifier(NamedTuple):
    """A notifier class of an Airflow provider: `provider` is the package's name after `apache-airflow-providers-`."""

    module: str
    name: str
    provider: str


class Connections(Protocol):
    """What `conn_id` means where this runs: Airflow's connections in a task, nothing in a shell."""

    def address(self, config: ChannelConfig) -> Address:
        """Host and password of the connection.

        Raises:
            ConfigError: there is no such connection, or it has no host.
        """

    def notify(self, config: ChannelConfig, notifier: Notifier, **fields: Any) -> None:
        """Make a notifier of these fields and have it notify, with nothing in them rendered as a template.

        Raises:
            ConfigError: the provider is not installed.
        """


Send = Callable[[Alert, ChannelConfig, Connections], None]
"""Tells one channel of an alert; raises where that failed."""


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """One way to reach people.

    Attributes:
        summary: what it is, in a sentence.
        send: writes an alert for it and sends it.
        takes_url: it can be reached by a URL in the environment (`url_env`), and so from a shell too.
        takes_recipients: `to` says who gets it.
        takes_notices: it is told of what was over when it was noticed; not where somebody would have to close it.
    """

    summary: str
    send: Send
    takes_url: bool = False
    takes_recipients: bool = False
    takes_notices: bool = True


def channel_kind(name: str) -> ChannelKind:
    """The kind of a name that settings have accepted.

    Raises:
        ConfigError: there is none of this name, or the package it is in cannot be imported.
    """
    kind: ChannelKind = ALERT_CHANNELS.load(name)
    return kind


def address_of(config: ChannelConfig, connections: Connections) -> Address:
    """Where a channel that takes a URL listens.

    Raises:
        ConfigError: the environment or the connection has no URL.
    """
    if config.url_env is None:
        return connections.address(config)
    url = read_secret(config.url_env)
    if url is None:
        raise ConfigError(f"alerts.channels.{config.label}.url_env", config.url_env, "is not set; export it with the URL")
    return Address(url)


def post_json(
    address: Address, body: Mapping[str, Any], *, headers_of: Callable[[bytes], Mapping[str, str]] = lambda _: {}
) -> None:
    """POST a body to a webhook.

    Args:
        headers_of: further headers, from the bytes that are sent: a signature, for example. Where a name is given twice,
            they win.

    Raises:
        AlertError: it was not accepted. The URL is not repeated beyond its host: its path may be the secret.
    """
    if urlsplit(address.url).scheme not in {"http", "https"}:
        raise ConfigError("webhook", "…", "must be an http:// or https:// URL")
    headers = {"Content-Type": "application/json", "User-Agent": "semtel-ops"}
    if address.token:
        headers["Authorization"] = f"Bearer {address.token}"
    data = json.dumps(body, ensure_ascii=False).encode()
    headers.update(headers_of(data))
    request = urllib.request.Request(address.url, data=data, headers=headers, method="POST")  # noqa: S310 - the scheme was checked
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S):  # noqa: S310 - the scheme was checked
            return
    except urllib.error.HTTPError as error:
        reason = f"answered {error.code}"
        error.close()
    except (OSError, ValueError) as error:
        reason = f"did not answer ({type(error).__name__})"
    raise AlertError(f"webhook at {urlsplit(address.url).hostname}: {reason}; see that it listens and accepts JSON")
