"""When a request may be sent, by rate: remaining quota, configured ceilings, learned rates and pauses."""

from math import isfinite
from typing import NamedTuple

from semtel_ops.concurrency.learned_rate import LearnedRate
from semtel_ops.concurrency.quota import QuotaLevel, QuotaShown
from semtel_ops.concurrency.token_bucket import TokenBucket
from semtel_ops.humanize import duration

_NO_ADVICE_PAUSE_S = 0.5
"""Pause used instead of an implausible retry-after."""
_LONGEST_WAIT_S = 120.0
"""Longest time without a request because of what headers say of the quota. Then one request is sent, and its reply says more:
headers may be wrong, and providers raise quotas."""
_SLICE_PACE = 0.985
"""Fraction of the quota's rate for endpoints that count per second: their seconds are not aligned with ours, and at exactly
their rate some second would get one request too many."""


class SendPosition(NamedTuple):
    """Requests and estimated tokens sent up to and including a request."""

    requests: float
    tokens: float


class LimitChange(NamedTuple):
    """A number that the budget changed, for the change log; fields as in `changes.Change`."""

    what: str
    old: float
    new: float
    reason: str


class RateBudget:
    """Requests and tokens per minute at one endpoint. Times are monotonic seconds."""

    def __init__(
        self,
        now: float,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        retry_after_cap_s: float = 60.0,
    ) -> None:
        self.requests = QuotaLevel()
        self.tokens = QuotaLevel()
        self._learned = LearnedRate()
        self._learned_bucket: TokenBucket | None = None
        self._slices: TokenBucket | None = None
        self._ceilings = [
            TokenBucket(per_minute / 60, now) if per_minute else None for per_minute in (requests_per_minute, tokens_per_minute)
        ]
        self._ceiling_rates = [bucket.per_s if bucket else 0.0 for bucket in self._ceilings]
        self._retry_after_cap_s = retry_after_cap_s
        self._paused_until = float("-inf")
        self._sent_at = now
        self._plain = True  # no quota, ceiling, learned rate or pause: every request may go
        self._update_plain()

    def share_out(self, fraction: float) -> None:
        """Use only a fraction of the quota and of the ceilings: other tasks use the rest."""
        self.requests.share = self.tokens.share = fraction
        for bucket, rate in zip(self._ceilings, self._ceiling_rates, strict=True):
            if bucket is not None:
                bucket.per_s = max(1e-6, rate * fraction)

    def wait_s(self, tokens: float, now: float) -> float:
        """Seconds until a request with this many estimated tokens may be sent, 0 if now."""
        if self._plain:
            return 0.0
        wait = max(self._paused_until - now, self.quota_wait_s(tokens, now))
        by_requests, by_tokens = self._ceilings
        if by_requests is not None:
            wait = max(wait, by_requests.wait_s(1.0, now))
        if by_tokens is not None:
            wait = max(wait, by_tokens.wait_s(tokens * self.tokens.scale, now))
        if self._slices is not None:
            wait = max(wait, self._slices.wait_s(1.0, now))
        if self._learned_bucket is not None:
            wait = max(wait, self._wait_learned(now))
        return max(0.0, wait)

    def quota_wait_s(self, tokens: float, now: float) -> float:
        """The part of `wait_s` that the endpoint's headers cause, at most `_LONGEST_WAIT_S` after the last request."""
        wait = max(self.requests.wait_s(1.0, now), self.tokens.wait_s(tokens, now))
        return min(wait, max(0.0, self._sent_at + _LONGEST_WAIT_S - now)) if wait > 0 else 0.0

    def paused(self, now: float) -> bool:
        """Whether a Retry-After is being waited for."""
        return self._paused_until > now

    def spend(self, tokens: float, now: float) -> SendPosition:
        """Count a request as sent; `shown` and `refused` need its position."""
        self._sent_at = now
        if self._plain:
            return SendPosition(self.requests.spend(1.0), self.tokens.spend(tokens))
        for bucket, cost in (
            (self._ceilings[0], 1.0),
            (self._ceilings[1], tokens * self.tokens.scale),
            (self._slices, 1.0),
            (self._learned_bucket, 1.0),
        ):
            if bucket is not None:
                bucket.spend(cost)
        return SendPosition(self.requests.spend(1.0), self.tokens.spend(tokens))

    def succeeded(self, now: float) -> None:
        """Record a success."""
        if self._learned.succeeded(now):
            self._learned_bucket = None
            self._update_plain()

    def shown(self, spent: SendPosition, started_at: float, quota: QuotaShown) -> list[LimitChange]:
        """Learn from a reply's rate-limit headers; returns the quotas that changed."""
        requests = self.requests.shown(
            spent.requests, started_at, quota.limit_requests, quota.remaining_requests, quota.reset_requests_s
        )
        tokens = self.tokens.shown(spent.tokens, started_at, quota.limit_tokens, quota.remaining_tokens, quota.reset_tokens_s)
        if requests is None and tokens is None:
            return []
        changes = []
        for what, change in (("requests_per_minute", requests), ("tokens_per_minute", tokens)):
            if change is not None:
                old, new = change
                reason = "headers: temporarily reduced" if new < old else "headers: raised" if old else "headers"
                changes.append(LimitChange(what, old, new, reason))
        self._update_plain()
        return changes

    def refused(
        self,
        spent: SendPosition,
        tokens: float,
        started_at: float,
        now: float,
        retry_after_s: float | None,
        quota: QuotaShown | None,
    ) -> list[LimitChange]:
        """Learn from a 429 for our quota; returns the numbers that changed."""
        changes = self.shown(spent, started_at, quota) if quota is not None else []
        short = self._short_of(tokens, quota)
        if short == "no headers":
            changes += self._learn(started_at, now)
        elif short == "slice" and self._slices is None and self.requests.per_minute:
            self._slices = TokenBucket(_SLICE_PACE * self.requests.per_minute * self.requests.share / 60, now, burst_s=0.2)
            changes.append(
                LimitChange("requests_per_s", 0.0, self._slices.per_s, "rejected with requests remaining: paced per second")
            )
        if short != "level":
            changes += self.pause(retry_after_s, now)
        self._update_plain()
        return changes

    def pause(self, retry_after_s: float | None, now: float) -> list[LimitChange]:
        """Send nothing for `retry_after_s`, if that is plausible; otherwise for `_NO_ADVICE_PAUSE_S`."""
        if retry_after_s is None or self._learned.tolerates:
            return []
        believable = 0 <= retry_after_s <= self._retry_after_cap_s
        wait_s = retry_after_s if believable else _NO_ADVICE_PAUSE_S
        until = now + wait_s
        if until <= self._paused_until:
            return []
        old, self._paused_until = max(0.0, self._paused_until - now), until
        self._update_plain()
        reason = "the endpoint asks to wait" if believable else f"retry-after of {_spelled(retry_after_s)} is implausible"
        return [LimitChange("pause_s", old, wait_s, reason)]

    def _short_of(self, tokens: float, quota: QuotaShown | None) -> str:
        """Why a request was refused: level (quota used up), slice (quota left, so a limit per second), or no headers."""
        if quota is None or (quota.remaining_requests is None and quota.remaining_tokens is None):
            return "no headers"
        requests_left = quota.remaining_requests is None or quota.remaining_requests > 0
        tokens_left = quota.remaining_tokens is None or quota.remaining_tokens > 2 * self.tokens.scale * tokens
        return "slice" if requests_left and tokens_left else "level"

    def _learn(self, started_at: float, now: float) -> list[LimitChange]:
        old = self._learned.per_s
        if not self._learned.refused(started_at, now):
            return []
        rate = self._learned.per_s
        self._learned_bucket = None if rate is None else TokenBucket(rate, now, burst_s=0.25)
        if rate is None:
            return [LimitChange("learned_requests_per_minute", (old or 0.0) * 60, 0.0, "rejections do not depend on our rate")]
        return [
            LimitChange("learned_requests_per_minute", (old or 0.0) * 60, rate * 60, "rejected: lowered to the accepted rate")
        ]

    def _wait_learned(self, now: float) -> float:
        assert self._learned_bucket is not None
        wait = self._learned_bucket.wait_s(1.0, now)
        if wait > 0:
            self._learned.grow(now)
            if self._learned.per_s is None:
                self._learned_bucket = None
                return 0.0
            self._learned_bucket.per_s = self._learned.per_s
        return wait

    def _update_plain(self) -> None:
        self._plain = (
            self.requests.limit is None
            and self.tokens.limit is None
            and self._learned_bucket is None
            and self._slices is None
            and self._paused_until == float("-inf")
            and not any(self._ceilings)
        )


def _spelled(seconds: float) -> str:
    return duration(seconds) if isfinite(seconds) else str(seconds)
