"""Makes an EndpointError from a reply with an error."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from semtel_ops.clock import SystemClock
from semtel_ops.endpoints.rate_headers import is_rate_header, retry_after_s
from semtel_ops.endpoints.refusal.body import ErrorBody, plain_code, read_error_body
from semtel_ops.endpoints.refusal.openai_rules import OPENAI_RULES
from semtel_ops.endpoints.refusal.parameters import refused_parameters
from semtel_ops.endpoints.refusal.provider_words import shown
from semtel_ops.endpoints.refusal.rules import Refusal, Rule, kind_of
from semtel_ops.errors import EndpointError, EndpointErrorKind

_MAX_HEADER = 100


def error_from_response(
    name: str,
    status: int,
    headers: Mapping[str, str],
    raw: bytes,
    *,
    sent: bytes = b"",
    now: float | None = None,
    rules: Sequence[Rule] = OPENAI_RULES,
) -> EndpointError:
    """Make an error from a reply with an error status, or with an error in the body of status 200.

    Its text is the provider's words, cut and without quotations, since they may quote the request.

    Args:
        name: of the endpoint.
        sent: the body of the request, if known: what the words have in common with it is left out.
        now: seconds since 1970, for waits until a moment; default: the time of the system.
        rules: of the wire format.
    """
    body = read_error_body(raw)
    # A gateway that has already answered 200 writes the status of the server behind it into the body.
    judged = next((inner for inner in body.statuses if inner >= 400), status) if status == 200 else status
    kind = kind_of(Refusal(judged, body), rules)
    kept = {**body.headers, **{key.lower(): value[:_MAX_HEADER] for key, value in headers.items() if is_rate_header(key)}}
    wait_s = retry_after_s(kept, now=SystemClock().now() if now is None else now)
    return EndpointError(
        _message(name, status, headers, body, sent),
        kind=kind,
        status=judged,
        code=body.code,
        retry_after_s=body.retry_after_s if wait_s is None else wait_s,
        headers=kept,
        params=refused_parameters(body) if kind is EndpointErrorKind.UNSUPPORTED else (),
    )


def _message(name: str, status: int, headers: Mapping[str, str], body: ErrorBody, sent: bytes) -> str:
    code = shown(body.code or "", sent)
    words = shown(body.text, sent)
    if 300 <= status < 400:
        words = f"moved to {_place(headers.get('location', ''))}"
    elif plain_code(code) == plain_code(words):
        words = ""
    said = f"HTTP {status}{' with an error' if status == 200 else ''}{f' {code}' if code else ''}"
    return f"{name}: {said}: {words}".rstrip(": ")


def _place(location: str) -> str:
    """Scheme and host of a URL: the rest of it may be secret."""
    try:
        parts = urlsplit(location)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "another address"
    if not host.isascii() or not host or len(host) > _MAX_HEADER:
        return "another path of the same host" if location.startswith("/") and not host else "another address"
    return f"{parts.scheme}://{host}{port}" if parts.scheme else f"{host}{port}"
