"""Expected values: Stuart's vision data (Biometrika 42, 1955), and tables worked out by hand."""

import math
from collections import Counter

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.homogeneity import bhapkar, square_table, stuart_maxwell
from semtel_ops.evaluation.paired import mid_p

VISION = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]]
SPARSE = [[20, 10, 5], [3, 30, 15], [0, 5, 40]]


def test_stuarts_vision_data():
    found = stuart_maxwell(VISION)
    assert (found.statistic, found.df, found.p_value) == (pytest.approx(11.957, abs=5e-4), 3, pytest.approx(0.0075, abs=5e-5))
    assert bhapkar(VISION).statistic == pytest.approx(11.976, abs=5e-4)


def test_a_cell_of_zero_is_not_filled():
    # d = (35 - 23, 48 - 45, 45 - 60) = (12, 3, -15). S without the last label: S11 = 35 + 23 - 40 = 18, S22 = 48 + 45 - 60 =
    # 33,
    # S12 = -13; determinant 594 - 169 = 425; d'S⁻¹d = (33·144 + 2·13·36 + 18·9)/425 = 5850/425 = 13.7647.
    assert stuart_maxwell(SPARSE).statistic == pytest.approx(5850 / 425)
    # n = 128: 13.7647/(1 - 13.7647/128) = 15.4233.
    assert bhapkar(SPARSE).statistic == pytest.approx(15.4233, abs=5e-5)
    assert bhapkar(SPARSE).df == 2


def test_two_labels_are_mcnemars_test():
    # (15 - 5)²/20 = 5, p 0.02535 (and near the mid-p of the same rows).
    found = stuart_maxwell([[100, 15], [5, 80]])
    assert (found.statistic, found.df, found.p_value) == (pytest.approx(5.0), 1, pytest.approx(0.02535, abs=5e-6))
    assert found.p_value == pytest.approx(mid_p(15, 5), abs=2e-3)


def test_a_label_nobody_moved_changes_nothing():
    with_more = [[*row, 0] for row in SPARSE] + [[0, 0, 0, 50]]
    assert stuart_maxwell(with_more) == stuart_maxwell(SPARSE)


def test_moves_within_two_groups_of_labels_add_up():
    # Groups {0, 1} and {2, 3}: (15 - 5)²/20 + (8 - 2)²/10 = 5 + 3.6, a degree of freedom each.
    table = [[100, 15, 0, 0], [5, 80, 0, 0], [0, 0, 60, 8], [0, 0, 2, 60]]
    found = stuart_maxwell(table)
    assert (found.statistic, found.df) == (pytest.approx(8.6), 2)


def test_rows_that_did_not_move_give_no_reason_to_doubt():
    for test in (stuart_maxwell, bhapkar):
        assert (test([[5, 0], [0, 7]]).statistic, test([[5, 0], [0, 7]]).df, test([[5, 0], [0, 7]]).p_value) == (0.0, 0, 1.0)
        assert test([]).p_value == 1.0


def test_all_rows_that_moved_together_are_the_strongest_evidence():
    # All 9 rows moved from 0 to 1: W = 81/9 = 9 = n.
    assert stuart_maxwell([[0, 9], [0, 0]]).statistic == pytest.approx(9.0)
    assert bhapkar([[0, 9], [0, 0]]).statistic == math.inf
    assert bhapkar([[0, 9], [0, 0]]).p_value == 0.0


def test_the_order_of_the_labels_does_not_matter():
    turned = [row[::-1] for row in VISION[::-1]]
    assert stuart_maxwell(turned).statistic == pytest.approx(stuart_maxwell(VISION).statistic)


def test_a_table_is_made_of_counted_pairs():
    labels, table = square_table(Counter({("a", "b"): 3, ("c", "a"): 1, ("b", "b"): 2}))
    assert labels == ["a", "b", "c"]
    assert table == [[0, 3, 0], [0, 2, 0], [1, 0, 0]]


def test_a_table_that_is_not_square_is_refused():
    with pytest.raises(ConfigError, match="table"):
        stuart_maxwell([[1, 2], [3]])
