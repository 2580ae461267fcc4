"""JSON over HTTP for chat clients of every wire format: one session per endpoint; every failure is an EndpointError.

Uses aiohttp instead of a provider's SDK: a call takes about a nineteenth of the SDK's CPU time, which matters since every
conversation takes this path. Nothing here retries.
"""

import asyncio
import errno
import time
from collections.abc import Mapping
from typing import NamedTuple

import aiohttp

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.endpoints.content_encoding import ACCEPTED, unpacked
from semtel_ops.endpoints.event_stream import is_event_stream
from semtel_ops.endpoints.lenient_json import read_json
from semtel_ops.endpoints.model import RateLimits
from semtel_ops.endpoints.rate_headers import rate_limits_from
from semtel_ops.endpoints.refusal import error_from_response
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.humanize import duration

_HEADERS = {
    "content-type": "application/json",
    "accept": "application/json",
    "accept-encoding": ACCEPTED,
    "user-agent": "semtel-ops",
}
_MAX_REPLY_BYTES = 16 * 1024 * 1024
_MAX_HEADER_BYTES = 64 * 1024


class HttpReply(NamedTuple):
    """A reply with a status of success.

    Attributes:
        raw: the body.
        latency_s: from sending to the last byte.
        rate_limits: from its headers; None if it has no rate-limit headers.
    """

    raw: bytes
    latency_s: float
    rate_limits: RateLimits | None


class HttpTransport:
    """Calls one endpoint. Create and close it inside a running event loop."""

    def __init__(self, name: str, *, headers: Mapping[str, str], connections: int = 0, clock: Clock | None = None) -> None:
        """Open a session.

        Args:
            name: of the endpoint, for error messages.
            headers: sent with every call.
            connections: most open connections; 0: unbounded, since `concurrency` bounds the requests.
            clock: with which dates in headers are compared.
        """
        self._name = name
        self._clock = clock or SystemClock()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections, ttl_dns_cache=300, keepalive_timeout=60),
            headers={**_HEADERS, **headers},
            auto_decompress=False,
            max_field_size=_MAX_HEADER_BYTES,
        )

    async def post(self, url: str, body: bytes, *, timeout_s: float, headers: Mapping[str, str] | None = None) -> HttpReply:
        """Send a POST request.

        Args:
            headers: additional headers for this call.

        Raises:
            EndpointError: no reply, or no status of success. A redirect is not followed: it would take the key elsewhere.
        """
        return await self._exchange("POST", url, body, timeout_s, headers)

    async def get(self, url: str, *, timeout_s: float, headers: Mapping[str, str] | None = None) -> HttpReply:
        """Send a GET request; raises as `post` does."""
        return await self._exchange("GET", url, None, timeout_s, headers)

    async def _exchange(
        self, method: str, url: str, body: bytes | None, timeout_s: float, headers: Mapping[str, str] | None
    ) -> HttpReply:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(timeout_s):
                async with self._session.request(method, url, data=body, headers=headers, allow_redirects=False) as response:
                    packed = await _body(response)
        except TimeoutError:
            raise EndpointError(
                f"{self._name}: no reply within {duration(timeout_s)}", kind=EndpointErrorKind.TIMEOUT
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            raise EndpointError(
                f"{self._name}: connection failed: {_reason(error)}", kind=EndpointErrorKind.CONNECTION
            ) from None
        raw = unpacked(packed, response.headers.get("content-encoding", ""), max_bytes=_MAX_REPLY_BYTES)
        # Gateways that create a resource for each call answer 201.
        if not 200 <= response.status < 300:
            raise self.refusal(response.status, response.headers, raw, body or b"")
        return HttpReply(raw, time.perf_counter() - started, rate_limits_from(response.headers, self._clock.now()))

    def refusal(self, status: int, headers: Mapping[str, str], raw: bytes, sent: bytes) -> EndpointError:
        """The error for a reply with an error; `sent` is the body of the request, which the error must not repeat."""
        return error_from_response(self._name, status, headers, raw, sent=sent, now=self._clock.now())

    def malformed(self, raw: bytes, wanted: str = "a chat completion") -> EndpointError:
        """The error for a body that is not `wanted`. Says what the body looks like; its text may quote the request."""
        return EndpointError(
            f"{self._name}: the reply is {_form(raw)}, not {wanted} ({len(raw)} bytes)",
            kind=EndpointErrorKind.MALFORMED,
            status=200,
        )

    async def aclose(self) -> None:
        await self._session.close()


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """The body, cut off at 16 MB so that an endless reply does not fill the memory."""
    if response.content_length is not None and response.content_length <= _MAX_REPLY_BYTES:
        return await response.read()
    parts, left = [], _MAX_REPLY_BYTES
    while left > 0 and (part := await response.content.read(min(left, 1 << 20))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _form(raw: bytes) -> str:
    beginning = raw[:1_000].strip()
    if not beginning:
        return "empty"
    if is_event_stream(raw):
        return "an event stream"
    if beginning.startswith(b"<"):
        return "an HTML page"
    return "JSON" if read_json(raw) is not None else "no valid JSON"


def _reason(error: Exception) -> str:
    """Why a connection failed; never contains the URL, which may contain a password."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the host name cannot be resolved"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "the certificate is not trusted"
    if isinstance(error, aiohttp.InvalidURL):
        return "the URL is not valid"
    if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.errno == errno.ECONNREFUSED:
        return "no server listens on that host and port"
    return next((words for kind, words in _BROKEN if isinstance(error, kind)), type(error).__name__)


_BROKEN = (
    (aiohttp.ClientPayloadError, "the reply broke off"),
    (aiohttp.ClientResponseError, "the reply is not valid HTTP"),
    (aiohttp.ServerDisconnectedError, "the server closed the connection without a reply"),
    (aiohttp.ClientSSLError, "TLS failed"),
    (ConnectionResetError, "the connection was reset"),
)
