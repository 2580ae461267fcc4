"""Reads what the headers of a reply say about quota and waiting."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from semtel_ops.endpoints.model import RateLimits

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


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
