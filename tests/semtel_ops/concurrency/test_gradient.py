import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.concurrency.gradient import GradientLimit
from semtel_ops.concurrency.gradient_tuning import GradientTuning
from semtel_ops.concurrency.limit import LeaseOutcome, Sample
from semtel_ops.testing.virtual_endpoint import VirtualEndpoint, lognormal_service


def test_the_start_doubles_each_round_trip_while_no_queue_shows(feed):
    rounds = feed(GradientLimit(initial=16))
    assert [rounds.round() for _ in range(3)] == pytest.approx([32, 64, 128])


def test_it_does_not_grow_where_the_limit_is_not_used(feed):
    algorithm = GradientLimit(initial=64)
    rounds = feed(algorithm)
    for _ in range(20):
        rounds.round(inflight=20)
    assert algorithm.value == 64


def test_a_queue_ends_the_search_at_what_the_endpoint_serves(feed):
    algorithm = GradientLimit(initial=16)
    rounds = feed(algorithm)
    # Eighty slots: beyond them latency grows with what is under way.
    for _ in range(12):
        rounds.round(0.3 * max(1.0, algorithm.value / 80))
    assert algorithm.settled
    assert 76 <= algorithm.value <= 96


def test_a_storm_is_one_cut(feed):
    algorithm = GradientLimit(initial=100)
    for number in range(50):
        algorithm.on_sample(Sample(0.0, 0.1, 100 - number, LeaseOutcome.DROPPED, 0, 100 - number, 100))
    assert algorithm.value == 96
    assert "rejected" in algorithm.reason
    # Requests that started after the cut count again.
    algorithm.on_sample(Sample(0.2, 0.3, 90, LeaseOutcome.DROPPED, 0, 101, 101))
    assert algorithm.value < 90


def test_a_refused_request_that_was_alone_cannot_bring_it_below_the_floor():
    algorithm = GradientLimit(initial=16, floor=1)
    now = 0.0
    for number in range(200):
        algorithm.on_sample(Sample(now, now + 0.01, 1, LeaseOutcome.DROPPED, 0, number, number))
        now += 1.0
        assert algorithm.value >= 1


def test_a_ceiling_is_never_passed(feed):
    algorithm = GradientLimit(initial=16, ceiling=40)
    rounds = feed(algorithm)
    assert max(rounds.round() for _ in range(20)) == 40


def test_an_endpoint_that_became_slower_for_good_is_not_starved(feed):
    """Fewer requests do not make it faster: latency is its own, not a queue's."""
    algorithm = GradientLimit(initial=16, ceiling=64)
    rounds = feed(algorithm)
    for _ in range(10):
        rounds.round(0.3)
    for _ in range(60):
        rounds.round(0.9)
    assert algorithm.value == 64


def test_a_value_from_outside_is_gone_on_from(feed):
    algorithm = GradientLimit(initial=16)
    assert algorithm.adopt(50, 1.0, "share") == 50
    assert (algorithm.reason, algorithm.settled) == ("share", True)


def test_another_tuning_is_another_limit(feed):
    """A queue of half the slots is kept where that is asked for."""
    limits = {}
    for queue in (0.1, 0.5):
        algorithm = GradientLimit(initial=16, tuning=GradientTuning(queue=queue))
        rounds = feed(algorithm)
        for _ in range(40):
            rounds.round(0.3 * max(1.0, algorithm.value / 80))
        limits[queue] = algorithm.value
    assert limits[0.1] <= 96 < 110 <= limits[0.5]


def test_bounds_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match=r"floor \(9\)"):
        GradientLimit(floor=9, ceiling=8)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(list(LeaseOutcome)), st.floats(0, 100), st.integers(1, 500), st.integers(0, 10_000)),
        max_size=300,
    )
)
def test_whatever_it_sees_it_stays_within_its_bounds(seen):
    algorithm = GradientLimit(initial=8, floor=2, ceiling=50)
    now = 0.0
    for number, (outcome, latency_s, inflight, tokens) in enumerate(seen, 1):
        now += 0.01
        algorithm.on_sample(Sample(now, now + latency_s, inflight, outcome, tokens, number, number + 3))
        assert 2 <= algorithm.value <= 50


# Goodput in virtual time. Floors are a few percent below what was measured.

QUEUEING = {
    "80 slots that halve and double, short queue": (0.3, 0.2, 0.0, ((8, 80), (8, 40)), 16, 60, 0.945, 0.02),
    "the same, doubling twice": (0.3, 0.1, 0.0, ((8, 64), (8, 32), (8, 64), (8, 128)), 16, 60, 0.91, 0.02),
    "the same with a long queue": (0.3, 0.2, 0.0, ((8, 80), (8, 40)), 64, 60, 0.93, 0.01),
    "no queue at all": (0.3, 0.3, 0.0, ((60, 80),), 0, 60, 0.93, 0.01),
    "ten slots, no queue": (0.3, 0.3, 0.0, ((60, 10),), 0, 60, 0.90, 0.03),
    "two slots": (0.3, 0.3, 0.0, ((60, 2),), float("inf"), 60, 0.98, 0.0),
    "fast, heavy tails": (0.05, 0.5, 0.8, ((60, 50),), float("inf"), 60, 0.93, 0.0),
    "slow, heavy tails": (5.0, 0.5, 0.8, ((60, 200),), float("inf"), 600, 0.90, 0.0),
    "20 s a request": (20.0, 0.3, 0.0, ((60, 50),), float("inf"), 600, 0.90, 0.0),
    "600 slots": (0.5, 0.3, 0.0, ((60, 600),), float("inf"), 30, 0.85, 0.0),
}


@pytest.mark.parametrize("name", QUEUEING)
def test_it_finds_what_a_queueing_endpoint_serves(load, slots_by_time, name):
    mean_s, jitter, token_sigma, schedule, queue, seconds, goodput, refused = QUEUEING[name]
    service = lognormal_service(mean_s, jitter, token_sigma=token_sigma)
    done = load(VirtualEndpoint(service, slots=slots_by_time(*schedule), queue=queue), seconds)
    assert done.ran.goodput >= goodput
    assert done.ran.refused_share <= refused


def test_a_standing_queue_stays_short(load):
    """The limit ends near the slots there are, although the endpoint would queue without end."""
    done = load(VirtualEndpoint(lognormal_service(0.3, 0.1), slots=lambda _: 80), 120)
    assert 80 <= done.limiter.limit <= 110


def test_batching_that_gets_slower_as_it_fills_is_filled(load):
    """Latency doubles from one request to 64; throughput still grows with each of them."""
    done = load(VirtualEndpoint(lognormal_service(0.3, 0.2), slots=lambda _: 64, speed=lambda n: 1 / (1 + n / 64)), 120)
    assert done.ran.goodput >= 0.85
