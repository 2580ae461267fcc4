"""The realtime engine: every plan it is given lands exactly once, as a reply or as the error that ended it."""

import asyncio
import heapq
import itertools
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.concurrency import EndpointLease, EndpointLimiter
from semtel_ops.endpoints import ChatClient, ChatReply, Endpoint
from semtel_ops.endpoints.wire import rate_limits_from
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.packing.plan import RequestPlan
from semtel_ops.realtime.budget import Budget
from semtel_ops.realtime.retry import RetryPolicy

log = logging.getLogger(__name__)

_MAX_SLEEP_S = 1.0
"""Longest wait between checks, so that a missed notification from a limiter cannot stall the run."""


@dataclass(frozen=True, slots=True)
class RequestResult:
    """How a plan landed: exactly one of reply and error is set.

    Attributes:
        endpoint: who answered or refused last.
        attempts: calls made for it.
    """

    plan: RequestPlan
    reply: ChatReply | None
    error: EndpointError | None
    endpoint: Endpoint
    attempts: int


Land = Callable[[RequestResult], Sequence[RequestPlan] | None]
"""Handles a result; may return further request plans, such as members to ask again."""


class LimitedClient(NamedTuple):
    """One endpoint as the engine sees it."""

    client: ChatClient
    limiter: EndpointLimiter

    @property
    def wait(self) -> float:
        """Expected latency of a request at this endpoint; endpoints without measurements are tried first."""
        return self.limiter.mean_latency_s / self.client.endpoint.weight


@dataclass(slots=True)
class _Work:
    plan: RequestPlan
    deadline: float
    attempts: int = 0
    reserved_usd: float = 0.0


class RealtimeEngine:
    """Asks plans through its lanes; retries are interleaved with new work.

    As many workers run as there are calls under way. A worker takes the next thing to do together with a place at an
    endpoint; one that finds neither parks until a call ends, a retry is due, or a limiter has room again.
    """

    def __init__(
        self,
        lanes: Sequence[LimitedClient],
        *,
        retry: RetryPolicy,
        timeout_s: float,
        budget: Budget | None = None,
        clock: Clock | None = None,
        seed: int = 0,
    ) -> None:
        if not lanes:
            raise ValueError("an engine needs at least one lane")
        self._lanes = list(lanes)
        self._retry = retry
        self._timeout_s = timeout_s
        self._budget = budget
        self._clock = clock or SystemClock()
        self._rng = random.Random(seed)

    async def run(self, plans: Iterator[RequestPlan], land: Land) -> None:
        """Ask every plan and land every answer; `plans` is drawn from only as fast as it is asked.

        `land` is called in this event loop, once for every plan, in the order of arrival. What it raises ends the run: calls
        under way are cancelled, and the exception comes out here.

        Raises:
            BudgetExceededError: the next request could spend more than is left; whatever was under way has landed.
            EndpointError: no endpoint is left that would answer anything (a wrong key, an unknown deployment).
        """
        run = _Run(plans, land)
        try:
            async with asyncio.TaskGroup() as tasks:
                run.start = lambda: tasks.create_task(self._worker(run))
                run.wake()
                await self._watch(run)
        except BaseExceptionGroup as group:
            # All that a task raises is the end of the run; the first of them is the reason.
            raise group.exceptions[0] from None

    async def _watch(self, run: "_Run") -> None:
        """Wake workers for what only time brings: a retry that is due, a limiter that has room again."""
        while not run.over:
            await run.sleep(self._clock, max(0.001, min(_MAX_SLEEP_S, self._next_change_s(run))))
            run.wake()
        run.wake_all()

    def _next_change_s(self, run: "_Run") -> float:
        """Seconds until a retry is due or a limiter has room again; more than a sleep where only the end of a call helps."""
        waits = [wait for wait in (lane.limiter.wait_s() for lane in self._lanes) if wait is not None]
        if run.waiting:
            waits.append(run.waiting[0][0] - self._clock.monotonic())
        return min(waits, default=2 * _MAX_SLEEP_S)

    async def _worker(self, run: "_Run") -> None:
        while True:
            taken = self._take(run)
            if taken is not None:
                if any(lane.limiter.available for lane in self._lanes):
                    run.wake()
                await self._ask(run, *taken)
            elif run.over:
                return
            else:
                await run.park()

    def _take(self, run: "_Run") -> "tuple[_Work, LimitedClient, EndpointLease] | None":
        """The next thing to do and a place to do it, or None where either is wanting."""
        work = run.next(self._clock.monotonic(), self._retry.deadline_s)
        if work is None:
            return None
        if self._affordable(run, work):
            tokens = work.plan.request.estimated_tokens
            for lane in sorted(self._lanes, key=_wait) if len(self._lanes) > 1 else self._lanes:
                lease = lane.limiter.try_acquire(tokens)
                if lease is not None:
                    run.inflight += 1
                    return work, lane, lease
        run.put_back(work)
        run.look_again_within(self._clock, self._next_change_s(run))
        return None

    def _affordable(self, run: "_Run", work: _Work) -> bool:
        """Whether the budget covers the maximum cost of a request; calls in progress may cost less than reserved."""
        if self._budget is None or work.reserved_usd:
            return True
        ceiling = self._budget.ceiling_usd(work.plan.request)
        if self._budget.reserve(ceiling):
            work.reserved_usd = ceiling
            return True
        if run.inflight == 0 and not run.reserved_elsewhere(work):
            raise self._budget.exceeded_by(ceiling)
        return False

    async def _ask(self, run: "_Run", work: _Work, lane: LimitedClient, lease: EndpointLease) -> None:
        work.attempts += 1
        try:
            reply = await lane.client.ask(work.plan.request, timeout_s=self._timeout_s)
        except EndpointError as error:
            lease.refused(error, rate_limits_from(error.headers))
            self._refused(run, work, lane, error)
        except BaseException:
            lease.ignored()
            raise
        else:
            lease.success(reply.output_tokens, reply.rate_limits)
            self._land(run, work, RequestResult(work.plan, reply, None, lane.client.endpoint, work.attempts))
        finally:
            run.inflight -= 1
            if run.over:
                run.wake_timer()

    def _refused(self, run: "_Run", work: _Work, lane: LimitedClient, error: EndpointError) -> None:
        if error.kind is EndpointErrorKind.AUTH:
            work.attempts -= 1
            run.put_back(work)
            self._leave(lane, error)
            return
        now = self._clock.monotonic()
        wait_s = self._retry.delay_s(error, work.attempts, self._rng)
        if wait_s is None or now + wait_s > work.deadline or not run.may_retry(self._retry):
            self._land(run, work, RequestResult(work.plan, None, error, lane.client.endpoint, work.attempts))
        else:
            run.wait(now + wait_s, work)

    def _land(self, run: "_Run", work: _Work, answer: RequestResult) -> None:
        if self._budget is not None:
            self._budget.settle(work.reserved_usd, answer.reply, answer.endpoint)
        run.landed(answer)

    def _leave(self, lane: LimitedClient, error: EndpointError) -> None:
        """Stop using an endpoint that rejects the client itself; the failure of the last endpoint ends the run."""
        if lane not in self._lanes:
            return
        self._lanes.remove(lane)
        if not self._lanes:
            raise error
        log.warning("endpoint %s is no longer used in this run: %s", lane.client.endpoint.name, error)


def _wait(lane: LimitedClient) -> float:
    return lane.wait


class _Run:
    """What one call of `run` has in hand."""

    def __init__(self, plans: Iterator[RequestPlan], land: Land) -> None:
        self.start: Callable[[], object] = lambda: None
        self.waiting: list[tuple[float, int, _Work]] = []
        self.inflight = 0
        self._plans: Iterator[RequestPlan] | None = plans
        self._land = land
        self._ready: list[_Work] = []
        self._order = itertools.count()
        self._parked: list[asyncio.Future[None]] = []
        self._timer_woken: asyncio.Future[None] | None = None
        self._sleeps_until = 0.0
        self._first_tries = self._retries = 0

    @property
    def over(self) -> bool:
        """Whether no request remains, waits or is in progress."""
        return self._plans is None and not self._ready and not self.waiting and not self.inflight

    def next(self, now: float, deadline_s: float) -> _Work | None:
        """A retry that is due, then what was put back or has to follow, then new work."""
        if self.waiting and self.waiting[0][0] <= now:
            return heapq.heappop(self.waiting)[2]
        if self._ready:
            return self._ready.pop()
        if self._plans is not None:
            plan = next(self._plans, None)
            if plan is not None:
                self._first_tries += 1
                return _Work(plan, now + deadline_s)
            self._plans = None
            self.wake_timer()
        return None

    def put_back(self, work: _Work) -> None:
        self._ready.append(work)

    def reserved_elsewhere(self, work: _Work) -> bool:
        """Whether other waiting work has a reservation: it goes first, and may release part of it."""
        return any(other.reserved_usd for other in (*self._ready, *(entry[2] for entry in self.waiting)) if other is not work)

    def wait(self, due: float, work: _Work) -> None:
        self._retries += 1
        heapq.heappush(self.waiting, (due, next(self._order), work))
        if self.waiting[0][2] is work:
            self.wake_timer()

    def may_retry(self, policy: RetryPolicy) -> bool:
        """Whether the run's own budget of retries has room."""
        return self._retries < policy.run_floor + policy.run_share * self._first_tries

    def landed(self, answer: RequestResult) -> None:
        for plan in self._land(answer) or ():
            self._ready.append(_Work(plan, float("inf")))

    async def park(self) -> None:
        """Wait until woken."""
        place = asyncio.get_running_loop().create_future()
        self._parked.append(place)
        await place

    def wake(self) -> None:
        """Let one more worker look for something to do."""
        while self._parked:
            place = self._parked.pop()
            if not place.done():
                place.set_result(None)
                return
        if not self.over:
            self.start()

    def wake_all(self) -> None:
        for place in self._parked:
            if not place.done():
                place.set_result(None)
        self._parked.clear()

    def wake_timer(self) -> None:
        """Wake the watcher immediately."""
        if self._timer_woken is not None and not self._timer_woken.done():
            self._timer_woken.set_result(None)

    def look_again_within(self, clock: Clock, seconds: float) -> None:
        """Wake the watcher at this time, or earlier if it is due earlier."""
        if clock.monotonic() + seconds < self._sleeps_until - 0.001:
            self.wake_timer()

    async def sleep(self, clock: Clock, seconds: float) -> None:
        """Sleep until the time is over or `wake_timer` is called."""
        self._sleeps_until = clock.monotonic() + seconds
        self._timer_woken = asyncio.get_running_loop().create_future()
        sleeping = asyncio.ensure_future(clock.sleep(seconds))
        try:
            await asyncio.wait({self._timer_woken, sleeping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
