import pytest

from semtel_ops.gold.precision import expected_precision, rows_for
from semtel_ops.store.gold_rows import Stratum


def test_the_half_width_of_a_simple_random_draw():
    # p = 0.1, N = 10,000, n = 500, kappa 0.7: E e² = 2·0.1·0.9·0.3 = 0.054, E e = 0.
    # Variance 0.09/10,000 + (1/500 - 1/10,000)·0.054 = 9.0e-6 + 1.026e-4 = 1.116e-4; half-width 1.96·0.010564 = 0.020705.
    (one,) = expected_precision([Stratum("", 10_000, 500)], {("topic", "health"): {"": 1_000}})
    assert (one.share, one.gold_rows) == (0.1, 50.0)
    assert one.half_width == pytest.approx(0.020705, abs=1e-6)
    # (0.02/1.96)² = 1.04123e-4; n = 0.054 / (1.04123e-4 - 9e-6 + 5.4e-6) = 537.2
    assert one.rows_for_2_points == 538


def test_drawing_a_rare_label_more_often_narrows_its_interval_and_widens_others():
    counts = {("topic", "health"): {"topic:health": 200}, ("topic", "other"): {"": 9_800}}
    plain = expected_precision([Stratum("", 10_000, 300)], {("topic", "health"): {"": 200}, ("topic", "other"): {"": 9_800}})
    # Without strata, 6 of 300 have the label; of the strata, 60 of 300.
    rare = expected_precision([Stratum("", 9_800, 240), Stratum("topic:health", 200, 60)], counts)
    assert [one.label for one in plain] == ["other", "health"]
    assert rare[1].gold_rows == pytest.approx(60)
    assert rare[1].half_width < plain[1].half_width


def test_a_week_that_is_too_small_is_no_number_of_rows():
    # p(1 - p)/N = 0.25/500 = 5e-4 alone is more than (0.02/1.96)².
    assert rows_for(0.5, 500, 0.02) is None
    assert rows_for(0.5, 100_000, 0.02) == pytest.approx(1_455, abs=15)


def test_a_label_that_every_conversation_has_is_certain():
    (one,) = expected_precision([Stratum("", 1_000, 100)], {("topic", "all"): {"": 1_000}})
    assert one.half_width == 0.0
