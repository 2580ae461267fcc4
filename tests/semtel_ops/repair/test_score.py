"""The objective of the search, and the distance of two prompts."""

import math
import random

import pytest

from semtel_ops.repair.score import Scale, Weights, behind, groups_of, score_of


def codes(scale, labels):
    rows = [f"c{at}" for at in range(len(labels))]
    return scale.code(dict(zip(rows, labels, strict=True)), rows)


def test_kappa_shift_and_price_make_the_score():
    # Reference: 6 a, 4 b. Labels: of the 6, 5 a and 1 b; of the 4, 1 a, 2 b and 1 unreadable.
    # Agreement 7/10. Chance: a .6 · .6, b .4 · .3 = .48. Kappa (.7 - .48)/(1 - .48) = .42308.
    # Shares: a .6 and .6, b .4 and .3, unreadable 0 and .1: shift ½ · .2 = .1. Twice the price.
    scale = Scale(("a", "b"), weights=Weights(shift=0.5, price=0.02))
    truth = codes(scale, "aaaaaabbbb")
    labels = codes(scale, ["a", "a", "a", "a", "a", "b", "a", "b", "b", None])
    score = score_of(scale, truth, labels, price=2.0)
    assert score.agreement == pytest.approx(0.7)
    assert score.kappa == pytest.approx(0.42308, abs=1e-5)
    assert score.shift == pytest.approx(0.1)
    assert score.invalid == pytest.approx(0.1)
    assert score.value == pytest.approx(0.42308 - 0.5 * 0.1 - 0.02, abs=1e-5)


def test_levels_have_quadratic_weights():
    # [20 5 0; 3 15 4; 1 2 10]: quadratic kappa 0.7500, plain 0.6144 (the table of the agreement tests)
    table = [[20, 5, 0], [3, 15, 4], [1, 2, 10]]
    first = [level for level, row in zip("abc", table, strict=True) for n in row for _ in range(n)]
    second = [level for row in table for level, n in zip("abc", row, strict=True) for _ in range(n)]
    for levels, kappa in ((True, 0.7500), (False, 0.6144)):
        scale = Scale(("a", "b", "c"), levels)
        assert score_of(scale, codes(scale, first), codes(scale, second)).kappa == pytest.approx(kappa, abs=1e-4)


def test_one_label_everywhere_is_no_agreement_beyond_chance():
    scale = Scale(("a", "b"))
    assert score_of(scale, codes(scale, "aaaa"), codes(scale, "aaaa")).kappa == 0.0


def test_an_unknown_price_is_not_counted():
    scale = Scale(("a", "b"))
    same = codes(scale, "abab")
    assert score_of(scale, same, same, price=None).value == score_of(scale, same, same, price=1.0).value == 1.0


def test_a_prompt_that_errs_more_is_behind_and_what_both_share_does_not_blur_it():
    rng = random.Random(5)
    scale = Scale(("a", "b"))
    rows = [f"c{at}" for at in range(400)]
    truth = {row: rng.choice("ab") for row in rows}
    hard = {row for row in rows if rng.random() < 0.3}
    flip = {"a": "b", "b": "a"}
    good = {row: flip[truth[row]] if row in hard else truth[row] for row in rows}
    worse = {row: flip[truth[row]] if row in hard or rng.random() < 0.05 else truth[row] for row in rows}
    gap, error = behind(scale, scale.code(truth, rows), groups_of(rows), scale.code(good, rows), scale.code(worse, rows))
    assert gap > 0
    assert gap - 2.33 * error > 0  # unpaired, the standard error of a kappa here is some .045, and the gap is not seen
    assert error < 0.03


def test_equal_labels_are_not_behind_and_too_few_rows_never_decide():
    scale = Scale(("a", "b"))
    labels = codes(scale, "abab")
    assert behind(scale, labels, groups_of([f"c{at}" for at in range(4)]), labels, labels) == (0.0, 0.0)
    assert behind(scale, labels[:1], groups_of(["c0"]), labels[:1], labels[:1]) == (0.0, math.inf)
