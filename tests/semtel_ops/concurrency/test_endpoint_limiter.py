import pytest

from semtel_ops.concurrency import Ceilings, EndpointLimiter
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.virtual_endpoint import RateLimitHeaders, VirtualEndpoint, lognormal_service


def refusal(kind, retry_after_s=None):
    return EndpointError("refused", kind=kind, retry_after_s=retry_after_s)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def limiter(clock):
    return EndpointLimiter("east", clock)


def take_all(limiter):
    leases = []
    while (lease := limiter.try_acquire()) is not None:
        leases.append(lease)
    return leases


def test_no_more_leases_than_the_limit(limiter):
    leases = take_all(limiter)
    assert len(leases) == limiter.limit
    assert limiter.available == 0
    assert limiter.wait_s() is None
    leases[0].ignored()
    assert limiter.available == 1


def test_a_lease_ends_once(limiter):
    lease = limiter.try_acquire()
    lease.success(5)
    with pytest.raises(RuntimeError, match="ended twice"):
        lease.ignored()


def test_a_configured_concurrency_is_a_ceiling(load):
    done = load(VirtualEndpoint(lognormal_service(0.1), slots=lambda _: 100), 20, ceilings=Ceilings(max_concurrency=7))
    assert done.limiter.limit == 7


def test_a_configured_rate_is_a_ceiling(load):
    done = load(VirtualEndpoint(lognormal_service(0.1)), 60, ceilings=Ceilings(requests_per_minute=600))
    assert 570 <= done.ran.successes <= 612


def test_configured_tokens_a_minute_are_a_ceiling(load):
    done = load(VirtualEndpoint(lognormal_service(0.1)), 60, ceilings=Ceilings(tokens_per_minute=60_000))
    assert 55_000 <= done.ran.tokens <= 61_500


def test_a_capacity_refusal_cuts_and_a_quota_refusal_does_not(clock, limiter):
    first, second = limiter.try_acquire(), limiter.try_acquire()
    clock.advance(0.1)
    first.refused(refusal(EndpointErrorKind.RATE_LIMITED))
    assert limiter.limit == 16
    second.refused(refusal(EndpointErrorKind.OVERLOADED))
    assert limiter.limit == 1
    assert [change.what for change in limiter.history] == ["learned_requests_per_minute", "concurrency"]


def test_retry_after_is_obeyed_to_the_second(clock, limiter):
    lease = limiter.try_acquire()
    lease.refused(refusal(EndpointErrorKind.OVERLOADED, retry_after_s=7.0))
    assert limiter.try_acquire() is None
    assert limiter.wait_s() == pytest.approx(7.0)
    assert limiter.snapshot().waits_for == "rate"
    clock.advance(7.01)
    assert limiter.try_acquire() is not None


def test_a_day_of_retry_after_is_not_believed(clock, limiter):
    limiter.try_acquire().refused(refusal(EndpointErrorKind.RATE_LIMITED, retry_after_s=86_400.0))
    assert limiter.try_acquire() is None
    assert limiter.wait_s() < 10
    assert any("is implausible" in change.reason for change in limiter.history)


def test_sustained_failure_opens_a_circuit_that_probes_and_closes(clock, limiter):
    leases = take_all(limiter)
    clock.advance(1.0)
    for lease in leases[:8]:
        lease.refused(refusal(EndpointErrorKind.CONNECTION))
    assert limiter.snapshot().circuit == "open"
    assert limiter.try_acquire() is None
    wait_s = limiter.wait_s()
    assert 0 < wait_s <= 1
    clock.advance(wait_s + 0.001)
    assert limiter.available == 1
    probe = limiter.try_acquire()
    assert limiter.try_acquire() is None
    clock.advance(0.1)
    probe.success(5)
    assert limiter.snapshot().circuit == "closed"
    assert [change.new for change in limiter.history if change.what == "circuit"] == [0.0, 0.5, 1.0]


def test_a_probe_that_is_given_up_frees_its_place(clock, limiter):
    leases = take_all(limiter)
    clock.advance(1.0)
    for lease in leases[:8]:
        lease.refused(refusal(EndpointErrorKind.TIMEOUT))
    clock.advance(limiter.wait_s() + 0.001)
    limiter.try_acquire().ignored()
    assert limiter.try_acquire() is not None


def test_a_request_that_cannot_succeed_is_a_sign_of_life(clock, limiter):
    leases = take_all(limiter)
    clock.advance(1.0)
    for lease in leases[:7]:
        lease.refused(refusal(EndpointErrorKind.SERVER_ERROR))
    leases[7].refused(refusal(EndpointErrorKind.CONTENT_FILTER))
    leases[8].refused(refusal(EndpointErrorKind.SERVER_ERROR))
    assert limiter.snapshot().circuit == "closed"


def test_an_endpoint_that_dies_and_returns_is_found_again(load):
    dead = VirtualEndpoint(
        lognormal_service(0.3, 0.1),
        slots=lambda _: 80,
        fail=lambda at, _: EndpointErrorKind.CONNECTION if 20 < at < 40 else None,
    )
    done = load(dead, 60)
    # A third of the time it is dead, and it is found at most ten seconds late.
    assert done.ran.goodput > 0.5
    assert done.ran.failed < 5_000


@pytest.mark.parametrize("kind", [EndpointErrorKind.OVERLOADED, EndpointErrorKind.RATE_LIMITED, EndpointErrorKind.SERVER_ERROR])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_refusals_that_have_nothing_to_do_with_load_do_not_stop_the_run(load, kind, share):
    endpoint = VirtualEndpoint(
        lognormal_service(0.3, 0.2), slots=lambda _: 80, fail=lambda _, luck: kind if luck < share else None
    )
    assert load(endpoint, 60).ran.goodput > 0.5


def test_a_lower_limit_in_the_headers_is_written_down_as_a_reduction(clock, limiter):
    for limit in (600_000, 300_000):
        lease = limiter.try_acquire(100)
        clock.advance(0.3)
        lease.success(5, RateLimitHeaders(None, None, None, limit, limit // 2, 30.0))
    assert [(change.old, change.new, change.reason) for change in limiter.history if change.what == "tokens_per_minute"] == [
        (0.0, 600_000, "headers"),
        (600_000, 300_000, "headers: temporarily reduced"),
    ]
    assert limiter.snapshot().tokens_per_minute == 300_000


@pytest.mark.parametrize("kind", [EndpointErrorKind.AUTH, EndpointErrorKind.DEPLOYMENT])
def test_a_refusal_of_every_request_stops_further_ones_at_once(clock, limiter, kind):
    leases = take_all(limiter)
    leases[0].refused(refusal(kind))
    assert limiter.snapshot().circuit == "open"
    leases[1].ignored()
    assert limiter.try_acquire() is None
    clock.advance(0.5)
    limiter.try_acquire().success()
    assert limiter.snapshot().circuit == "closed"


def test_the_circuit_says_what_failed_without_keys_and_people(limiter):
    error = EndpointError(
        "east: HTTP 401 invalid_api_key: the key sk-abcdEFGH1234567890abcdEFGH1234567890 of jane.doe@example.com is wrong",
        kind=EndpointErrorKind.AUTH,
    )
    limiter.try_acquire().refused(error)
    assert limiter.history[-1].reason == "requests are refused: HTTP 401 invalid_api_key: the key [SECRET] of [EMAIL] is wrong"


def test_a_long_wait_for_a_quota_is_noted_once_with_its_reason(clock, limiter):
    limiter.try_acquire(100).success(5, RateLimitHeaders(10, 0, 60.0, None, None, None))
    for _ in range(5):
        assert limiter.try_acquire(100) is None
    waits = [(change.new, change.reason) for change in limiter.history if change.what == "pause_s"]
    assert [reason for _, reason in waits] == ["the quota is used up"]
    assert 5.0 <= waits[0][0] <= 60.0


def test_a_wait_that_the_endpoint_asks_for_is_noted_as_such(limiter):
    limiter.try_acquire().refused(refusal(EndpointErrorKind.OVERLOADED, retry_after_s=45.0))
    assert ("pause_s", 45.0, "the endpoint asks to wait") in [
        (change.what, change.new, change.reason) for change in limiter.history
    ]
