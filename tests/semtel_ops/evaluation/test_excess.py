import random

import pytest

from semtel_ops.evaluation.excess import excess_disagreement


def by_rows(*rows):
    """Excess of rows, each the four answers A1 A2 B1 B2."""
    return excess_disagreement(*([row[at] for row in rows] for at in range(4)))


@pytest.mark.parametrize(
    ("row", "value"), [("xxxx", 0), ("xxyy", 1), ("xyxy", -0.5), ("xxxy", 0), ("xxyz", 0.5), ("xyxz", -0.25)]
)
def test_a_row_by_hand(row, value):
    # xxyy: all 4 cross pairs differ, no pair within. xyxy: 2 of 4 cross pairs, both pairs within. xxxy: 2 of 4 and 1 of 2.
    # xxyz: 4 of 4 and 1 of 2. xyxz: 3 of 4 and 2 of 2.
    assert by_rows(row).value == pytest.approx(value)


def test_four_rows_by_hand():
    # 0 + 1 - ½ + 0 = ½ over four rows.
    found = by_rows("xxxx", "xxyy", "xyxy", "xxxy")
    assert found.value == pytest.approx(0.125)
    # Cross pairs that differ: 0, 1, ½, ½; within: 0, 0, 1, ½.
    assert (found.between, found.within, found.n) == (pytest.approx(0.5), pytest.approx(0.375), 4)
    # Two rows of two labels twice: Σ + 1 = 1.5, ·4/3 = 2 = 2·Bin(2, ⅓): P(X > 1) + P(X = 1)/2 = 1/9 + 4/18 = 1/3.
    assert found.p_value == pytest.approx(1 / 3)


def test_the_p_value_is_that_of_all_pairings():
    # xxyy twice and xxyz: each has its largest value, which one of three pairings gives: all three (1/27) is the top; mid-p
    # half of it.
    found = by_rows("xxyy", "xxyy", "xxyz")
    assert found.p_value == pytest.approx(0.5 / 27)
    # xyxy, xyxy, xyxz: each has its smallest, 8/27 of pairings; mid-p: 19/27 + 4/27.
    assert by_rows("xyxy", "xyxy", "xyxz").p_value == pytest.approx(23 / 27)


def test_one_deterministic_labeller_is_the_same_labeller():
    found = by_rows(*["xxxx"] * 500)
    assert (found.value, found.within, found.p_value) == (0.0, 0.0, 1.0 / 2)
    assert found.low < 0 < found.high < 0.01


def test_deterministic_labellers_that_differ_are_found():
    found = by_rows(*["xxxx"] * 95, *["xxyy"] * 5)
    assert found.value == pytest.approx(0.05)
    assert found.p_value == pytest.approx(0.5 / 3**5)


def test_a_row_without_one_of_its_answers_is_left_out():
    found = excess_disagreement(["x", "x"], ["x", None], ["y", "y"], ["y", "y"])
    assert (found.n, found.value) == (1, 1.0)


def test_without_rows_nothing_is_known():
    found = excess_disagreement([], [], [], [])
    assert (found.value, found.low, found.high, found.n, found.p_value) == (0.0, -1.0, 1.0, 0, 1.0)


def test_disagreement_of_a_noisy_labeller_with_itself_is_no_excess():
    rng = random.Random(5)
    rows = ["".join(rng.choices("xyz", (8, 1, 1), k=4)) for _ in range(2000)]
    found = by_rows(*rows)
    assert found.between > 0.3
    assert found.low < 0 < found.high
    assert found.p_value > 0.05
