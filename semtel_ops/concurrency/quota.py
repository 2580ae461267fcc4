"""What is left of a quota between two replies with rate-limit headers: O(1), by counters that only grow.

    level(now) = remaining + rate · (now − started_at) − scale · (sent(now) − sent(started_at))

`remaining` is the header of the latest reply, and `started_at` the time at which its request was sent. `scale` is the
endpoint's count of a request as a multiple of our estimate: Azure counts the prompt and max_tokens, others what was used. Other
clients of the same quota appear as a larger scale, which leaves them their part.
"""

from typing import Protocol


class QuotaShown(Protocol):
    """Rate-limit headers of a reply, such as `endpoints.model.RateLimits`; None for a header that is absent."""

    @property
    def limit_requests(self) -> int | None: ...
    @property
    def remaining_requests(self) -> int | None: ...
    @property
    def reset_requests_s(self) -> float | None: ...
    @property
    def limit_tokens(self) -> int | None: ...
    @property
    def remaining_tokens(self) -> int | None: ...
    @property
    def reset_tokens_s(self) -> float | None: ...


_MINUTE_S = 60.0
_RESERVE_S = 0.25
"""Reserve in seconds of refill, since requests may arrive out of order."""
_VOTES = 4
"""Votes for a window (positive) or a bucket (negative) are kept between −4 and 4, so that the kind can change."""
_LEARN_EVERY_S = 0.05
"""Least time between two replies that update rate, scale and kind; every reply updates the level."""
_LATE_S = 0.2
"""Added to a window's reset time: the endpoint's clock starts when a request arrives, ours when it is sent."""
_LONGEST_RESET_S = 90_000.0
"""Resets later than this, 25 hours, are not believed: quotas are per minute, per hour or per day."""
_SPREAD_S = 6.0
"""Minimum time over which a window's quota is spent: a burst sent slightly too early would be rejected entirely."""


class QuotaLevel:
    """A quota of requests or of tokens per minute; unknown and unbounded until the endpoint sends headers.

    There are two kinds, which differ in how their reset times move: a bucket refills continuously (OpenAI: the reset time moves
    as requests are sent), a window is refilled at once (Azure: the reset time stays the same until it is reached).

    Attributes:
        sent: requests or estimated tokens sent so far.
        limit: of the header; None while unknown.
        scale: what the endpoint counts for each unit of `sent`.
        share: capacity share of this task, as a fraction of the quota.
    """

    def __init__(self) -> None:
        self.sent = 0.0
        self.limit: float | None = None
        self.scale = 1.0
        self.share = 1.0
        self._rate = 0.0
        self._level = 0.0
        self._at = 0.0
        self._sent_at = 0.0
        self._reset_at = float("inf")
        self._votes = 0
        self._seen: tuple[float, float] | None = None
        self._learned_at = float("-inf")
        self._rolled_at = float("-inf")
        self._rolled_sent = 0.0
        self._mark: tuple[float, float, float] | None = None

    @property
    def windowed(self) -> bool:
        """Whether the quota is a window; a bucket is assumed until reset times show otherwise."""
        return self._votes >= _VOTES // 2

    @property
    def per_minute(self) -> float | None:
        """Requests or tokens per minute of the whole quota, not of `share`; None while unknown."""
        if self.limit is None:
            return None
        return self.limit if self.windowed else self._rate * _MINUTE_S

    def level(self, now: float) -> float:
        """What may be sent now, in the endpoint's count; infinite while the quota is unknown."""
        if self.limit is None:
            return float("inf")
        if self.windowed:
            self._roll(now)
            open_now = self.limit * (now - self._rolled_at) / _SPREAD_S - self.scale * (self.sent - self._rolled_sent)
            return min(self._level * self.share - self.scale * (self.sent - self._sent_at), open_now * self.share)
        refilled = min(self.limit, self._level + self._rate * (now - self._at))
        return refilled * self.share - self.scale * (self.sent - self._sent_at)

    def wait_s(self, cost: float, now: float) -> float:
        """Seconds until `cost` may be sent, 0 if now. A request larger than the quota is sent when the quota is full."""
        if self.limit is None:
            return 0.0
        reserve = 0.0 if self.windowed else _RESERVE_S * self._rate
        need = min(self.scale * cost + reserve, 0.95 * self.limit) * (self.share if self.scale * cost > self.limit else 1.0)
        lack = need - self.level(now)
        if lack <= 0:
            return 0.0
        if self.windowed:
            spreading = self._level * self.share - self.scale * (self.sent - self._sent_at) >= need
            return 0.02 if spreading else max(0.001, self._reset_at - now)
        return lack / max(1e-9, self._rate * self.share)

    def spend(self, cost: float) -> float:
        """Count a request as sent; returns `sent` including it, which `shown` needs."""
        self.sent += cost
        return self.sent

    def shown(
        self, sent: float, started_at: float, limit: int | None, remaining: int | None, reset_s: float | None
    ) -> tuple[float, float] | None:
        """Learn from a reply's headers.

        Args:
            sent: what `spend` returned for the request.
            started_at: when the request was sent, monotonic seconds.
            reset_s: seconds until the quota is full again; not believed beyond a day.

        Returns:
            (old, new) quota per minute if it changed by more than 2 %, with 0 for an unknown old quota; otherwise None.
        """
        if limit is None or limit <= 0 or remaining is None:
            return None
        if reset_s is not None and not reset_s <= _LONGEST_RESET_S:  # also true of NaN
            reset_s = None
        if self.limit is not None and sent < self._sent_at:
            return None  # a later request has already returned newer headers
        if limit == self.limit and 0 <= started_at - self._learned_at < _LEARN_EVERY_S:
            self._set_level(sent, started_at, remaining, reset_s)
            return None
        self._learned_at = started_at
        before = self.per_minute
        if reset_s is not None:
            self._vote(started_at, reset_s)
        self._learn_rate(limit, remaining, reset_s)
        if self.limit != limit:
            self._mark = None
        self._calibrate(sent, started_at, remaining, float(limit))
        self.limit = float(limit)
        self._set_level(sent, started_at, remaining, reset_s)
        after = self.per_minute
        assert after is not None
        if before is not None and abs(after - before) <= 0.02 * before:
            return None
        return (before or 0.0), after

    def _set_level(self, sent: float, started_at: float, remaining: int, reset_s: float | None) -> None:
        self._level, self._at, self._sent_at = float(max(0, remaining)), started_at, sent
        if reset_s is not None:
            self._reset_at = started_at + max(0.0, reset_s) + _LATE_S

    def _vote(self, at: float, reset_s: float) -> None:
        """Judge the kind by two reset times at least 1.5 s apart: a window's does not move, a bucket's does."""
        full_at = at + reset_s
        if self._seen is None or at - self._seen[0] > _MINUTE_S:
            self._seen = (at, full_at)
            return
        passed = at - self._seen[0]
        if passed < 1.5:
            return
        moved = (full_at - self._seen[1]) / passed
        self._seen = (at, full_at)
        if abs(moved) < 0.1:
            self._votes = min(_VOTES, self._votes + 1)
        elif moved > 0.3 and not 0.9 * _MINUTE_S < moved * passed < 1.1 * _MINUTE_S:
            self._votes = max(-_VOTES, self._votes - 1)

    def _learn_rate(self, limit: int, remaining: int, reset_s: float | None) -> None:
        """The limit per minute, unless reset times differ: a quota per day refills 1,440 times slower."""
        self._rate = limit / _MINUTE_S
        used = limit - remaining
        if reset_s is None or reset_s < 2 or used < 0.02 * limit or self._votes > -2:
            return
        refill_rate = used / reset_s
        if not 0.8 < refill_rate / self._rate < 1.25:
            self._rate = refill_rate

    def _calibrate(self, sent: float, at: float, remaining: float, limit: float) -> None:
        """Learn `scale` from the drop of `remaining` between two replies 1 to 30 s apart, over what was sent."""
        if self._mark is None or at - self._mark[1] > 30 or not 0 < remaining < 0.98 * limit:
            self._mark = (sent, at, remaining) if 0 < remaining < 0.98 * limit else None
            return
        spent = sent - self._mark[0]
        if at - self._mark[1] < 1.0 or spent < 0.005 * limit:
            return
        refill = 0.0 if self.windowed else self._rate * (at - self._mark[1])
        drop = self._mark[2] - remaining + refill
        self._mark = (sent, at, remaining)
        if drop > 0:
            self.scale += 0.3 * (min(20.0, max(0.05, drop / spent)) - self.scale)

    def _roll(self, now: float) -> None:
        """Refill a window whose reset time has passed."""
        if now < self._reset_at or self.limit is None:
            return
        windows = (now - self._reset_at) // _MINUTE_S + 1
        self._at = self._reset_at + (windows - 1) * _MINUTE_S
        self._reset_at += windows * _MINUTE_S
        self._rolled_at, self._rolled_sent = self._at, self.sent
        self._level, self._sent_at, self._mark = self.limit, self.sent, None
