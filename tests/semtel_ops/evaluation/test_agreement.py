import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.agreement import Coefficient, accuracy, cohen_kappa, confusion, weighted_kappa

UNDEFINED = (None, None, None)

tables = st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), st.integers(1, 40), max_size=9)


def test_confusion_counts_pairs():
    assert confusion([("a", "b"), ("a", "b"), ("a", "a")]) == {("a", "b"): 2, ("a", "a"): 1}


def test_accuracy_is_the_share_that_agrees():
    found = accuracy({("a", "a"): 20, ("a", "b"): 5, ("b", "a"): 10, ("b", "b"): 15})
    assert (found.share, found.n) == (0.7, 50)
    assert found.low < 0.7 < found.high


def test_kappa_by_hand():
    # p_o = 35/50 = 0.7; p_e = (25·30 + 25·20) / 50² = 0.5; kappa = 0.2 / 0.5 = 0.4.
    found = cohen_kappa({("a", "a"): 20, ("a", "b"): 5, ("b", "a"): 10, ("b", "b"): 15})
    assert found.value == pytest.approx(0.4)
    assert found.n == 50


def test_quadratic_kappa_by_hand():
    # One of four rows is off by one level of two: seen = 1/4 · 1/4 = 0.0625.
    # Margins (1, 2, 1)/4 and (2, 1, 1)/4. Chance: Σ p_i q_j d²/4, row by row (1·1 + 1·4) + (2·2 + 2·1) + (1·2·4 + 1·1)
    # = 20, over 16 · 4 = 0.3125. kappa = 1 - 0.0625 / 0.3125 = 0.8.
    counts = confusion([("low", "low"), ("mid", "low"), ("mid", "mid"), ("high", "high")])
    assert weighted_kappa(counts, ["low", "mid", "high"]).value == pytest.approx(0.8)


def test_levels_never_seen_still_hold_others_apart():
    counts = {("low", "mid"): 5, ("low", "low"): 5, ("mid", "mid"): 5}
    assert weighted_kappa(counts, ["low", "mid", "high"]).value == pytest.approx(weighted_kappa(counts, ["low", "mid"]).value)
    assert weighted_kappa(counts, ["low", "mid", "high"]).value == pytest.approx(cohen_kappa(counts).value)


def test_a_level_that_is_not_in_the_order_is_named():
    with pytest.raises(ConfigError, match="'odd' is not one of low, high"):
        weighted_kappa({("odd", "low"): 1}, ["low", "high"])


@pytest.mark.parametrize("counts", [{}, {("a", "a"): 7}])
def test_kappa_is_not_defined_where_nothing_could_disagree(counts):
    assert cohen_kappa(counts) == Coefficient(*UNDEFINED, sum(counts.values()))
    assert weighted_kappa(counts, ["a", "b"]) == Coefficient(*UNDEFINED, sum(counts.values()))


def test_full_agreement_is_1_and_full_disagreement_minus_1():
    assert cohen_kappa({("a", "a"): 5, ("b", "b"): 5}) == Coefficient(1.0, 1.0, 1.0, 10)
    assert cohen_kappa({("a", "b"): 5, ("b", "a"): 5}).value == pytest.approx(-1)


def test_a_constant_rater_agrees_by_chance_alone():
    assert cohen_kappa({("a", "a"): 8, ("b", "a"): 2}).value == pytest.approx(0)


def numeric_error(coefficient, counts):
    """Standard error by the delta method with numeric derivatives: independent of the formula under test."""
    n = sum(counts.values())
    base = coefficient(counts).value
    step = 1e-5 * n
    gradient = {cell: (coefficient({**counts, cell: count + step}).value - base) / (step / n) for cell, count in counts.items()}
    mean = sum(counts[cell] / n * slope for cell, slope in gradient.items())
    variance = sum(counts[cell] / n * (slope - mean) ** 2 for cell, slope in gradient.items()) / n
    return math.sqrt(variance)


COUNTS = {
    ("a", "a"): 44, ("a", "b"): 5, ("a", "c"): 1, ("b", "a"): 7, ("b", "b"): 20, ("b", "c"): 3, ("c", "a"): 9, ("c", "b"): 5, ("c", "c"): 6,
}  # fmt: skip


@pytest.mark.parametrize("coefficient", [cohen_kappa, lambda counts: weighted_kappa(counts, ["a", "b", "c"])])
def test_the_interval_is_that_of_the_delta_method(coefficient):
    found = coefficient(COUNTS)
    assert (found.high - found.low) / (2 * 1.959964) == pytest.approx(numeric_error(coefficient, COUNTS), rel=1e-3)


@given(tables)
def test_kappa_knows_no_first_rater(counts):
    turned = {(second, first): count for (first, second), count in counts.items()}
    for coefficient in (cohen_kappa, lambda table: weighted_kappa(table, "abc")):
        found, other = coefficient(counts), coefficient(turned)
        assert (found.value is None) == (other.value is None)
        if found.value is not None:
            assert found.value == pytest.approx(other.value)
            assert -1 <= found.low <= found.value + 1e-9
            assert found.value <= found.high + 1e-9 <= 1 + 1e-9
