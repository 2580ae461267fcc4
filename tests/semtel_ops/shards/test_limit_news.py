import pytest

from semtel_ops.concurrency import EndpointLimiter
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.shards.limit_news import LimitNews
from semtel_ops.testing.manual_clock import ManualClock


def refused(limiter, kind=EndpointErrorKind.AUTH, **fields):
    limiter.try_acquire().refused(EndpointError("east: HTTP 401 wrong key", kind=kind, **fields))


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def limiter(clock):
    return EndpointLimiter("east", clock)


def test_a_wait_says_how_long_and_why(clock, limiter):
    refused(limiter, EndpointErrorKind.RATE_LIMITED, retry_after_s=45.0)
    assert "east: waiting 45 s, the endpoint asks to wait" in list(LimitNews().lines([limiter]))


def test_an_outage_says_what_failed_and_that_it_is_over(clock, limiter):
    news = LimitNews()
    refused(limiter)
    assert list(news.lines([limiter])) == ["east: requests are suspended, requests are refused: HTTP 401 wrong key"]
    clock.advance(1.0)
    refused(limiter)
    assert list(news.lines([limiter])) == [], "a test request that failed is no news"
    clock.advance(1.0)
    limiter.try_acquire().success()
    assert "east: requests go on, recovered" in list(news.lines([limiter]))


def test_of_other_changes_only_the_latest_is_said(clock, limiter):
    for value in (9, 7, 5):
        clock.advance(1.0)
        limiter.cap(value)
    limiter.take_share(3, 0.5, "a share")
    assert list(LimitNews().lines([limiter])) == ["east: concurrency 5 → 3, a share"]
