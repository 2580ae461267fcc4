import math

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.sentinel import Day, SentinelTest, baseline, log_likelihood_ratio

PLAIN = {"alternatives": (0.10,), "horizon_days": 1}


def test_the_hand_example():
    # 5 flips of 20: (.10/.04)^5·(.90/.96)^15 = 97.656·.37985 = 37.09, above 20: alarm.
    assert math.exp(log_likelihood_ratio(Day(5, 20), 0.04, 0.10)) == pytest.approx(37.09, abs=5e-3)
    found = SentinelTest(0.04, **PLAIN).judge([Day(5, 20)])
    assert (found.e_value, found.alarm) == (pytest.approx(37.09, abs=5e-3), 0)


def test_evidence_multiplies_over_days():
    # The same 5 of 20, over two days: 3 of 12 is (2.5)³(.9375)⁹ = 8.741, no alarm; 2 of 8 is 4.243; the product is 37.09.
    found = SentinelTest(0.04, **PLAIN).judge([Day(3, 12), Day(2, 8)])
    assert found.e_value == pytest.approx(37.09, abs=5e-3)
    assert found.alarm == 1
    assert SentinelTest(0.04, **PLAIN).judge([Day(3, 12)]).alarm is None


def test_an_alarm_remains_an_alarm():
    found = SentinelTest(0.04, **PLAIN).judge([Day(5, 20), *[Day(0, 100)] * 5])
    assert found.alarm == 0
    assert found.e_value < 1 < found.highest


def test_no_days_are_no_evidence():
    found = SentinelTest(0.04).judge([])
    assert (found.e_value, found.highest, found.alarm) == (1.0, 1.0, None)
    assert SentinelTest(0.04).judge([Day(0, 0)]).e_value == pytest.approx(1.0)


def test_a_change_after_half_a_year_is_found_in_days():
    quiet, changed = [Day(3, 100)] * 180, [Day(10, 100)] * 10
    found = SentinelTest(0.04).judge([*quiet, *changed])
    assert found.alarm is not None
    assert 180 <= found.alarm < 185
    # The plain product has lost so much that ten days are not enough.
    assert SentinelTest(0.04, **PLAIN).judge([*quiet, *changed]).alarm is None


def test_stakes_of_a_year_add_up_to_one_by_hand():
    # Three days of horizon: half on the first day, a quarter on each of the others. One alternative, days with likelihood
    # ratio r.
    # Day 1: r/2 + ½. Day 2: (r/2 + ¼)r + ¼. Day 3: ((r/2 + ¼)r + ¼)r.
    r = math.exp(log_likelihood_ratio(Day(1, 20), 0.04, 0.10))
    test = SentinelTest(0.04, alternatives=(0.10,), horizon_days=3)
    days = [Day(1, 20)] * 3
    expected = [r / 2 + 1 / 2, (r / 2 + 1 / 4) * r + 1 / 4, ((r / 2 + 1 / 4) * r + 1 / 4) * r]
    assert [test.judge(days[:n]).e_value for n in (1, 2, 3)] == pytest.approx(expected)
    # Later days have no stake of their own.
    assert test.judge([*days, Day(1, 20)]).e_value == pytest.approx(expected[-1] * r)


def test_years_of_changed_answers_do_not_overflow():
    found = SentinelTest(0.04).judge([Day(90, 100)] * 1000)
    assert math.isfinite(found.e_value)
    assert found.alarm == 0


def test_flips_are_counted_by_answers_that_did_not_choose_the_reference():
    # Reference: the most frequent label of the first two repeats, a for both rows (a before b on a tie). Later answers: a b,
    # a a.
    found = baseline([["a", "a"], ["a", "b"], ["a", "b"], ["a", "a"]])
    assert found.labels == ("a", "a")
    assert (found.flips.share, found.flips.n) == (0.25, 4)
    assert found.p0 == found.flips.high > 0.25


def test_ten_repeats_of_a_hundred_steady_rows_have_a_small_p0():
    # No flip of 500 answers: Wilson's upper end is 3.8415/503.8415 = .0076.
    assert baseline([["a"] * 100] * 10).p0 == pytest.approx(0.0076, abs=5e-5)


def test_a_row_without_any_label_counts_for_nothing():
    found = baseline([["a", None], ["a", "b"]])
    assert found.labels == ("a", None)
    assert found.flips.n == 1


@pytest.mark.parametrize("repeats", [[["a"]], [["a"], ["a", "b"]]])
def test_a_baseline_of_unequal_or_single_repeats_is_refused(repeats):
    with pytest.raises(ConfigError, match="repeats"):
        baseline(repeats)


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"p0": 0.0}, "p0"), ({"p0": 0.04, "alternatives": (0.03,)}, "alternatives"), ({"p0": 0.04, "alpha": 1.0}, "alpha")],
)
def test_an_impossible_test_is_refused(fields, name):
    with pytest.raises(ConfigError, match=name):
        SentinelTest(**fields)
