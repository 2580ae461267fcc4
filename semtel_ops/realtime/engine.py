"""The realtime engine: every request plan lands exactly once, as a reply or as the error that ended it."""

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
from semtel_ops.endpoints.rate_headers import rate_limits_from
from semtel_ops.errors import EndpointError
from semtel_ops.packing.plan import RequestPlan
from semtel_ops.realtime.budget import Budget
from semtel_ops.realtime.retry import RetryPolicy

log = logging.getLogger(__name__)

_MAX_SLEEP_S = 1.0
"""Longest wait between checks, so that a missed notification from a limiter cannot stall the run."""


@dataclass(frozen=True, slots=True)
class RequestResult:
    """The result of a plan: either `reply` or `error` is set.

    Attributes:
        endpoint: of the last attempt.
        attempts: calls that were made for the plan.
    """

    plan: RequestPlan
    reply: ChatReply | None
    error: EndpointError | None
    endpoint: Endpoint
    attempts: int


Land = Callable[[RequestResult], Sequence[RequestPlan] | None]
"""Handles a result; may return further request plans, such as repeated questions."""


class LimitedClient(NamedTuple):
    """An endpoint's client, with the limiter that bounds its use."""

    client: ChatClient
    limiter: EndpointLimiter

    @property
    def wait(self) -> float:
        """Expected latency in seconds, divided by the endpoint's weight; 0, so first in order, without measurements."""
        return self.limiter.mean_latency_s / self.client.endpoint.weight


@dataclass(slots=True)
class _Work:
    plan: RequestPlan
    deadline: float
    attempts: int = 0
    reserved_usd: float = 0.0


class RealtimeEngine:
    """Sends request plans to endpoints; retries are interleaved with new plans.

    There is about one worker per request under way. A worker takes the next work together with a lease at an endpoint; without
    either, it parks until a request ends, a retry is due, or a limiter has capacity again.
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
        """Send every plan and land every result. `plans` is consumed only as fast as requests are sent.

        `land` is called in this event loop, once for every plan, in the order of arrival. An exception in `land` ends the run:
        requests under way are cancelled, and the exception is raised here.

        Raises:
            BudgetExceededError: the next request could cost more than is left; all requests under way have landed.
            EndpointError: every endpoint rejects the client itself (a wrong key, an unknown deployment).
        """
        run = _Run(plans, land)
        try:
            async with asyncio.TaskGroup() as tasks:
                run.start = lambda: tasks.create_task(self._worker(run))
                run.wake()
                await self._watch(run)
        except BaseExceptionGroup as group:
            # Any exception of a task ends the run; the first of them is the cause.
            raise group.exceptions[0] from None

    async def _watch(self, run: "_Run") -> None:
        """Wake workers when a retry is due or a limiter has capacity again, which no event announces."""
        while not run.over:
            await run.sleep(self._clock, max(0.001, min(_MAX_SLEEP_S, self._next_change_s(run))))
            run.wake()
        run.wake_all()

    def _next_change_s(self, run: "_Run") -> float:
        """Seconds until a retry is due or a limiter has capacity; above `_MAX_SLEEP_S` if only the end of a request helps."""
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
        """The next work with an endpoint and a lease; None if there is no work or no lease."""
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
        run.check_within(self._clock, self._next_change_s(run))
        return None

    def _affordable(self, run: "_Run", work: _Work) -> bool:
        """Reserve the maximum cost of a request; False if it has to wait, since requests under way may cost less than reserved.

        Raises:
            BudgetExceededError: no request is under way whose reservation could be released.
        """
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
        if error.unusable:
            work.attempts -= 1
            run.put_back(work)
            self._drop_endpoint(lane, error)
            return
        now = self._clock.monotonic()
        wait_s = self._retry.delay_s(error, work.attempts, self._rng)
        if wait_s is None or now + wait_s > work.deadline or not run.may_retry(self._retry):
            self._land(run, work, RequestResult(work.plan, None, error, lane.client.endpoint, work.attempts))
        else:
            run.wait(now + wait_s, work)

    def _land(self, run: "_Run", work: _Work, result: RequestResult) -> None:
        if self._budget is not None:
            self._budget.settle(work.reserved_usd, result.reply, result.endpoint)
        run.landed(result)

    def _drop_endpoint(self, lane: LimitedClient, error: EndpointError) -> None:
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
    """The state of a call of `RealtimeEngine.run`."""

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
        """Whether no plan remains, waits for a retry or is under way."""
        return self._plans is None and not self._ready and not self.waiting and not self.inflight

    def next(self, now: float, deadline_s: float) -> _Work | None:
        """The next work: a retry that is due, else work that was put back or follows from a result, else a new plan."""
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
        """Whether other waiting work has a reservation, which it may release when it has been sent."""
        return any(other.reserved_usd for other in (*self._ready, *(entry[2] for entry in self.waiting)) if other is not work)

    def wait(self, due: float, work: _Work) -> None:
        """Schedule a retry; `due`: monotonic seconds."""
        self._retries += 1
        heapq.heappush(self.waiting, (due, next(self._order), work))
        if self.waiting[0][2] is work:
            self.wake_timer()

    def may_retry(self, policy: RetryPolicy) -> bool:
        """Whether the run may make another retry, see `RetryPolicy.run_share`."""
        return self._retries < policy.run_floor + policy.run_share * self._first_tries

    def landed(self, result: RequestResult) -> None:
        """Hand a result to `land`, and schedule the plans that it returns."""
        for plan in self._land(result) or ():
            self._ready.append(_Work(plan, float("inf")))

    async def park(self) -> None:
        """Wait until woken."""
        woken = asyncio.get_running_loop().create_future()
        self._parked.append(woken)
        await woken

    def wake(self) -> None:
        """Wake a parked worker, or start another."""
        while self._parked:
            woken = self._parked.pop()
            if not woken.done():
                woken.set_result(None)
                return
        if not self.over:
            self.start()

    def wake_all(self) -> None:
        for woken in self._parked:
            if not woken.done():
                woken.set_result(None)
        self._parked.clear()

    def wake_timer(self) -> None:
        """Wake the watcher immediately."""
        if self._timer_woken is not None and not self._timer_woken.done():
            self._timer_woken.set_result(None)

    def check_within(self, clock: Clock, seconds: float) -> None:
        """Make sure that the watcher checks again within this time."""
        if clock.monotonic() + seconds < self._sleeps_until - 0.001:
            self.wake_timer()

    async def sleep(self, clock: Clock, seconds: float) -> None:
        """Sleep for this time, or until `wake_timer` is called."""
        self._sleeps_until = clock.monotonic() + seconds
        self._timer_woken = asyncio.get_running_loop().create_future()
        sleeping = asyncio.ensure_future(clock.sleep(seconds))
        try:
            await asyncio.wait({self._timer_woken, sleeping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
