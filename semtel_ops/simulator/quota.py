"""Quotas of requests and tokens per minute, as OpenAI and Azure enforce them. Pure: the time is an argument.

Both count an estimate on arrival: the prompt's tokens plus max_tokens. Unused tokens are not credited, and a request that fails
later still counts. A rejected request counts as a request, but not its tokens.
"""

from dataclasses import dataclass
from math import ceil
from typing import Literal, Protocol

from semtel_ops.simulator.service_config import QuotaConfig


@dataclass(frozen=True, slots=True)
class Window:
    """A quota as in a reply's headers: what remains, and seconds until the whole limit is available again."""

    limit: int
    remaining: int
    reset_s: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request is admitted.

    Attributes:
        refused_by: the exceeded quota, or None.
        retry_after_s: seconds until the request would be admitted if there were no others; None where it is admitted, or never
            would be.
    """

    requests: Window | None
    tokens: Window | None
    refused_by: Literal["requests", "tokens"] | None = None
    retry_after_s: float | None = None

    @property
    def admitted(self) -> bool:
        return self.refused_by is None


class Quota(Protocol):
    """A quota's state."""

    def admit(self, tokens: int, now: float) -> Verdict:
        """Check and count a request of `tokens` at `now`, in monotonic seconds."""
        ...


class _Bucket:
    """A token bucket: refills continuously, from empty to `limit` in a minute."""

    def __init__(self, limit: int, now: float) -> None:
        self.limit = limit
        self.level = float(limit)
        self._rate = limit / 60
        self._at = now

    def refill(self, now: float) -> None:
        self.level = min(float(self.limit), self.level + max(0.0, now - self._at) * self._rate)
        self._at = now

    def change(self, limit: int) -> None:
        """Change the limit; the level is reduced to the new limit if it is higher."""
        if limit != self.limit:
            self.limit, self._rate = limit, limit / 60
            self.level = min(self.level, float(limit))

    def wait_for(self, amount: int) -> float:
        return max(0.0, (amount - self.level) / self._rate)

    def window(self) -> Window:
        return Window(self.limit, max(0, int(self.level)), (self.limit - self.level) / self._rate)


class OpenAiQuota:
    """A bucket of requests and a bucket of tokens; the limit of tokens may have a schedule."""

    def __init__(self, config: QuotaConfig, now: float) -> None:
        self._requests = _Bucket(config.rpm, now) if config.rpm else None
        self._phases = [(phase.for_s, phase.tpm) for phase in config.schedule]
        self._start = now
        tpm = self._phases[0][1] if self._phases else config.tpm
        self._tokens = _Bucket(tpm, now) if tpm else None

    def _scheduled(self, now: float) -> int:
        position = (now - self._start) % sum(length for length, _ in self._phases)
        for length, tpm in self._phases:
            if position < length:
                return tpm
            position -= length
        return self._phases[0][1]

    def admit(self, tokens: int, now: float) -> Verdict:
        refused_by: Literal["requests", "tokens"] | None = None
        wait: float | None = 0.0
        if self._requests is not None:
            self._requests.refill(now)
            if self._requests.level < 1:
                refused_by, wait = "requests", self._requests.wait_for(1)
            self._requests.level = max(0.0, self._requests.level - 1)
        if self._tokens is not None:
            self._tokens.refill(now)
            if self._phases:
                self._tokens.change(self._scheduled(now))
            if refused_by is None and self._tokens.level < tokens:
                refused_by = "tokens"
                wait = self._tokens.wait_for(tokens) if tokens <= self._tokens.limit else None
            if refused_by is None:
                self._tokens.level -= tokens
        return Verdict(
            self._requests.window() if self._requests else None,
            self._tokens.window() if self._tokens else None,
            refused_by,
            wait if refused_by else None,
        )


class _Counter:
    """A counter that is reset to 0 at the end of each window."""

    def __init__(self, limit: int, window_s: float, now: float) -> None:
        self.limit = limit
        self.used = 0
        self._window_s = window_s
        self._from = now

    def roll(self, now: float) -> None:
        passed = (now - self._from) // self._window_s
        if passed > 0:
            self._from += passed * self._window_s
            self.used = 0

    def left_s(self, now: float) -> float:
        return self._from + self._window_s - now

    def window(self, now: float) -> Window:
        return Window(self.limit, max(0, self.limit - self.used), self.left_s(now))


class AzureQuota:
    """A counter of tokens per minute, and a counter of requests per slice of 1 s or 10 s."""

    def __init__(self, config: QuotaConfig, now: float) -> None:
        slice_s = float(config.slice_s)
        self._slice = _Counter(max(1, ceil(config.rpm * slice_s / 60)), slice_s, now) if config.rpm else None
        self._minute = _Counter(config.rpm, 60.0, now) if config.rpm else None
        self._tokens = _Counter(config.tpm, 60.0, now) if config.tpm else None

    def admit(self, tokens: int, now: float) -> Verdict:
        refused_by: Literal["requests", "tokens"] | None = None
        wait: float | None = 0.0
        if self._slice is not None and self._minute is not None:
            self._slice.roll(now)
            self._minute.roll(now)
            if self._slice.used >= self._slice.limit:
                refused_by, wait = "requests", self._slice.left_s(now)
            self._slice.used += 1
            self._minute.used += 1
        if self._tokens is not None:
            self._tokens.roll(now)
            if refused_by is None and self._tokens.used + tokens > self._tokens.limit:
                refused_by = "tokens"
                wait = self._tokens.left_s(now) if tokens <= self._tokens.limit else None
            if refused_by is None:
                self._tokens.used += tokens
        return Verdict(
            self._minute.window(now) if self._minute else None,
            self._tokens.window(now) if self._tokens else None,
            refused_by,
            wait if refused_by else None,
        )


def make_quota(config: QuotaConfig, now: float) -> Quota | None:
    """The quota of a configuration; None where nothing is limited."""
    if config.rpm is None and config.tpm is None and not config.schedule:
        return None
    return AzureQuota(config, now) if config.style == "azure" else OpenAiQuota(config, now)


def headers_of(verdict: Verdict) -> dict[str, str]:
    """OpenAI's rate-limit headers, with retry-after where a rejected request would be admitted later."""
    headers: dict[str, str] = {}
    for name, window in (("requests", verdict.requests), ("tokens", verdict.tokens)):
        if window is not None:
            headers[f"x-ratelimit-limit-{name}"] = str(window.limit)
            headers[f"x-ratelimit-remaining-{name}"] = str(window.remaining)
            headers[f"x-ratelimit-reset-{name}"] = format_duration(window.reset_s)
    if verdict.retry_after_s is not None:
        headers.update(retry_headers(verdict.retry_after_s))
    return headers


def retry_headers(seconds: float) -> dict[str, str]:
    return {"retry-after": str(max(1, ceil(seconds))), "retry-after-ms": str(max(1, ceil(seconds * 1_000)))}


def format_duration(seconds: float) -> str:
    """A duration in OpenAI's format: 20ms, 1s, 1.5s, 6m0s, 1h0m2s."""
    if seconds < 1:
        return f"{ceil(max(0.0, seconds) * 1_000)}ms"
    millis = ceil(seconds * 1_000)
    if millis < 60_000:
        return f"{millis / 1_000:.3f}".rstrip("0").rstrip(".") + "s"
    minutes, rest = divmod(ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + f"{minutes}m{rest}s"
