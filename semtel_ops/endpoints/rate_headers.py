"""Reads what the headers of a reply say about quota and waiting.

Servers write a wait as seconds, as a duration (`6m0s`), as a date, as a moment in ISO 8601, and as seconds or milliseconds
since 1970. A moment is compared with the server's own clock where the reply has a `Date`, so that clocks may differ.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from semtel_ops.clock import SystemClock
from semtel_ops.endpoints.model import RateLimits

_NUMBER = re.compile(r"\+?\d{1,20}(?:\.\d{1,20})?", re.ASCII)
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)(ns|us|µs|μs|ms|s|m|h|d)", re.ASCII)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WORDS = re.compile(r"\s*(?<![a-z])(milliseconds|seconds?|minutes?|hours?|secs?|mins?)\b\s*")
_MAX_CHARS = 64
_STRUCTURED = re.compile(r"\b(limit|remaining|reset|q|r|t|w)\s*=\s*\"?(\d{1,20})", re.ASCII | re.IGNORECASE)

_EPOCH_S = 1e9
"""A larger number is no duration (30 years) but a moment in seconds since 1970 (from 2001 on)."""
_EPOCH_MS = 1e12
_EPOCH_US = 1e15
_LONGEST_RESET_S = 86_400.0
"""Quotas are per minute, hour or day; a longer reset is a misunderstanding."""


class _Quota(NamedTuple):
    """Names of the headers of one quota."""

    limit: str
    remaining: str
    reset: str


_REQUESTS = (
    _Quota("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    _Quota(
        "anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"
    ),
    _Quota("x-ratelimit-limit-req-minute", "x-ratelimit-remaining-req-minute", "x-ratelimit-reset-req-minute"),
    _Quota("x-ratelimit-limit-requests-day", "x-ratelimit-remaining-requests-day", "x-ratelimit-reset-requests-day"),
    _Quota("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
    _Quota("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
    _Quota("x-ratelimit-limit-minute", "x-ratelimit-remaining-minute", "x-ratelimit-reset-minute"),
    _Quota("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"),
    _Quota(
        *("llm_provider-x-ratelimit-limit-requests", "llm_provider-x-ratelimit-remaining-requests"),
        "llm_provider-x-ratelimit-reset-requests",
    ),
)
_TOKENS = (
    _Quota("x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    _Quota("anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    _Quota(
        *("anthropic-ratelimit-input-tokens-limit", "anthropic-ratelimit-input-tokens-remaining"),
        "anthropic-ratelimit-input-tokens-reset",
    ),
    _Quota("x-ratelimit-limit-tokens-minute", "x-ratelimit-remaining-tokens-minute", "x-ratelimit-reset-tokens-minute"),
    _Quota("x-ratelimitbysize-limit-minute", "x-ratelimitbysize-remaining-minute", "ratelimitbysize-reset"),
    _Quota("x-tokenlimit-limit", "x-tokenlimit-remaining", "x-tokenlimit-reset"),
    _Quota(
        *("llm_provider-x-ratelimit-limit-tokens", "llm_provider-x-ratelimit-remaining-tokens"),
        "llm_provider-x-ratelimit-reset-tokens",
    ),
)
"""OpenAI, Azure, Groq, xAI; Anthropic; Mistral; Cerebras; OpenRouter, Together and most gateways; drafts 0 to 6 of the IETF;
Kong; LiteLLM, which passes on the headers of the server behind it."""


def is_rate_header(name: str) -> bool:
    """Whether a header says something about quota or waiting, or is the date that such headers are compared with."""
    name = name.lower()
    return (
        "ratelimit" in name or "rate-limit" in name or "tokenlimit" in name or name.startswith("retry-after") or name == "date"
    )


def parse_duration_s(value: str) -> float | None:
    """Seconds from a header such as `6m0s`, `20ms`, `1.5s`, `5 seconds` or `12`; None for any other format, and below 0."""
    text = _WORDS.sub(lambda word: word[1][0] if word[1] != "milliseconds" else "ms", value[:_MAX_CHARS].strip().lower())
    text = text.removeprefix("pt")
    if _NUMBER.fullmatch(text):
        return float(text)
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def retry_after_s(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds to wait by `retry-after-ms`, or else by `retry-after`; None if neither can be read.

    `now`: seconds since 1970 by our clock, used where the reply has no `date`; default: the time of the system.
    """
    millis = headers.get("retry-after-ms")
    if millis is not None and (wait_ms := parse_duration_s(millis)) is not None:
        return wait_ms / 1000.0
    value = headers.get("retry-after")
    if value is None:
        return None
    first = value.partition(",")[0]  # two headers in one, unless it is a date
    return _seconds_until(first if first.strip().isdecimal() else value, headers, now)


def rate_limits_from(headers: Mapping[str, str], now: float | None = None) -> RateLimits | None:
    """The quotas in the headers of a reply; None if there are none.

    `now`: as for `retry_after_s`.
    """
    requests, tokens = _first(_REQUESTS, headers), _first(_TOKENS, headers)
    if requests is None and tokens is None:
        return _structured(headers)
    requests, tokens = requests or _REQUESTS[0], tokens or _TOKENS[0]
    return RateLimits(
        limit_requests=_whole(headers.get(requests.limit)),
        remaining_requests=_whole(headers.get(requests.remaining)),
        reset_requests_s=_reset(headers.get(requests.reset), headers, now),
        limit_tokens=_whole(headers.get(tokens.limit)),
        remaining_tokens=_whole(headers.get(tokens.remaining)),
        reset_tokens_s=_reset(headers.get(tokens.reset), headers, now),
    )


def _first(quotas: tuple[_Quota, ...], headers: Mapping[str, str]) -> _Quota | None:
    for quota in quotas:
        if quota.remaining in headers:
            return quota
    return None


def _structured(headers: Mapping[str, str]) -> RateLimits | None:
    """The IETF draft from version 7 on: `limit=100, remaining=50, reset=5`, and then `"default";r=50;t=5`."""
    value = headers.get("ratelimit")
    if value is None:
        return None
    found = {
        name.lower(): int(number) for name, number in _STRUCTURED.findall(headers.get("ratelimit-policy", "") + ";" + value)
    }
    remaining = found.get("remaining", found.get("r"))
    if remaining is None:
        return None
    reset = found.get("reset", found.get("t"))
    return RateLimits(
        limit_requests=found.get("limit", found.get("q")),
        remaining_requests=remaining,
        reset_requests_s=None if reset is None or reset > _LONGEST_RESET_S else float(reset),
    )


def _whole(value: str | None) -> int | None:
    text = "" if value is None else value.strip().replace(",", "")
    return int(float(text)) if _NUMBER.fullmatch(text) else None


def _reset(value: str | None, headers: Mapping[str, str], now: float | None) -> float | None:
    seconds = None if value is None else _seconds_until(value, headers, now)
    return None if seconds is None or seconds > _LONGEST_RESET_S else seconds


def _seconds_until(value: str, headers: Mapping[str, str], now: float | None) -> float | None:
    """Seconds from a duration, or until a moment; 0 for a moment that has passed."""
    seconds = parse_duration_s(value)
    if seconds is not None and seconds < _EPOCH_S:
        return seconds
    moment = _moment(value) if seconds is None else seconds / _epoch_unit(seconds)
    if moment is None:
        return None
    served = _moment(headers.get("date", ""))
    here = served if served is not None else SystemClock().now() if now is None else now
    return max(0.0, moment - here)


def _epoch_unit(number: float) -> float:
    """How many of its units a number since 1970 has in a second."""
    return 1e6 if number >= _EPOCH_US else 1e3 if number >= _EPOCH_MS else 1.0


def _moment(value: str) -> float | None:
    """Seconds since 1970 of an HTTP date or a moment in ISO 8601."""
    text = value.strip()[:64]
    if not text.isascii() or len(text) < 8:
        return None
    try:
        moment = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
