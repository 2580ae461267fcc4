import math

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.gold_pairs import Corrected, GoldCount, GoldPair, Method, Refusal, Refused
from semtel_ops.evaluation.intervals import share_of
from semtel_ops.evaluation.misclassification import by_matrix, rogan_gladen

LABELLER = "0123456789abcdef"


def gold(both, true, said, neither, labeller=LABELLER, **fields):
    kinds = ((True, True, both), (False, True, true), (True, False, said), (False, False, neither))
    return [GoldCount(*kind, rows=n, week="2026-W30", labeller=labeller, **fields) for *kind, n in kinds if n]


def raw(share, n):
    return share_of(share * n, n, n, n)


def table(counts, labels="abc", labeller=LABELLER):
    """Gold rows of a table with the said label in rows, the true one in columns."""
    return [
        GoldPair(frozenset(labels[k]), frozenset(labels[i]), "2026-W30", labeller, counts[i][k])
        for i in range(len(labels))
        for k in range(len(labels))
        if counts[i][k]
    ]


def corrected(share, rows):
    found = rogan_gladen(share, rows, labeller=LABELLER)
    assert isinstance(found, Corrected)
    return found


# Sensitivity 170/200 = .85, specificity 285/300 = .95.
HAND = (raw(0.30, 2000), gold(170, 30, 15, 285))


def test_rogan_gladen_by_hand():
    # (.30 + .95 - 1)/.80 = .3125. Var = [.21/2000 + .3125²·.1275/200 + .6875²·.0475/300]/.64 = .00037827, se .01945.
    found = corrected(*HAND)
    assert found.share.share == pytest.approx(0.3125)
    error = math.sqrt(0.3125 * 0.6875 / found.share.effective_n)
    assert error == pytest.approx(0.01945, abs=5e-6)
    assert (0.3125 - 1.96 * error, 0.3125 + 1.96 * error) == pytest.approx((0.2744, 0.3506), abs=5e-5)
    assert (found.method, found.n_gold, found.tuning) == (Method.ROGAN_GLADEN, 500, None)


def test_the_interval_is_lang_and_reiczigels():
    assert (corrected(*HAND).share.low, corrected(*HAND).share.high) == pytest.approx((0.2737, 0.3512), abs=5e-5)


def test_it_says_what_it_assumes():
    assert corrected(*HAND).note == (
        "covers sampling and labelling error if the labeller errs as in the gold rows; "
        "rests on 500 gold rows of 2026-W30 and this labeller"
    )


def test_gold_of_another_labeller_is_refused():
    with pytest.raises(ConfigError, match="another one errs in another way"):
        rogan_gladen(HAND[0], gold(170, 30, 15, 285, labeller="fedcba9876543210"), labeller=LABELLER)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (gold(15, 4, 15, 285), "19 gold rows with the label, at least 20 are needed"),
        (gold(170, 30, 1, 9), "10 gold rows without the label, at least 20 are needed"),
        ([], "0 gold rows without the label, at least 20 are needed"),
    ],
)
def test_too_few_gold_rows_of_a_kind_are_refused(rows, reason):
    found = rogan_gladen(HAND[0], rows, labeller=LABELLER)
    assert isinstance(found, Refused)
    assert (found.refusal, found.reason) == (Refusal.FEW_GOLD_ROWS_OF_A_LABEL, reason)


def test_labels_that_say_too_little_are_refused():
    # se .60, sp .65: .25.
    found = rogan_gladen(HAND[0], gold(120, 80, 105, 195), labeller=LABELLER)
    assert isinstance(found, Refused)
    assert found.refusal is Refusal.UNINFORMATIVE
    assert "is 0.25, at least 0.30" in found.reason


def test_a_share_a_little_below_the_false_positives_is_zero():
    # 4% said, 5% of other rows are said wrongly: (.04 - .05)/.80 < 0, within the error of the 300 rows.
    found = corrected(raw(0.04, 2000), HAND[1])
    assert found.share.share == found.share.low == 0.0
    assert 0 < found.share.high < 0.05


def test_a_share_far_below_the_false_positives_contradicts_the_gold_rows():
    found = rogan_gladen(raw(0.01, 2000), HAND[1], labeller=LABELLER)
    assert isinstance(found, Refused)
    assert found.refusal is Refusal.CONTRADICTED
    both = by_matrix({"a": raw(0.0, 2000), "b": raw(1.0, 2000)}, table([[170, 15], [30, 285]], "ab"), labeller=LABELLER)
    assert isinstance(both, Refused)
    assert both.refusal is Refusal.CONTRADICTED


def test_rows_drawn_more_often_count_less():
    # Rows that were said were drawn twice as often: 170 stand for 170, 30 for 60; 15 for 15, 285 for 570.
    twice = [GoldCount(c.said, c.is_true, c.rows, 1.0, 1.0 if c.said else 0.5, c.week, c.labeller) for c in HAND[1]]
    sensitivity, specificity = 170 / 230, 570 / 585
    assert corrected(raw(0.3, 2000), twice).share.share == pytest.approx(
        (0.3 + specificity - 1) / (sensitivity + specificity - 1)
    )


def test_three_labels_by_hand():
    # M = [.90 .10 .05; .06 .85 .05; .04 .05 .90]; .9·.5 + .1·.3 + .05·.2 = .49, .06·.5 + .85·.3 + .05·.2 = .295, .215.
    shares = {"a": raw(0.49, 1000), "b": raw(0.295, 1000), "c": raw(0.215, 1000)}
    found = by_matrix(shares, table([[90, 10, 5], [6, 85, 5], [4, 5, 90]]), labeller=LABELLER)
    assert not isinstance(found, Refused)
    assert [found[label].share.share for label in "abc"] == pytest.approx([0.5, 0.3, 0.2])
    assert sum(each.share.share for each in found.values()) == pytest.approx(1)
    assert {each.method for each in found.values()} == {Method.MATRIX}
    assert {each.n_gold for each in found.values()} == {300}


def test_two_labels_are_rogan_and_gladen():
    # The same rows as HAND: a is the label. Their variances differ by the half rows that the matrix adds.
    found = by_matrix({"a": raw(0.3, 2000), "b": raw(0.7, 2000)}, table([[170, 15], [30, 285]], "ab"), labeller=LABELLER)
    assert not isinstance(found, Refused)
    assert found["a"].share.share == pytest.approx(0.3125)
    assert found["a"].share.effective_n == pytest.approx(corrected(*HAND).share.effective_n, rel=0.02)


def test_labels_with_few_gold_rows_are_refused_and_are_one_label_of_the_matrix():
    # c and d have 12 and 10 gold rows, together 22, of which 18 are said to be one of both: as the three labels of the hand
    # example.
    shares = {"a": raw(0.49, 1000), "b": raw(0.295, 1000), "c": raw(0.115, 1000), "d": raw(0.10, 1000)}
    counts = [[90, 10, 1, 0], [6, 85, 1, 2], [4, 0, 8, 2], [0, 5, 2, 6]]
    together = [[90, 10, 1], [6, 85, 3], [4, 5, 18]]
    found = by_matrix(shares, table(counts, "abcd"), labeller=LABELLER)
    merged = by_matrix({"a": shares["a"], "b": shares["b"], "c": raw(0.215, 1000)}, table(together), labeller=LABELLER)
    assert not isinstance(found, Refused)
    assert not isinstance(merged, Refused)
    for label in "ab":
        assert isinstance(found[label], Corrected)
        assert found[label].share.share == pytest.approx(merged[label].share.share)
        assert found[label].share.effective_n == pytest.approx(merged[label].share.effective_n)
    assert found["d"].reason == "10 gold rows of d, at least 20 are needed"


def test_a_label_joins_rare_ones_that_are_too_few_together():
    # c has 10 gold rows; b joins it with the fewest others, so that a is left with the rest, and only a is known.
    shares = {"a": raw(0.49, 1000), "b": raw(0.295, 1000), "c": raw(0.215, 1000)}
    found = by_matrix(shares, table([[90, 10, 0], [6, 35, 1], [4, 5, 9]]), labeller=LABELLER)
    assert not isinstance(found, Refused)
    assert isinstance(found["a"], Corrected)
    assert isinstance(found["b"], Refused)
    assert found["b"].reason == "the labels other than b that have few gold rows have fewer than 20 together"
    assert found["c"].reason == "10 gold rows of c, at least 20 are needed"


def test_one_label_with_gold_rows_is_not_enough():
    found = by_matrix({"a": raw(0.9, 1000), "b": raw(0.1, 1000)}, table([[90, 1], [1, 2]], "ab"), labeller=LABELLER)
    assert isinstance(found, Refused)
    assert found.refusal is Refusal.FEW_GOLD_ROWS_OF_A_LABEL


def test_labels_that_cannot_be_told_apart_are_refused():
    shares = {"a": raw(0.4, 1000), "b": raw(0.4, 1000), "c": raw(0.2, 1000)}
    found = by_matrix(shares, table([[50, 45, 5], [45, 50, 5], [5, 5, 90]]), labeller=LABELLER)
    assert isinstance(found, Refused)
    assert found.refusal is Refusal.UNINFORMATIVE


def test_a_matrix_of_rows_with_several_labels_is_refused():
    with pytest.raises(ConfigError, match="must be one of a, b"):
        by_matrix(
            {"a": raw(0.5, 10), "b": raw(0.5, 10)},
            [GoldPair(frozenset("ab"), frozenset("a"), "2026-W30", LABELLER)],
            labeller=LABELLER,
        )
