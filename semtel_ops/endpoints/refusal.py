"""Reads a reply with an error status: what the refusal is about, and the provider's words."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from semtel_ops.endpoints.rate_headers import retry_after_s
from semtel_ops.errors import EndpointError, EndpointErrorKind

_QUOTED = re.compile(
    r"""(?<!\w)(?:"[^"]{40,}"|`[^`]{40,}`|“[^”]{40,}”|'(?:[^']|(?<=\w)'(?=\w)){40,}')""",
)
"""At least 40 characters in quotation marks; apostrophes are not quotation marks."""
_CAPACITY_WORDS = ("capacity", "overloaded", "engine is currently", "temporarily", "resource_unavailable", "no_capacity")


def error_from_response(name: str, status: int, headers: Mapping[str, str], raw: bytes) -> EndpointError:
    """Make an error from a reply with an error status.

    Its text is the provider's message, shortened and without quotations, since it may quote the request.
    """
    code, kind_name, message = _error_fields(raw)
    kind = _kind(status, code or kind_name, message)
    detail = _without_quotes(message)
    return EndpointError(
        f"{name}: HTTP {status}{f' {code}' if code else ''}: {detail[:200]}".rstrip(": "),
        kind=kind,
        status=status,
        code=code,
        retry_after_s=retry_after_s(headers),
        headers={
            key.lower(): value for key, value in headers.items() if key.lower().startswith(("x-ratelimit", "retry-after"))
        },
    )


def _error_fields(raw: bytes) -> tuple[str | None, str | None, str]:
    """(code, type, message) of an error body; empty for any other body."""
    try:
        data: Any = orjson.loads(raw[:100_000])
    except orjson.JSONDecodeError:
        return None, None, ""
    error = data.get("error", data) if isinstance(data, dict) else {}
    if isinstance(error, str):
        return None, None, error
    if not isinstance(error, dict):
        return None, None, ""
    code, kind, message = error.get("code"), error.get("type"), error.get("message")
    return (str(code) if code else None), (str(kind) if kind else None), (message if isinstance(message, str) else "")


def _kind(status: int, code: str | None, message: str) -> EndpointErrorKind:
    text = f"{code or ''} {message}".lower()
    if status == 429:
        if "insufficient_quota" in text:
            return EndpointErrorKind.AUTH  # the account has no credit: waiting does not help
        capacity = any(word in text for word in _CAPACITY_WORDS)
        return EndpointErrorKind.OVERLOADED if capacity else EndpointErrorKind.RATE_LIMITED
    if status == 408:
        return EndpointErrorKind.TIMEOUT
    if status == 503:
        return EndpointErrorKind.OVERLOADED
    if status >= 500:
        return EndpointErrorKind.SERVER_ERROR
    if status in (401, 403):
        return EndpointErrorKind.AUTH
    if status == 404 or "operationnotsupported" in text:
        # «OperationNotSupported» is Azure's answer to a realtime request to a deployment that is only for batches.
        return EndpointErrorKind.DEPLOYMENT
    if "context_length" in text or "maximum context length" in text or "context window" in text:
        return EndpointErrorKind.CONTEXT_LENGTH
    if "content_filter" in text or "content management policy" in text or "responsibleai" in text:
        return EndpointErrorKind.CONTENT_FILTER
    return EndpointErrorKind.BAD_REQUEST


def _without_quotes(message: str) -> str:
    """Remove long quotations, which may be text of the request."""
    return _QUOTED.sub(lambda quoted: f"{quoted[0][0]}…{quoted[0][-1]}", message)
