from types import SimpleNamespace

import pytest

from semtel_ops.concurrency import EndpointLimiter
from semtel_ops.concurrency.limit import LeaseOutcome, Sample
from semtel_ops.testing.virtual_endpoint import VirtualClock, VirtualRun


def run_load(endpoint, seconds=60.0, callers=1, seed=1, **options):
    """So many callers without end of work against one endpoint in virtual time."""
    clock = VirtualClock()
    limiters = [EndpointLimiter(f"e{number}", clock, **options) for number in range(callers)]
    ran = VirtualRun(endpoint, limiters, clock, seed=seed).run(seconds)
    return SimpleNamespace(ran=ran, limiters=limiters, limiter=limiters[0], clock=clock)


@pytest.fixture
def load():
    return run_load


class Feed:
    """Feeds an algorithm whole rounds: as many requests as it allows are under way, each replaced as it ends, after one latency."""

    def __init__(self, algorithm):
        self.algorithm = algorithm
        self.now = 0.0
        self.number = 0

    def round(self, latency_s=0.3, *, inflight=None, outcome=LeaseOutcome.SUCCESS, count=None):
        n = inflight or self.algorithm.value
        start, first = self.now, self.number
        self.now += latency_s
        count = n if count is None else count
        self.number += count
        for place in range(count):
            number = first + place + 1
            self.algorithm.on_sample(Sample(start, self.now, n, outcome, 16, number, self.number))
        return self.algorithm.value


@pytest.fixture
def feed():
    return Feed


def phases(*given):
    """Slots by time, over and over: phases(seconds, slots), …"""
    period = sum(seconds for seconds, _ in given)

    def slots(at):
        place = at % period
        for seconds, number in given:
            if place < seconds:
                return number
            place -= seconds
        return given[0][1]

    return slots


@pytest.fixture
def slots_by_time():
    return phases
