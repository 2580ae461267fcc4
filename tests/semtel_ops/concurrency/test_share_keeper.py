import asyncio

import pytest

from semtel_ops.concurrency import EndpointLimiter
from semtel_ops.concurrency.fair_share import Holding
from semtel_ops.concurrency.share_keeper import ShareKeeper
from semtel_ops.errors import StoreError
from semtel_ops.simulator.config import QuotaConfig
from semtel_ops.simulator.quota import make_quota
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.memory_shares import MemoryShares
from semtel_ops.testing.virtual_endpoint import VirtualClock, VirtualEndpoint, VirtualRun, lognormal_service


class Tasks:
    """Tasks in virtual time that share one endpoint, each with a heartbeat a second until it dies."""

    def __init__(self, endpoint, starts, deaths=None, seed=1):
        self.clock = VirtualClock()
        self.store = MemoryShares()
        self.starts = starts
        self.deaths = deaths or [float("inf")] * len(starts)
        self.limiters = [EndpointLimiter("east", self.clock) for _ in starts]
        self.keepers = [
            ShareKeeper(limiter, self.store, f"task-{number}", self.clock) for number, limiter in enumerate(self.limiters)
        ]
        self.drive = VirtualRun(endpoint, self.limiters, self.clock, seed=seed)
        for number, start in enumerate(starts):
            self.drive.at(start, self.beat, number)

    def beat(self, number):
        if self.clock.time >= self.deaths[number]:
            return
        keeper = self.keepers[number]
        holding = keeper.holding()
        try:
            living = self.store.heartbeat("east", holding, since=holding.heartbeat_at - 4.0)
        except StoreError:
            keeper.alone()
        else:
            keeper.heard(living)
        self.drive.at(self.clock.time + 1.0, self.beat, number)

    def run(self, until):
        return self.drive.run(until, start=self.starts, stop=self.deaths)

    def limits_at(self, time):
        found = []
        self.drive.at(time, lambda _: found.extend(limiter.limit for limiter in self.limiters))
        return found


def queueing(slots=80, queue=16.0):
    return VirtualEndpoint(lognormal_service(0.3, 0.1), slots=lambda _: slots, queue=queue)


def test_four_tasks_use_one_endpoint_together_and_equally():
    tasks = Tasks(queueing(), [0.0, 0.1, 0.2, 0.3])
    ran = tasks.run(60.0)
    assert ran.goodput >= 0.93
    assert ran.refused_share < 0.02
    assert max(ran.by_caller) <= 1.2 * min(ran.by_caller)


def test_a_task_that_joins_has_its_part_within_seconds():
    tasks = Tasks(queueing(), [0.0, 20.0])
    limits = tasks.limits_at(24.0)
    tasks.run(40.0)
    assert limits[0] == pytest.approx(limits[1], rel=0.35)
    assert 70 <= sum(limits) <= 110


def test_a_dead_tasks_part_returns_within_seconds():
    tasks = Tasks(queueing(), [0.0, 0.1], [float("inf"), 30.0])
    limits = tasks.limits_at(37.0)
    tasks.run(40.0)
    assert limits[0] >= 70


def test_a_quota_is_divided():
    quota = make_quota(QuotaConfig(tpm=60_000), 0.0)
    tasks = Tasks(VirtualEndpoint(lognormal_service(0.3, 0.1), quota=quota), [0.0, 0.1, 0.2, 0.3])
    ran = tasks.run(180.0)
    assert ran.successes >= 0.95 * 2_400
    assert ran.refused_share < 0.02


def test_without_the_ledger_a_task_goes_on_and_takes_less():
    tasks = Tasks(queueing(), [0.0, 0.1])
    tasks.drive.at(20.0, lambda _: setattr(tasks.store, "down", True))
    limits = tasks.limits_at(39.0)
    ran = tasks.run(40.0)
    assert all(1 < limit <= 45 for limit in limits)
    assert ran.goodput > 0.75


class Noticed(MemoryShares):
    """Says when somebody has written, from whatever thread."""

    def __init__(self, loop):
        super().__init__()
        self.written = asyncio.Event()
        self._loop = loop

    def heartbeat(self, endpoint, holding, *, since):
        living = super().heartbeat(endpoint, holding, since=since)
        self._loop.call_soon_threadsafe(self.written.set)
        return living


class Beating:
    """Lets a keeper beat in the event loop without waiting for seconds to pass."""

    def __init__(self):
        self.clock = ManualClock()
        self.store = Noticed(asyncio.get_running_loop())
        self.limiter = EndpointLimiter("east", self.clock)
        self.keeper = ShareKeeper(self.limiter, self.store, "me", self.clock)


async def test_it_beats_until_cancelled_and_then_gives_its_share_back():
    here = Beating()
    beating = asyncio.create_task(here.keeper.run())
    await here.store.written.wait()
    other = Holding("other", here.clock.now(), 1.0, 1.0)
    assert {holding.holder for holding in here.store.heartbeat("east", other, since=0.0)} == {"me", "other"}
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    left = here.store.heartbeat("east", other, since=0.0)
    assert [holding.holder for holding in left] == ["other"]


async def test_a_ledger_that_is_down_from_the_start_does_not_end_the_task():
    here = Beating()
    here.store.down = True
    beating = asyncio.create_task(here.keeper.run())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not beating.done()
    assert here.limiter.limit == 16
    beating.cancel()
    assert isinstance((await asyncio.gather(beating, return_exceptions=True))[0], asyncio.CancelledError)
