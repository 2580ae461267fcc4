"""A webhook that takes the whole alert as JSON.

With a secret, requests are signed as Standard Webhooks (standardwebhooks.com) describes, so that libraries can verify them: the
signature covers the id of the message, the time and the body. While a secret is replaced, requests are signed with both.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from semtel_ops.alerts.channels.channel_kind import ChannelKind, Connections, address_of, post_json
from semtel_ops.alerts.model import Alert
from semtel_ops.alerts.render import webhook
from semtel_ops.clock import SystemClock
from semtel_ops.errors import ConfigError
from semtel_ops.settings import ChannelConfig
from semtel_ops.settings.environment import read_secret

_PREFIX = "whsec_"
"""Of a secret in base64; a variable may hold several of these, separated by spaces."""


def signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`; `timestamp` is in seconds since 1970."""
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return f"v1,{base64.b64encode(hmac.digest(secret, signed, 'sha256')).decode()}"


def _send(alert: Alert, config: ChannelConfig, connections: Connections) -> None:
    body, address = webhook(alert), address_of(config, connections)
    if config.secret_env is None:
        post_json(address, body)
    else:
        post_json(
            address, body, headers_of=partial(_signed, _secrets(config.label, config.secret_env), _message_id(alert, body))
        )


def _signed(secrets: Sequence[bytes], message_id: str, body: bytes) -> Mapping[str, str]:
    now = int(SystemClock().now())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(signature(secret, message_id, now, body) for secret in secrets),
    }


def _message_id(alert: Alert, body: Mapping[str, Any]) -> str:
    """The same when an alert is sent again, so that a receiver can drop what it has."""
    digest = hashlib.sha256("/".join((alert.dedup_key, body["event"])).encode())
    return f"msg_{digest.hexdigest()[:24]}"


def _secrets(channel: str, variable: str) -> list[bytes]:
    field, held = f"alerts.channels.{channel}.secret_env", read_secret(variable)
    if held is None or not held.strip():
        raise ConfigError(field, variable, "is not set; export it with the secret that signs requests")
    if not held.startswith(_PREFIX):
        return [held.encode()]
    try:
        secrets = [base64.b64decode(word.removeprefix(_PREFIX), validate=True) for word in held.split()]
    except binascii.Error:
        raise ConfigError(field, variable, f"holds a secret that begins with {_PREFIX} but is not base64") from None
    if not all(secrets):
        raise ConfigError(field, variable, f"holds {_PREFIX} with nothing behind it")
    return secrets


WEBHOOK: Final = ChannelKind("A webhook that receives the whole alert as JSON.", _send, takes_url=True, signs=True)
