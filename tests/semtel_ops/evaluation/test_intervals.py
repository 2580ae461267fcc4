"""Expected limits are the published worked examples: Newcombe 1998a (one share, table I) and 1998b (differences, table II)."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.evaluation.intervals import (
    Difference,
    Share,
    clustered_share,
    difference,
    estimated_share,
    pooled,
    real_changes,
    share_of,
    wilson,
)


def share(hits: float, n: int) -> Share:
    return share_of(hits, n, n, n)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_limits(hits, n, low, high):
    assert wilson(hits / n, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("after", "before", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_a_difference_has_the_published_limits(after, before, low, high):
    found = difference(share(*after), share(*before))
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.change == pytest.approx(after[0] / after[1] - before[0] / before[1])


def test_a_weighted_share_by_hand():
    # Rows 1, 3 hit; weights 1, 1, 2, 1. Σw·hit = 3, Σw = 1 + 1 + 2 + 1 = 5, Σw² = 1 + 1 + 4 + 1 = 7: share 3/5, effective n
    # 25/7.
    found = share_of(3, 5, 7, 4)
    assert (found.share, found.effective_n, found.n) == pytest.approx((0.6, 25 / 7, 4))
    # Wilson at z² = 3.8415, n = 3.5714: centre (0.6 + 0.5378) / 2.0756, half 1.96·√(0.0672 + 0.0753) / 2.0756.
    assert (found.low, found.high) == pytest.approx((0.1917, 0.9046), abs=5e-4)


def test_equal_weights_are_no_weights():
    found = share_of(7.5, 3 * 7.5, 3 * 7.5**2, 3)
    assert found.effective_n == pytest.approx(3)
    assert (found.low, found.high) == pytest.approx(wilson(1 / 3, 3))


def test_rows_of_no_weight_count_as_rows_but_carry_nothing():
    found = share_of(1, 2, 2, 3)  # weights 1, 0, 1; the first two hit
    assert (found.share, found.n, found.effective_n) == pytest.approx((0.5, 3, 2))


@pytest.mark.parametrize("n", [0, 2])
def test_without_rows_or_weight_nothing_is_known(n):
    assert share_of(0, 0, 0, n) == Share(0.0, 0.0, 1.0, n, 0.0)


def test_a_constant_share_still_has_a_width():
    assert share(20, 20).high == 1.0
    assert share(20, 20).low == pytest.approx(1 - 0.1611, abs=5e-5)


@given(st.floats(0, 1), st.floats(0.5, 1e9))
def test_the_interval_holds_the_share_and_stays_in_bounds(value, n):
    low, high = wilson(value, n)
    assert 0 <= low <= value <= high <= 1


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_p_value_and_the_interval_say_the_same(hits_after, hits_before):
    found = difference(share(hits_after, 500), share(hits_before, 500))
    if abs(found.p_value - 0.05) > 1e-9:
        assert found.is_real == (found.p_value < 0.05)


@given(st.integers(0, 50), st.integers(0, 80))
def test_turning_a_difference_around_turns_its_interval_around(hits_after, hits_before):
    after, before = share(hits_after, 50), share(hits_before, 80)
    forth, back = difference(after, before), difference(before, after)
    assert (forth.low, forth.high) == pytest.approx((-back.high, -back.low))
    assert forth.p_value == pytest.approx(back.p_value)


def test_equal_shares_differ_in_nothing():
    assert difference(share(5, 10), share(50, 100)).p_value == 1.0


def test_against_nothing_no_difference_is_real():
    found = difference(share(500, 1000), share_of(0, 0, 0, 0))
    assert found.p_value == 1.0
    assert not found.is_real


def test_pooled_weeks_count_by_their_size():
    # (0.5·100 + 0.2·300) / 400 = 0.275
    found = pooled([share(50, 100), share(60, 300)])
    assert (found.share, found.n, found.effective_n) == pytest.approx((0.275, 400, 400))
    assert pooled([]).high == 1.0


def test_holm_goes_from_the_surest_down_and_stops_at_the_first_failure():
    # Bounds in order: 0.05/4 = 0.0125, 0.05/3 = 0.0167, 0.05/2 = 0.025, 0.05. 0.02 > 0.0167 stops; 0.024 is not asked.
    table = [Difference(0.1, 0.0, 0.2, p) for p in (0.024, 0.01, 0.02, 0.6)]
    assert real_changes(table) == [False, True, False, False]
    assert real_changes([]) == []


def test_a_week_without_change_rarely_names_one():
    """Holm's promise, simulated: 300 tables of five labels in which both weeks are drawn alike."""
    rng = random.Random(20)
    draw = [0.3] * 5

    def week() -> list[Share]:
        return [share(sum(rng.random() < p for _ in range(80)), 80) for p in draw]

    alarms = sum(any(real_changes([difference(a, b) for a, b in zip(week(), week(), strict=True)])) for _ in range(300))
    assert alarms / 300 < 0.08  # 0.05 and three standard errors


def test_clusters_of_one_are_a_plain_share():
    plain, clustered = share(30, 100), clustered_share([1.0] * 30 + [0.0] * 70, [1] * 100)
    assert (clustered.share, clustered.n) == (plain.share, plain.n)
    # The sample variance divides by n - 1.
    assert clustered.effective_n == pytest.approx(99)


def test_observations_that_always_agree_within_a_cluster_count_once():
    clustered = clustered_share([4.0] * 30 + [0.0] * 70, [4] * 100)
    assert clustered.n == 400
    assert clustered.effective_n == pytest.approx(99)


def test_a_clustered_share_without_variation_counts_clusters():
    assert clustered_share([0.0] * 20, [3] * 20).effective_n == 20
    assert clustered_share([], []) == Share(0.0, 0.0, 1.0, 0, 0.0)
    assert clustered_share([0.0, 0.0], [0, 0]).n == 0


def test_an_estimate_with_a_known_variance_is_a_share():
    # p(1-p)/variance = .21/.0021 = 100 rows.
    found = estimated_share(0.3, 0.0021, 5000)
    assert (found.n, found.effective_n) == (5000, pytest.approx(100))
    assert (found.low, found.high) == pytest.approx(wilson(0.3, 100))


def test_an_estimate_outside_the_possible_shares_is_cut():
    # At 0, the effective n is that of `least`: .01·.99/.0001 = 99 rows.
    found = estimated_share(-0.02, 0.0001, 5000, 0.01)
    assert (found.share, found.effective_n) == (0.0, pytest.approx(99))
    assert (found.low, found.high) == pytest.approx(wilson(0.0, 99))
