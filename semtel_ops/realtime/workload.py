"""The work of one run of the engine: which plan is next, what waits for a retry, and which workers are parked."""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from semtel_ops.clock import Clock
from semtel_ops.endpoints import ChatReply, Endpoint
from semtel_ops.errors import EndpointError
from semtel_ops.packing.plan import RequestPlan
from semtel_ops.realtime.retry import RetryPolicy


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


@dataclass(slots=True)
class Work:
    """A plan on its way to a result.

    Attributes:
        deadline: no retry starts later; monotonic seconds.
        attempts: calls that were made.
        uncounted: calls whose failure was the endpoint's, which `RetryPolicy.max_attempts` does not count.
        declined_by: endpoints that will not answer this request; cleared when no other endpoint is left.
        rounds: how often that was so.
    """

    plan: RequestPlan
    deadline: float
    attempts: int = 0
    uncounted: int = 0
    reserved_usd: float = 0.0
    rounds: int = 0
    declined_by: set[Hashable] = field(default_factory=set)


class Workload:
    """The state of a call of `RealtimeEngine.run`."""

    def __init__(self, plans: Iterator[RequestPlan], land: Land) -> None:
        self.start: Callable[[], object] = lambda: None
        self.waiting: list[tuple[float, int, Work]] = []
        self.inflight = 0
        self.ended_by: EndpointError | None = None
        self._plans: Iterator[RequestPlan] | None = plans
        self._land = land
        self._ready: list[Work] = []
        self._order = itertools.count()
        self._parked: list[asyncio.Future[None]] = []
        self._timer_woken: asyncio.Future[None] | None = None
        self._sleeps_until = 0.0
        self._first_tries = self._retries = 0

    @property
    def over(self) -> bool:
        """Whether nothing is under way, and no plan remains or waits for a retry or may be sent any more."""
        return not self.inflight and (
            self.ended_by is not None or (self._plans is None and not self._ready and not self.waiting)
        )

    def end(self, error: EndpointError) -> None:
        """Send nothing any more; what is under way lands, since it may be paid for."""
        self.ended_by = error

    def next(self, now: float, deadline_s: float) -> Work | None:
        """The next work: a retry that is due, else work that was put back or follows from a result, else a new plan."""
        if self.ended_by is not None:
            return None
        if self.waiting and self.waiting[0][0] <= now:
            return heapq.heappop(self.waiting)[2]
        if self._ready:
            return self._ready.pop()
        if self._plans is not None:
            plan = next(self._plans, None)
            if plan is not None:
                self._first_tries += 1
                return Work(plan, now + deadline_s)
            self._plans = None
            self.wake_timer()
        return None

    def put_back(self, work: Work) -> None:
        self._ready.append(work)

    def reserved_elsewhere(self, work: Work) -> bool:
        """Whether other waiting work has a reservation, which it may release when it has been sent."""
        return any(other.reserved_usd for other in (*self._ready, *(entry[2] for entry in self.waiting)) if other is not work)

    def retry(self, due: float, work: Work) -> None:
        """Schedule a retry, and count it; `due`: monotonic seconds."""
        self._retries += 1
        self.postpone(due, work)

    def postpone(self, due: float, work: Work) -> None:
        """Take work up again at `due`, in monotonic seconds."""
        heapq.heappush(self.waiting, (due, next(self._order), work))
        if self.waiting[0][2] is work:
            self.wake_timer()

    def may_retry(self, policy: RetryPolicy) -> bool:
        """Whether the run may make another retry, see `RetryPolicy.run_share`."""
        return self._retries < policy.run_floor + policy.run_share * self._first_tries

    def landed(self, result: RequestResult) -> None:
        """Hand a result to `land`, and schedule the plans that it returns."""
        for plan in self._land(result) or ():
            self._ready.append(Work(plan, float("inf")))

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
