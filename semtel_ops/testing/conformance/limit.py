"""Conformance tests of concurrency limits."""

import random
from collections.abc import Callable, Iterator
from typing import Final

from semtel_ops.concurrency.endpoint_limiter import EndpointLimiter
from semtel_ops.concurrency.limit import AdaptiveLimit, LeaseOutcome, Limit, Sample
from semtel_ops.errors import EndpointErrorKind
from semtel_ops.testing.virtual_endpoint import VirtualClock, VirtualEndpoint, VirtualRun, lognormal_service

MakeLimit = Callable[[], Limit]
MakeAdaptiveLimit = Callable[[], AdaptiveLimit]

_SEEDS: Final = range(20)
_SLOTS: Final = 40


class LimitSuite:
    """Fixtures: `make`, a function without arguments that returns a new limit."""

    def test_a_limit_is_at_least_one(self, make: MakeLimit) -> None:
        for seed in _SEEDS:
            limit = make()
            assert limit.value >= 1
            for sample in random_samples(seed):
                value = limit.on_sample(sample)
                assert isinstance(value, int)
                assert value == limit.value >= 1

    def test_equal_samples_give_equal_limits(self, make: MakeLimit) -> None:
        """A limit has no clock and no random numbers, so its samples explain its values."""
        for seed in _SEEDS:
            first, second = make(), make()
            assert [first.on_sample(sample) for sample in random_samples(seed)] == [
                second.on_sample(sample) for sample in random_samples(seed)
            ]

    def test_requests_that_say_nothing_of_the_load_change_nothing(self, make: MakeLimit) -> None:
        limit = make()
        before = limit.value
        for number in range(1, 500):
            limit.on_sample(Sample(number * 0.1, number * 0.1 + 0.3, before, LeaseOutcome.IGNORED, 0, number, number))
            assert limit.value == before


class AdaptiveLimitSuite(LimitSuite):
    """Fixtures: `make`, as in `LimitSuite`; its limits start at no more than 40 and may grow to 200."""

    def test_a_value_from_outside_is_taken_over_with_its_reason(self, make: MakeAdaptiveLimit) -> None:
        limit = make()
        assert limit.adopt(20, 1.0, "share: one of 2 tasks") == limit.value == 20
        assert limit.reason == "share: one of 2 tasks"
        assert limit.settled

    def test_every_move_has_a_reason(self, make: MakeAdaptiveLimit) -> None:
        for seed in _SEEDS:
            limit = make()
            for sample in random_samples(seed):
                before, reason = limit.value, limit.reason
                if limit.on_sample(sample) != before:
                    assert limit.reason
                assert reason

    def test_a_rejection_under_load_lowers_the_limit(self, make: MakeAdaptiveLimit) -> None:
        limit = make()
        inflight = limit.value
        limit.on_sample(Sample(1.0, 1.1, inflight, LeaseOutcome.DROPPED, 0, inflight, inflight))
        assert limit.value < inflight or inflight == 1

    def test_many_simultaneous_rejections_lower_the_limit_once(self, make: MakeAdaptiveLimit) -> None:
        """Rejections of requests that were in flight together are a single observation."""
        limit = make()
        sent = limit.value
        served = sent // 2
        for number in range(served + 1, sent + 1):
            limit.on_sample(Sample(1.0, 1.1, number, LeaseOutcome.DROPPED, 0, number, sent))
        assert served // 2 <= limit.value < sent

    def test_a_limit_that_is_not_used_does_not_grow(self, make: MakeAdaptiveLimit) -> None:
        limit = make()
        most, number = limit.value, 0
        for round_ in range(100):
            for _ in range(2):
                number += 1
                limit.on_sample(Sample(round_ * 0.3, (round_ + 1) * 0.3, 2, LeaseOutcome.SUCCESS, 16, number, number))
            assert limit.value <= max(most, 2 * 2)

    def test_an_endpoint_that_queues_is_kept_busy_with_a_short_queue(self, make: MakeAdaptiveLimit) -> None:
        run, limiter = _run(make, VirtualEndpoint(lognormal_service(0.3, 0.1), slots=lambda _: _SLOTS))
        assert run.totals.goodput >= 0.85
        assert limiter.limit <= 2 * _SLOTS

    def test_an_endpoint_that_refuses_is_kept_busy_with_few_refusals(self, make: MakeAdaptiveLimit) -> None:
        run, _ = _run(make, VirtualEndpoint(lognormal_service(0.3, 0.3), slots=lambda _: _SLOTS, queue=0))
        assert run.totals.goodput >= 0.8
        assert run.totals.refused_share <= 0.05

    def test_capacity_that_halves_and_returns_is_followed(self, make: MakeAdaptiveLimit) -> None:
        def slots(at: float) -> float:
            return _SLOTS / 2 if 20 <= at < 40 else _SLOTS

        run, limiter = _run(make, VirtualEndpoint(lognormal_service(0.3, 0.1), slots=slots, queue=_SLOTS), seconds=60.0)
        assert run.totals.goodput >= 0.8
        assert limiter.limit >= 0.7 * _SLOTS

    def test_refusals_that_do_not_follow_the_load_do_not_end_at_one_at_a_time(self, make: MakeAdaptiveLimit) -> None:
        """One request in twenty is rejected, independent of the load."""

        def fail(_: float, draw: float) -> EndpointErrorKind | None:
            return EndpointErrorKind.OVERLOADED if draw < 0.05 else None

        run, _ = _run(make, VirtualEndpoint(lognormal_service(0.3, 0.1), slots=lambda _: _SLOTS, fail=fail), seconds=60.0)
        assert run.totals.goodput >= 0.5


def random_samples(seed: int, count: int = 400) -> Iterator[Sample]:
    """Plausible samples of an endpoint: mostly successes, some rejections, and latencies that grow with the load."""
    rng = random.Random(seed)
    now, slots = 0.0, rng.choice((2, 20, 200))
    for number in range(1, count + 1):
        now += rng.expovariate(50)
        inflight = rng.randint(1, 2 * slots)
        latency_s = 0.3 * max(1.0, inflight / slots) * rng.lognormvariate(0.0, 0.3)
        outcome = rng.choices(tuple(LeaseOutcome), (90, 4, 6))[0]
        yield Sample(now, now + latency_s, inflight, outcome, rng.randint(1, 50), number, number + rng.randint(0, inflight))


def _run(make: MakeAdaptiveLimit, endpoint: VirtualEndpoint, seconds: float = 40.0) -> tuple[VirtualRun, EndpointLimiter]:
    """Run one caller with unlimited work in virtual time."""
    clock = VirtualClock()
    limiter = EndpointLimiter("east", clock, algorithm=make())
    run = VirtualRun(endpoint, [limiter], clock, seed=1)
    run.run(seconds)
    return run, limiter
