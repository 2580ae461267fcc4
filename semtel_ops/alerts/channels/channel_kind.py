"""The interface of a kind of channel, and the connections and addresses that it sends to."""

import json
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from semtel_ops.alerts.model import Alert
from semtel_ops.errors import AlertError, ConfigError
from semtel_ops.extensions import ALERT_CHANNELS
from semtel_ops.settings import ChannelConfig
from semtel_ops.settings.environment import read_secret

_TIMEOUT_S = 15.0
"""Of the whole call: name lookup, connection, TLS, and an answer that may come byte by byte."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow no redirect: it is then an HTTPError with its status."""


_opener = urllib.request.build_opener(_NoRedirects)


class Address(NamedTuple):
    """The URL of an HTTP channel; `token` is sent as a bearer token."""

    url: str
    token: str | None = None


class Notifier(NamedTuple):
    """A notifier class of an Airflow provider: `provider` is the package's name after `apache-airflow-providers-`."""

    module: str
    name: str
    provider: str


class Connections(Protocol):
    """Resolves `conn_id`: in a task to a connection of Airflow; in a shell there are none."""

    def address(self, config: ChannelConfig) -> Address:
        """Host and password of the connection.

        Raises:
            ConfigError: there is no such connection, or it has no host.
        """

    def notify(self, config: ChannelConfig, notifier: Notifier, **fields: Any) -> None:
        """Send with a notifier that is made from these fields; they are not rendered as templates.

        Raises:
            ConfigError: the provider is not installed.
        """


Send = Callable[[Alert, ChannelConfig, Connections], None]
"""Sends an alert to a channel of the kind; raises if sending fails."""


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """A kind of channel, such as Slack.

    Attributes:
        summary: a sentence for the documentation.
        send: formats an alert and sends it.
        takes_url: the URL can come from the environment (`url_env`), so the channel also works in a shell.
        signs: requests are signed if the setting `secret_env` names a secret.
        takes_recipients: the setting `to` names its recipients.
        takes_notices: receives notices (`Alert.is_notice`). False where every alert opens an incident that a person must close.
    """

    summary: str
    send: Send
    takes_url: bool = False
    signs: bool = False
    takes_recipients: bool = False
    takes_notices: bool = True


def channel_kind(name: str) -> ChannelKind:
    """The registered kind of this name.

    Raises:
        ConfigError: there is no such kind, or its module cannot be imported.
    """
    kind: ChannelKind = ALERT_CHANNELS.load(name)
    return kind


def address_of(config: ChannelConfig, connections: Connections) -> Address:
    """The address of a channel that takes a URL.

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
        headers_of: makes further headers from the bytes that are sent, such as a signature. They replace default headers of
            the same name.

    An answer of 200 counts as accepted, whatever its body says; the body is not read.

    Raises:
        ConfigError: the address is not the URL of a server.
        AlertError: the request failed, took too long, or was answered with a redirect, which is not followed: it could take the
            token and the alert to another server. The message names only the host: the path of the URL may be secret.
    """
    host = _host(address.url)
    headers = {"Content-Type": "application/json", "User-Agent": "semtel-ops"}
    if address.token:
        headers["Authorization"] = f"Bearer {address.token}"
    data = json.dumps(body, ensure_ascii=False).encode()
    headers.update(headers_of(data))
    request = urllib.request.Request(address.url, data=data, headers=headers, method="POST")  # noqa: S310 - the scheme was checked
    reason = _within(_TIMEOUT_S, lambda: _failure(request))
    if reason is not None:
        raise AlertError(f"webhook at {host}: {reason}; see that it listens and accepts JSON")


def _host(url: str) -> str:
    """The host of an address; the rest of it may be secret and is never shown."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not host or not url.isprintable() or " " in url:
        raise ConfigError("webhook", "…", "must be an http:// or https:// URL")
    if parts.username is not None:
        raise ConfigError(
            "webhook", "…", "must have no user name before its host; sign requests (secret_env), or use a connection"
        )
    return host


def _failure(request: urllib.request.Request) -> str | None:
    """Why a request was not accepted; None if it was."""
    try:
        with _opener.open(request, timeout=_TIMEOUT_S):
            return None
    except urllib.error.HTTPError as error:
        error.close()
        return f"answered {error.code}"
    except HTTPException as error:
        return f"did not answer in HTTP ({type(error).__name__})"
    except (OSError, ValueError) as error:
        return f"did not answer ({type(error).__name__})"


def _within(seconds: float, call: Callable[[], str | None]) -> str | None:
    """What a call returns, or that it took too long; the call is then left behind.

    The limits of sockets apply to each part of an answer, and to no name lookup.
    """
    results: queue.Queue[str | None] = queue.Queue(1)
    threading.Thread(target=lambda: results.put(call()), name="webhook", daemon=True).start()
    try:
        return results.get(timeout=seconds)
    except queue.Empty:
        return f"did not answer within {seconds:.0f} s"
