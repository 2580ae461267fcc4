import random

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.agreement import cohen_kappa, confusion, weighted_kappa
from semtel_ops.evaluation.kappa_difference import kappa_difference


def labelled(n, accuracy, seed, options="abcd"):
    """Golden labels, and labels that are right with a probability."""
    rng = random.Random(seed)
    gold = [rng.choice(options) for _ in range(n)]
    return gold, [label if rng.random() < accuracy else rng.choice(options) for label in gold]


def test_the_known_kappas_by_hand():
    # [20 5 0; 3 15 4; 1 2 10]: plain 0.6144, quadratic 0.7500.
    counts = {
        ("1", "1"): 20,
        ("1", "2"): 5,
        ("2", "1"): 3,
        ("2", "2"): 15,
        ("2", "3"): 4,
        ("3", "1"): 1,
        ("3", "2"): 2,
        ("3", "3"): 10,
    }
    assert cohen_kappa(counts).value == pytest.approx(0.6144, abs=5e-5)
    assert weighted_kappa(counts, "123").value == pytest.approx(0.7500, abs=5e-5)
    pairs = [pair for pair, n in counts.items() for _ in range(n)]
    gold, said = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert kappa_difference(gold, gold, said).value == pytest.approx(0.6144 - 1, abs=5e-5)
    assert kappa_difference(gold, gold, said, order="123").value == pytest.approx(0.75 - 1, abs=5e-5)


def test_it_is_the_difference_of_the_kappas():
    gold, a = labelled(400, 0.8, 1)
    b = labelled(400, 0.7, 1)[1]
    found = kappa_difference(gold, a, b)
    expected = [cohen_kappa(confusion(zip(gold, each, strict=True))).value for each in (a, b)]
    assert found.value == pytest.approx(expected[1] - expected[0])
    assert found.n == 400
    assert found.low < found.low_90 < found.value < found.high


def test_the_same_labels_do_not_differ_at_all():
    gold, a = labelled(200, 0.8, 2)
    found = kappa_difference(gold, a, a)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)
    assert found.is_not_worse()
    assert not found.is_worse


def test_labels_of_the_same_rows_are_compared_better_than_two_kappas():
    gold, a = labelled(600, 0.8, 3)
    b = list(a)
    b[:30] = gold[:30]
    alone = cohen_kappa(confusion(zip(gold, a, strict=True)))
    found = kappa_difference(gold, a, b)
    assert found.high - found.low < (alone.high - alone.low) / 2


def test_a_worse_labeller_is_worse():
    gold, a = labelled(1000, 0.9, 4)
    b = labelled(1000, 0.6, 4)[1]
    found = kappa_difference(gold, a, b)
    assert found.is_worse
    assert not found.is_not_worse()


def test_rows_that_would_show_it_not_worse_by_hand():
    # se .018 at 300 rows: 300·((1.64485 + 0.84162)·.018/.03)² = 300·2.2257 = 667.7, where equal labellers are not worse in 80%.
    from semtel_ops.evaluation.kappa_difference import KappaDifference

    assert KappaDifference(0.0, -0.036, 0.036, -0.03, 300, 0.018).rows_for_not_worse() == 668
    assert KappaDifference(0.0, None, None, None, 5).rows_for_not_worse() is None
    with pytest.raises(ConfigError, match="allowed"):
        KappaDifference(0.0, -0.036, 0.036, -0.03, 300, 0.018).rows_for_not_worse(0.0)


def test_an_undefined_kappa_has_no_difference():
    found = kappa_difference(["a"] * 50, ["a"] * 50, ["a"] * 50)
    assert (found.value, found.low, found.n) == (None, None, 50)
    assert not found.is_not_worse()


def test_few_rows_have_a_difference_without_an_interval():
    found = kappa_difference("ababa", "ababb", "abbbb")
    assert found.value is not None
    assert found.low is found.high is found.low_90 is None


def test_rows_without_a_label_are_left_out():
    assert kappa_difference(["a", None, "b"], ["a", "a", "b"], ["a", "a", None]).n == 1
