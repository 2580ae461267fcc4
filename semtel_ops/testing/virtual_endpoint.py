"""A simulation of an endpoint and its callers in virtual time: minutes of load take milliseconds, and runs are repeatable.

It is driven by a queue of events. A caller has unlimited work and sends a request whenever its limiter permits; the endpoint
serves, queues or rejects it; the reply arrives after the network's delay.
"""

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from semtel_ops.concurrency import EndpointLease, EndpointLimiter
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.simulator.quota import Quota, Window

Service = Callable[[random.Random], tuple[float, int]]
"""Draws (seconds of service, tokens of the reply) of a request."""


def lognormal_service(mean_s: float, sigma: float = 0.0, *, tokens: int = 16, token_sigma: float = 0.0) -> Service:
    """Service times with a lognormal factor. Half of `mean_s` is fixed, half is proportional to the length of the reply."""

    def draw(rng: random.Random) -> tuple[float, int]:
        length = max(1, round(tokens * (rng.lognormvariate(0.0, token_sigma) if token_sigma else 1.0)))
        jitter = rng.lognormvariate(0.0, sigma) if sigma else 1.0
        return mean_s * (0.5 + 0.5 * length / tokens) * jitter, length

    return draw


class VirtualClock:
    """A clock that the events of a run move."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return 1_700_000_000.0 + self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError("sleep is not supported in virtual time")


@dataclass(slots=True)
class VirtualEndpoint:
    """The behavior of the endpoint.

    Attributes:
        service: draws service times and reply lengths.
        slots: time → requests served concurrently.
        queue: how many requests may wait; further requests are rejected as overloaded.
        speed: concurrent requests → share of the full speed of each, since continuous batching slows down with the load.
        network_s: delay in each direction.
        quota: checked on arrival; None: unlimited.
        headers: whether replies have rate-limit headers.
        tokens_counted: tokens of each request that count against the quota.
        fail: (time, random number in [0, 1)) → how a request fails on arrival, or None.
    """

    service: Service
    slots: Callable[[float], float] = lambda _: float("inf")
    queue: float = float("inf")
    speed: Callable[[int], float] = lambda _: 1.0
    network_s: float = 0.001
    quota: Quota | None = None
    headers: bool = True
    tokens_counted: int = 100
    fail: Callable[[float, float], EndpointErrorKind | None] = lambda _at, _draw: None


@dataclass(slots=True)
class RunTotals:
    """Totals of a run.

    Attributes:
        work_s: slot-seconds in which requests were served.
        offered_s: slot-seconds that were offered.
        by_caller: successes of each caller.
    """

    successes: int = 0
    refused: int = 0
    failed: int = 0
    tokens: float = 0.0
    work_s: float = 0.0
    offered_s: float = 0.0
    by_caller: list[int] = field(default_factory=list)
    peak_waiting: int = 0

    @property
    def goodput(self) -> float:
        """Share of the offered slot-seconds that was used."""
        return self.work_s / self.offered_s

    @property
    def refused_share(self) -> float:
        return self.refused / max(1, self.refused + self.successes + self.failed)


@dataclass(slots=True)
class _Call:
    caller: int
    lease: EndpointLease
    seconds: float
    tokens: int
    headers: "RateLimitHeaders | None" = None


@dataclass(frozen=True, slots=True)
class RateLimitHeaders:
    """Rate-limit headers."""

    limit_requests: int | None
    remaining_requests: int | None
    reset_requests_s: float | None
    limit_tokens: int | None
    remaining_tokens: int | None
    reset_tokens_s: float | None


def headers_of(requests: Window | None, tokens: Window | None) -> RateLimitHeaders:
    return RateLimitHeaders(
        requests.limit if requests else None,
        requests.remaining if requests else None,
        requests.reset_s if requests else None,
        tokens.limit if tokens else None,
        tokens.remaining if tokens else None,
        tokens.reset_s if tokens else None,
    )


class VirtualRun:
    """Drives callers, each with a limiter on the run's clock, against one endpoint."""

    def __init__(
        self, endpoint: VirtualEndpoint, limiters: Sequence[EndpointLimiter], clock: VirtualClock, *, seed: int = 0
    ) -> None:
        self.endpoint = endpoint
        self.clock = clock
        self.totals = RunTotals(by_caller=[0] * len(limiters))
        self._limiters = list(limiters)
        self._rng = random.Random(seed)
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[Any], None], Any]] = []
        self._served: list[tuple[float, int, _Call]] = []  # a heap by the value of `_work` at completion
        self._waiting: deque[_Call] = deque()
        self._work = 0.0  # seconds of service that a request served since the start has received
        self._finish_at: float | None = None
        self._wakes: dict[int, float] = {}

    def at(self, time: float, do: Callable[[Any], None], what: Any = None) -> None:
        heapq.heappush(self._events, (time, next(self._order), do, what))

    def run(self, until: float, *, start: Sequence[float] = (), stop: Sequence[float] = ()) -> RunTotals:
        """Run until a time; `start` and `stop` are the times of each caller's first and last requests."""
        starts = list(start) or [0.0] * len(self._limiters)
        self._stops = list(stop) or [float("inf")] * len(self._limiters)
        for caller, begin in enumerate(starts):
            self.at(begin, self._ask, caller)
        step = 0.01
        for tick in range(1, int(until / step) + 1):
            self.at(tick * step, self._look, None)
        while self._events and self._events[0][0] <= until:
            time, _, do, what = heapq.heappop(self._events)
            self._advance(time)
            do(what)
        self._advance(until)
        return self.totals

    def _advance(self, time: float) -> None:
        passed = time - self.clock.time
        if passed <= 0:
            return
        slots = self.endpoint.slots(self.clock.time)
        n = len(self._served)
        self.totals.offered_s += slots * passed
        self.totals.work_s += n * passed
        self._work += passed * self.endpoint.speed(n) if n else 0.0
        self.clock.time = time

    def _look(self, _: None) -> None:
        """Admit waiting requests, since the schedule may have added slots."""
        self._admit()

    def _ask(self, caller: int) -> None:
        limiter = self._limiters[caller]
        now = self.clock.time
        if now >= self._stops[caller]:
            return
        while (lease := limiter.try_acquire(self.endpoint.tokens_counted)) is not None:
            seconds, tokens = self.endpoint.service(self._rng)
            self.at(now + self.endpoint.network_s, self._arrive, _Call(caller, lease, seconds, tokens))
        wait_s = limiter.wait_s()
        wake = self._wakes.get(caller, float("inf"))
        if wait_s is not None and not now < wake <= now + wait_s:
            self._wakes[caller] = now + max(1e-6, wait_s)
            self.at(self._wakes[caller], self._ask, caller)

    def _arrive(self, call: _Call) -> None:
        endpoint, now = self.endpoint, self.clock.time
        kind = endpoint.fail(now, self._rng.random())
        retry_after_s = None
        if endpoint.quota is not None:
            verdict = endpoint.quota.admit(endpoint.tokens_counted, now)
            call.headers = headers_of(verdict.requests, verdict.tokens) if endpoint.headers else None
            if not verdict.admitted:
                kind, retry_after_s = EndpointErrorKind.RATE_LIMITED, verdict.retry_after_s if endpoint.headers else None
        if kind is None and len(self._waiting) >= endpoint.queue and len(self._served) >= endpoint.slots(now):
            kind = EndpointErrorKind.OVERLOADED
        if kind is not None:
            error = EndpointError("refused", kind=kind, retry_after_s=retry_after_s)
            self.at(now + endpoint.network_s, self._refuse, (call, error))
            return
        self._waiting.append(call)
        self.totals.peak_waiting = max(self.totals.peak_waiting, len(self._waiting))
        self._admit()

    def _admit(self) -> None:
        slots = self.endpoint.slots(self.clock.time)
        while self._waiting and len(self._served) < slots:
            call = self._waiting.popleft()
            heapq.heappush(self._served, (self._work + call.seconds, next(self._order), call))
        self._plan_finish()

    def _plan_finish(self) -> None:
        if not self._served:
            return
        left = max(0.0, self._served[0][0] - self._work)
        finish_at = self.clock.time + left / self.endpoint.speed(len(self._served))
        if self._finish_at is None or finish_at < self._finish_at - 1e-12 or self._finish_at <= self.clock.time:
            self._finish_at = finish_at
            self.at(finish_at, self._finish, None)

    def _finish(self, _: None) -> None:
        while self._served and self._served[0][0] <= self._work + 1e-9:
            call = heapq.heappop(self._served)[2]
            self.at(self.clock.time + self.endpoint.network_s, self._reply, call)
        self._finish_at = None
        self._admit()
        self._plan_finish()

    def _reply(self, call: _Call) -> None:
        call.lease.success(call.tokens, call.headers)
        self.totals.successes += 1
        self.totals.tokens += self.endpoint.tokens_counted
        self.totals.by_caller[call.caller] += 1
        self._ask(call.caller)

    def _refuse(self, refusal: tuple[_Call, EndpointError]) -> None:
        call, error = refusal
        call.lease.refused(error, call.headers)
        if error.kind in (EndpointErrorKind.OVERLOADED, EndpointErrorKind.RATE_LIMITED):
            self.totals.refused += 1
        else:
            self.totals.failed += 1
        self._ask(call.caller)
