"""An endpoint that is down is told while it is, once, and so is that it answers again."""

import asyncio

import pytest

from semtel_ops.concurrency import EndpointLimiter
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.shards.outage_monitor import OutageMonitor
from semtel_ops.testing.manual_clock import ManualClock
from tests.support.shards import make_plan

DOWN = EndpointError("503", kind=EndpointErrorKind.SERVER_ERROR, status=503)
LONG_S = 300.0


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def limiter(clock):
    return EndpointLimiter("east", clock)


@pytest.fixture
def plan(tmp_path):
    return make_plan(tmp_path, config={"alerts": {"circuit_open_s": LONG_S}})


class Notified(list):
    """Remembers the outages it is called with."""

    def __call__(self, found):
        self.extend((outage.endpoint, outage.over, round(outage.seconds)) for outage in found)


@pytest.fixture
def notified():
    return Notified()


def end(limiter, clock, *, well):
    """Ask what may be asked now, and let it all succeed or fail."""
    clock.advance(10.0)
    leases = []
    while (lease := limiter.try_acquire()) is not None:
        leases.append(lease)
    for lease in leases:
        if well:
            lease.success(5)
        else:
            lease.refused(DOWN)


def look(plan, clock, limiter, courses, notify):
    """One watch over a course of minutes, looked at after each round; `True`: the endpoint is well."""

    async def watch():
        watching = OutageMonitor(plan, clock, notify)
        for well in courses:
            end(limiter, clock, well=well)
            watching.look([limiter])
            await watching.finish()

    asyncio.run(watch())


def test_an_outage_is_told_once_while_it_lasts_and_once_when_it_is_over(plan, clock, limiter, notified):
    look(plan, clock, limiter, [*[False] * 60, *[True] * 5], notified)
    (endpoint, over, seconds), ended = notified
    assert (endpoint, over, ended[1]) == ("east", False, True)
    assert LONG_S < seconds < ended[2], "told while it lasted"


def test_the_next_outage_is_told_again(plan, clock, limiter, notified):
    look(plan, clock, limiter, [*[False] * 60, *[True] * 5, *[False] * 60], notified)
    assert [over for _, over, _ in notified] == [False, True, False]


def test_a_short_one_is_nobodys_news(plan, clock, limiter, notified):
    look(plan, clock, limiter, [*[False] * 20, *[True] * 5], notified)
    assert notified == []


def test_a_run_without_a_ledger_tells_nobody(plan, clock, limiter, notified):
    look(plan.model_copy(update={"ledger": False}), clock, limiter, [False] * 60, notified)
    assert notified == []


def test_what_goes_wrong_in_telling_is_only_logged(plan, clock, limiter, caplog):
    def broken(found):
        raise OSError("no route to host")

    look(plan, clock, limiter, [False] * 60, broken)
    assert caplog.text.count("notification about endpoint east failed: OSError: no route to host") == 1
