"""Parses completions, rate-limit headers and errors of OpenAI-compatible servers."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from semtel_ops.endpoints.flex import FLEX
from semtel_ops.endpoints.model import ChatReply, Endpoint, FinishReason, Lane, RateLimits
from semtel_ops.errors import EndpointError, EndpointErrorKind

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_QUOTED = re.compile(
    r"""(?<!\w)(?:"[^"]{40,}"|`[^`]{40,}`|“[^”]{40,}”|'(?:[^']|(?<=\w)'(?=\w)){40,}')""",
)
"""At least 40 characters in quotation marks; apostrophes are not quotation marks."""
_FINISH = {reason.value: reason for reason in FinishReason}
_CAPACITY_WORDS = ("capacity", "overloaded", "engine is currently", "temporarily", "resource_unavailable", "no_capacity")


def parse_completion(
    data: Any,
    endpoint: Endpoint,
    *,
    lane: Lane | None = None,
    latency_s: float = 0.0,
    rate_limits: RateLimits | None = None,
) -> ChatReply | None:
    """Parse the JSON of a chat completion; None if it is not a chat completion.

    Args:
        lane: by whose price the reply is billed. None: by the tier that the reply names, or else the tier that was requested.
    """
    try:
        choice = data["choices"][0]
        message = choice["message"]
        content, refusal = message.get("content"), message.get("refusal")
        finish, usage = choice.get("finish_reason"), data.get("usage") or {}
        if lane is None:
            lane = Lane.FLEX if (data.get("service_tier") or endpoint.service_tier) == FLEX else Lane.REALTIME
        return ChatReply(
            text=content if isinstance(content, str) else "",
            finish_reason=FinishReason.REFUSAL if refusal else _finish_reason(finish),
            model=str(data.get("model") or endpoint.model),
            input_tokens=_count(usage.get("prompt_tokens")),
            output_tokens=_count(usage.get("completion_tokens")),
            latency_s=latency_s,
            rate_limits=rate_limits,
            lane=lane,
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        return None


def _finish_reason(value: Any) -> FinishReason:
    return _FINISH.get(value, FinishReason.OTHER) if isinstance(value, str) else FinishReason.OTHER


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def parse_duration_s(value: str) -> float | None:
    """Seconds from a header such as `6m0s`, `20ms`, `1.5s` or `12`; None for any other format."""
    text = value.strip().lower()
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def retry_after_s(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds to wait by `retry-after-ms`, or else by `retry-after`.

    `now`: seconds since 1970; without it, a `retry-after` that is an HTTP date gives None.
    """
    millis = headers.get("retry-after-ms")
    if millis is not None and (wait_ms := parse_duration_s(millis)) is not None:
        return wait_ms / 1000.0
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = parse_duration_s(value)
    if seconds is not None or now is None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError):
        return None


def rate_limits_from(headers: Mapping[str, str]) -> RateLimits | None:
    """The x-ratelimit headers of a reply; None if it has none."""
    if "x-ratelimit-remaining-requests" not in headers and "x-ratelimit-remaining-tokens" not in headers:
        return None
    return RateLimits(
        limit_requests=_whole(headers.get("x-ratelimit-limit-requests")),
        remaining_requests=_whole(headers.get("x-ratelimit-remaining-requests")),
        reset_requests_s=_reset(headers.get("x-ratelimit-reset-requests")),
        limit_tokens=_whole(headers.get("x-ratelimit-limit-tokens")),
        remaining_tokens=_whole(headers.get("x-ratelimit-remaining-tokens")),
        reset_tokens_s=_reset(headers.get("x-ratelimit-reset-tokens")),
    )


def _whole(value: str | None) -> int | None:
    try:
        return None if value is None else int(float(value))
    except (ValueError, OverflowError):
        return None


def _reset(value: str | None) -> float | None:
    return None if value is None else parse_duration_s(value)


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
    if status in (401, 403, 404) or "operationnotsupported" in text:
        # «OperationNotSupported» is Azure's answer to a realtime request to a deployment that is only for batches.
        return EndpointErrorKind.AUTH
    if "context_length" in text or "maximum context length" in text or "context window" in text:
        return EndpointErrorKind.CONTEXT_LENGTH
    if "content_filter" in text or "content management policy" in text or "responsibleai" in text:
        return EndpointErrorKind.CONTENT_FILTER
    return EndpointErrorKind.BAD_REQUEST


def _without_quotes(message: str) -> str:
    """Remove long quotations, which may be text of the request."""
    return _QUOTED.sub(lambda quoted: f"{quoted[0][0]}…{quoted[0][-1]}", message)
