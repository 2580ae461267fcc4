"""The realtime engine: every request plan lands exactly once, as a reply or as the error that ended it."""

import logging
import random
from asyncio import TaskGroup
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.concurrency import EndpointLease, EndpointLimiter
from semtel_ops.conversations.scrub import scrub_message
from semtel_ops.endpoints import ChatClient, Endpoint
from semtel_ops.endpoints.rate_headers import rate_limits_from
from semtel_ops.errors import EndpointError, EndpointErrorKind, SemtelError
from semtel_ops.packing.plan import RequestPlan
from semtel_ops.realtime.budget import Budget
from semtel_ops.realtime.endpoint_record import EndpointRecord, Patience
from semtel_ops.realtime.retry import RetryPolicy
from semtel_ops.realtime.workload import Land, RequestResult, Work, Workload

log = logging.getLogger(__name__)

_MAX_SLEEP_S = 1.0
"""Longest wait between checks, so that a missed notification from a limiter cannot stall the run."""
_UNUSABLE_ROUNDS = 3
"""A request that all endpoints in use refuse so often, while they answer others, is at fault itself."""
_UNUSABLE_WAIT_S = 1.0
"""Wait before the second of these rounds; it doubles. Meanwhile other requests show whether the endpoint answers."""

Refused = Callable[[RequestPlan, Endpoint, EndpointError], object]


class LimitedClient(NamedTuple):
    """An endpoint's client, with the limiter that bounds its use."""

    client: ChatClient
    limiter: EndpointLimiter


@dataclass(eq=False, slots=True)
class _Lane:
    """An endpoint in use."""

    client: ChatClient
    limiter: EndpointLimiter
    record: EndpointRecord

    @property
    def wait(self) -> float:
        """Expected latency in seconds, divided by the endpoint's weight; 0, so first in order, without measurements."""
        return self.limiter.mean_latency_s / self.client.endpoint.weight


class RealtimeEngine:
    """Sends request plans to endpoints; retries are interleaved with new plans.

    There is about one worker per request under way. A worker takes the next work together with a lease at an endpoint; without
    either, it parks until a request ends, a retry is due, or a limiter has capacity again. An endpoint that only fails is left
    for the rest of the run (`endpoint_record`); when none is left, the run ends.
    """

    def __init__(
        self,
        lanes: Sequence[LimitedClient],
        *,
        retry: RetryPolicy,
        timeout_s: float,
        patience: Patience | None = None,
        answered_s_ago: Mapping[str, float] | None = None,
        budget: Budget | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        refused: Refused | None = None,
    ) -> None:
        """Create an engine.

        Args:
            answered_s_ago: endpoint → seconds since it answered another task of the same run.
            refused: is told of every failed call.
        """
        if not lanes:
            raise ValueError("an engine needs at least one lane")
        self._clock = clock or SystemClock()
        patience, ago, now = patience or Patience(), answered_s_ago or {}, self._clock.monotonic()
        self._lanes = [
            _Lane(*lane, EndpointRecord(patience, now=now, answered_s_ago=ago.get(lane.client.endpoint.name))) for lane in lanes
        ]
        self._retry = retry
        self._timeout_s = timeout_s
        self._budget = budget
        self._rng = random.Random(seed)
        self._tell_refused = refused or (lambda *_: None)
        self._ended_by: EndpointError | None = None

    async def run(self, plans: Iterator[RequestPlan], land: Land) -> None:
        """Send every plan and land every result. `plans` is consumed only as fast as requests are sent.

        `land` is called in this event loop, once for every plan, in the order of arrival. An exception in `land` ends the run:
        requests under way are cancelled, and the exception is raised here.

        Raises:
            BudgetExceededError: the next request could cost more than is left; all requests under way have landed.
            EndpointError: every endpoint was left, because it refused or failed every request; all requests under way have
                landed. The message has the last failure in the provider's words.
        """
        run = Workload(plans, land)
        run.ended_by = self._ended_by
        try:
            async with TaskGroup() as tasks:
                run.start = lambda: tasks.create_task(self._worker(run))
                run.wake()
                await self._watch(run)
        except BaseExceptionGroup as group:
            # Any exception of a task ends the run; the first of them is the cause.
            raise group.exceptions[0] from None
        if run.ended_by is not None:
            raise run.ended_by

    async def _watch(self, run: Workload) -> None:
        """Wake workers when a retry is due or a limiter has capacity again, which no event announces."""
        while not run.over:
            await run.sleep(self._clock, max(0.001, min(_MAX_SLEEP_S, self._next_change_s(run))))
            run.wake()
        run.wake_all()

    def _next_change_s(self, run: Workload) -> float:
        """Seconds until a retry is due or a limiter has capacity; above `_MAX_SLEEP_S` if only the end of a request helps."""
        waits = [wait for wait in (lane.limiter.wait_s() for lane in self._lanes) if wait is not None]
        if run.waiting:
            waits.append(run.waiting[0][0] - self._clock.monotonic())
        return min(waits, default=2 * _MAX_SLEEP_S)

    async def _worker(self, run: Workload) -> None:
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

    def _take(self, run: Workload) -> tuple[Work, _Lane, EndpointLease] | None:
        """The next work with an endpoint and a lease; None if there is no work or no lease."""
        work = run.next(self._clock.monotonic(), self._retry.deadline_s)
        if work is None:
            return None
        if self._affordable(run, work):
            request = work.plan.request
            for lane in self._lanes_for(work):
                room = lane.client.endpoint.reasoning.room_tokens(request.frame.reasoning_effort)
                lease = lane.limiter.try_acquire(request.estimated_tokens + room)
                if lease is not None:
                    run.inflight += 1
                    return work, lane, lease
        if work.declined_by:
            # Not to the front of the queue, where it would keep other work from the endpoints that declined it.
            run.postpone(self._clock.monotonic() + _MAX_SLEEP_S, work)
        else:
            run.put_back(work)
        run.check_within(self._clock, self._next_change_s(run))
        return None

    def _lanes_for(self, work: Work) -> Sequence[_Lane]:
        """The endpoints that a request may go to, the one that should answer first."""
        if work.declined_by and all(lane in work.declined_by for lane in self._lanes):
            work.declined_by.clear()
        if len(self._lanes) == 1:
            return self._lanes
        return sorted((lane for lane in self._lanes if lane not in work.declined_by), key=_wait)

    def _affordable(self, run: Workload, work: Work) -> bool:
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

    async def _ask(self, run: Workload, work: Work, lane: _Lane, lease: EndpointLease) -> None:
        work.attempts += 1
        number = lane.record.sent()
        try:
            reply = await lane.client.ask(work.plan.request, timeout_s=self._timeout_s)
        except EndpointError as error:
            self._failed(run, work, lane, lease, number, error)
        except SemtelError:
            lease.ignored()
            raise
        except Exception as error:  # noqa: BLE001 - one reply that we cannot handle is one row without a label
            self._failed(run, work, lane, lease, number, _unhandled(lane, error), again=False)
        except BaseException:
            lease.ignored()
            raise
        else:
            lease.success(reply.output_tokens, reply.rate_limits)
            lane.record.succeeded(number)
            self._land(run, work, RequestResult(work.plan, reply, None, lane.client.endpoint, work.attempts))
        finally:
            run.inflight -= 1
            if run.over:
                run.wake_timer()

    def _failed(
        self,
        run: Workload,
        work: Work,
        lane: _Lane,
        lease: EndpointLease,
        number: int,
        error: EndpointError,
        *,
        again: bool = True,
    ) -> None:
        """Decide what becomes of the endpoint and of the request; `again`: whether the request may be sent again."""
        lease.refused(error, rate_limits_from(error.headers))
        self._tell_refused(work.plan, lane.client.endpoint, error)
        now = self._clock.monotonic()
        reason = lane.record.failed(error, work.plan.request.text, number=number, started_at=lease.started_at, now=now)
        if reason is not None:
            self._leave(run, lane, error, reason)
        wait_s = self._wait_s(work, lane, error) if again else None
        if wait_s is None or now + wait_s > work.deadline or not run.may_retry(self._retry):
            self._land(run, work, RequestResult(work.plan, None, error, lane.client.endpoint, work.attempts))
        elif wait_s:
            run.retry(now + wait_s, work)
        else:
            run.put_back(work)

    def _wait_s(self, work: Work, lane: _Lane, error: EndpointError) -> float | None:
        """Seconds until a request is sent again, 0 for at once; None if its error is its result.

        What one endpoint will not answer, another may: a server accepts other parameters, an account has credit. The word of an
        endpoint that has not answered yet that a request is bad is not taken either.
        """
        if error.final:
            return None
        doubtful = not error.retryable and not lane.record.answered
        if error.unusable or doubtful or error.kind is EndpointErrorKind.UNSUPPORTED or lane not in self._lanes:
            work.uncounted += 1
            work.declined_by.add(lane)
            if not self._lanes or any(other not in work.declined_by for other in self._lanes):
                return 0.0
        if error.unusable:
            work.rounds += 1
            return _UNUSABLE_WAIT_S * 2.0 ** (work.rounds - 1) if work.rounds < _UNUSABLE_ROUNDS else None
        return self._retry.delay_s(error, max(1, work.attempts - work.uncounted), self._rng)

    def _land(self, run: Workload, work: Work, result: RequestResult) -> None:
        if self._budget is not None:
            self._budget.settle(work.reserved_usd, result.reply, result.endpoint)
        run.landed(result)

    def _leave(self, run: Workload, lane: _Lane, error: EndpointError, reason: str) -> None:
        """Stop using an endpoint; that of the last one ends the run."""
        if lane not in self._lanes:
            return
        self._lanes.remove(lane)
        name, words = lane.client.endpoint.name, scrub_message(str(error))
        if self._lanes:
            log.warning("endpoint %s is no longer used in this run: %s; the last failure: %s", name, reason, words)
            return
        self._ended_by = EndpointError(
            f"{words.rstrip('.')}. No endpoint is left: {name} was given up because {reason}. The replies so far are kept: "
            "correct the cause, or wait for the provider, and run the same command again",
            kind=error.kind,
            status=error.status,
            code=error.code,
        )
        run.end(self._ended_by)


def _wait(lane: _Lane) -> float:
    return lane.wait


def _unhandled(lane: _Lane, error: Exception) -> EndpointError:
    """The error of a request whose reply our own code failed on; its text says nothing of the reply."""
    name = lane.client.endpoint.name
    log.error("a reply of endpoint %s could not be handled: %s; its rows get the status error", name, type(error).__name__)
    return EndpointError(f"{name}: the reply could not be handled ({type(error).__name__})", kind=EndpointErrorKind.MALFORMED)
