import math

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.intervals import real_changes
from semtel_ops.evaluation.paired import (
    equivalence,
    mid_p,
    paired_change,
    paired_interval,
    rows_for_change,
    rows_for_equivalence,
    rows_to_decide,
    standard_error,
)


def test_mid_p_by_hand():
    # 3 of 3 rows moved one way: P(X = 0) = 1/8, mid-p = 2/8 - 1/8.
    assert mid_p(0, 3) == pytest.approx(0.125)
    # 1 of 3: P(X ≤ 1) = 4/8, P(X = 1) = 3/8: 2·4/8 - 3/8 = 0.625.
    assert mid_p(1, 2) == mid_p(2, 1) == pytest.approx(0.625)
    # 2 of 4: 2·11/16 - 6/16 = 1.
    assert mid_p(2, 2) == pytest.approx(1.0)
    assert mid_p(0, 0) == 1.0


@pytest.mark.parametrize(("b", "c", "p"), [(15, 5, 0.02660), (10, 2, 0.02246)])
def test_mid_p_has_the_known_values(b, c, p):
    assert mid_p(b, c) == pytest.approx(p, abs=5e-6)


def test_mid_p_of_many_rows_is_that_of_whole_numbers():
    # From integers: 2·Σ_{i<40} C(150, i) + C(150, 40), over 2^150.
    exact = (2 * sum(math.comb(150, i) for i in range(40)) + math.comb(150, 40)) / 2**150
    assert mid_p(40, 110) == pytest.approx(exact, rel=1e-12)
    assert mid_p(20_000, 20_400) == pytest.approx(math.erfc(400 / math.sqrt(40_400) / math.sqrt(2)), rel=1e-3)


def test_a_paired_change_by_hand():
    # d = (50 - 60)/2000 = -0.5 points; var = (110 - 100/2000)/2000², se = √109.95/2000 = 0.5243 points.
    found = paired_change(2000, 60, 50)
    assert found.change == -0.005
    assert standard_error(2000, 60, 50) == pytest.approx(0.005243, abs=5e-7)
    # -0.5 ± 1.95996·0.52429 = -0.5 ± 1.02758
    assert (found.low, found.high) == pytest.approx((-0.0152758, 0.0052758), abs=5e-7)
    assert (found.n, found.b, found.c) == (2000, 60, 50)


def test_equivalence_by_hand():
    # -0.5 ± 1.64485·0.52429 = [-1.362, 0.362] points: inside ± 2, not inside ± 1.
    found = equivalence(2000, 60, 50, 0.02)
    assert (found.low, found.high) == pytest.approx((-0.013624, 0.003624), abs=5e-7)
    assert found.is_shown
    assert not equivalence(2000, 60, 50, 0.01).is_shown


def test_no_discordant_row_still_has_an_interval():
    # Tango's limits for b = c = 0 are ± z²/(n + z²): 3.8415/103.8415 = 0.03699 for 100 rows.
    found = paired_change(100, 0, 0)
    assert (found.low, found.high) == pytest.approx((-0.036993, 0.036993), abs=5e-6)
    assert found.p_value == 1.0


def test_ten_rows_without_any_move_do_not_show_equivalence():
    assert not equivalence(10, 0, 0, 0.02).is_shown
    assert equivalence(10_000, 0, 0, 0.02).is_shown


@pytest.mark.parametrize(("n", "b", "c"), [(44, 0, 1), (100, 3, 9), (500, 12, 2)])
def test_few_discordant_rows_have_tangos_interval(n, b, c):
    """At its limits Δ, the score with the most likely share q of b, found here by trying all, is ± z."""

    def score(change):
        candidates = [max(-change, 0.0) + i / 200_000 for i in range(1, 30_000)]
        likelihood = lambda q: b * math.log(q) + c * math.log(q + change) + (n - b - c) * math.log(1 - 2 * q - change)  # noqa: E731
        q = max((q for q in candidates if q + change > 0), key=likelihood)
        return (c - b - n * change) / math.sqrt(n * (2 * q + change * (1 - change)))

    low, high = paired_interval(n, b, c, 1.959964)
    assert (score(low), score(high)) == pytest.approx((1.96, -1.96), abs=5e-3)
    # Swapping the labellers turns the interval over.
    assert paired_interval(n, c, b, 1.959964) == pytest.approx((-high, -low))


def test_the_interval_of_few_rows_continues_that_of_many():
    few, many = paired_interval(2000, 12, 12, 1.96), paired_interval(2000, 12, 13, 1.96)
    assert few == pytest.approx(many, abs=1.2e-3)


def test_without_rows_nothing_is_known():
    found = paired_change(0, 0, 0)
    assert (found.change, found.low, found.high, found.p_value) == (0.0, -1.0, 1.0, 1.0)
    assert not equivalence(0, 0, 0, 0.02).is_shown


@pytest.mark.parametrize(("discordant", "margin", "rows"), [(0.06, 0.02, 1285), (0.10, 0.02, 2141), (0.10, 0.03, 952)])
def test_rows_for_equivalence_by_hand(discordant, margin, rows):
    # (1.64485 + 1.28155)²·ψ/δ² = 8.56385·ψ/δ²: 1284.6, 2141.0 and 951.5, rounded up.
    assert rows_for_equivalence(discordant, margin) == rows


def test_rows_for_equivalence_are_enough_for_a_label_that_never_moves():
    rows = rows_for_equivalence(0.0, 0.02)
    assert equivalence(rows + 1, 0, 0, 0.02).is_shown
    assert not equivalence(rows - 1, 0, 0, 0.02).is_shown


def test_rows_for_a_change_by_hand():
    # (1.95996·√.10 + 0.84162·√(.10 - .0009))²/.0009 = (0.61980 + 0.26494)²/.0009 = 869.7
    assert rows_for_change(0.10, 0.03) == 870


def test_rows_to_decide_are_those_of_equivalence_where_the_change_is_small():
    # 18 of 300 rows are discordant, ψ = .06.
    assert not equivalence(300, 9, 9, 0.02).is_shown
    assert rows_to_decide(300, 9, 9, 0.02) == 1285


def test_rows_to_decide_grow_as_the_change_nears_the_margin():
    # d = 1.5 points, 0.5 from the margin: 1.64485²·(.06 - .000225)/.005² = 6468.8
    assert rows_to_decide(2000, 45, 75, 0.02) == 6469
    assert rows_to_decide(2000, 40, 80, 0.02) is None


@pytest.mark.parametrize("margin", [0.0, -0.1, 1.0])
def test_a_margin_that_is_no_share_is_refused(margin):
    with pytest.raises(ConfigError, match="margin"):
        equivalence(100, 1, 1, margin)


def test_an_impossible_number_of_rows_is_refused():
    with pytest.raises(ConfigError, match="change"):
        rows_for_change(0.1, 0.0)
    with pytest.raises(ConfigError, match="discordant"):
        rows_for_change(0.01, 0.03)


def test_a_table_of_paired_changes_is_judged_together():
    # p 0.0266, 0.625 and 6.5e-9 of three: Holm compares 6.5e-9 with .05/3 and .0266 with .05/2: only the third is real.
    assert real_changes([paired_change(500, 15, 5), paired_change(500, 1, 2), paired_change(2000, 40, 110)]) == [
        False,
        False,
        True,
    ]
