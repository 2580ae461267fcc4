"""Calls about files and jobs are made again where that can help, and never where they might have happened."""

import random
from collections.abc import Callable

import pytest

from semtel_ops.batch.retry import BatchRetry, was_refused
from semtel_ops.endpoints.retry import Backoff
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.testing.manual_clock import ManualClock

BUSY = EndpointError("429", kind=EndpointErrorKind.RATE_LIMITED, status=429)
LOST = EndpointError("reset", kind=EndpointErrorKind.CONNECTION)
WRONG = EndpointError("401", kind=EndpointErrorKind.AUTH, status=401)


class Calls:
    """A call that fails with these errors, one each, and then succeeds."""

    def __init__(self, *errors: EndpointError) -> None:
        self._errors = list(errors)
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        if self._errors:
            raise self._errors.pop(0)
        return "done"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(0.0)


async def call(clock: ManualClock, calls: Calls, again: Callable[[EndpointError], bool] | None = None) -> str:
    return await BatchRetry(clock, rng=random.Random(0)).call(calls, again=again)


async def test_what_may_pass_is_called_again_after_a_wait(clock: ManualClock) -> None:
    calls = Calls(BUSY, LOST, BUSY)
    assert await call(clock, calls) == "done"
    assert calls.made == 4
    assert 0 < clock.now() < 0.5 + 1 + 2


async def test_the_last_refusal_is_raised_when_tries_are_used_up(clock: ManualClock) -> None:
    calls = Calls(*[BUSY] * 10)
    with pytest.raises(EndpointError, match="429"):
        await call(clock, calls)
    assert calls.made == Backoff().max_attempts


async def test_what_cannot_pass_is_raised_at_once(clock: ManualClock) -> None:
    calls = Calls(WRONG)
    with pytest.raises(EndpointError, match="401"):
        await call(clock, calls)
    assert (calls.made, clock.now()) == (1, 0.0)


async def test_a_call_that_may_have_happened_is_not_made_twice(clock: ManualClock) -> None:
    calls = Calls(BUSY, LOST)
    with pytest.raises(EndpointError, match="reset"):
        await call(clock, calls, again=was_refused)
    assert calls.made == 2


async def test_a_day_s_wait_is_cut_to_a_minute(clock: ManualClock) -> None:
    calls = Calls(EndpointError("429", kind=EndpointErrorKind.RATE_LIMITED, status=429, retry_after_s=86_400.0))
    assert await call(clock, calls) == "done"
    assert clock.now() == 60.0
