import pytest

from semtel_ops.evaluation.corrected import (
    Corrected,
    GoldOnRecord,
    GoldPair,
    Method,
    Refusal,
    Refused,
    choose,
    corrected_shares,
    gold_on_record,
)
from semtel_ops.evaluation.intervals import share_of

WEEK, EARLIER = "2026-W40", "2026-W30"
OWN, OTHER = "0123456789abcdef", "fedcba9876543210"


def raw(share, n=10_000):
    return share_of(share * n, n, n, n)


def rows(counts, week=WEEK, labeller=OWN, labels="ab"):
    """Gold rows of a table with the said label in rows, the true one in columns."""
    return [
        GoldPair(frozenset(labels[k]), frozenset(labels[i]), week, labeller, counts[i][k])
        for i in range(len(labels))
        for k in range(len(labels))
        if counts[i][k]
    ]


# As the hand example of the two-phase estimator, for label a: said and true 130, said only 20, true only 10, neither 340.
TABLE = [[130, 20], [10, 340]]
SHARES = {"a": raw(0.32), "b": raw(0.68)}


def correct(gold, *, labeller=OWN, one_label=True, shares=SHARES):
    return corrected_shares(shares, gold, week=WEEK, labeller=labeller, one_label=one_label)


@pytest.mark.parametrize(
    ("gold", "options", "method", "refusal"),
    [
        ((300, 0, 0), {}, Method.TWO_PHASE, None),
        ((300, 500, 500), {"several_labellers": True}, Method.TWO_PHASE, None),
        ((0, 500, 0), {}, Method.MATRIX, None),
        ((0, 500, 0), {"one_label": False}, Method.ROGAN_GLADEN, None),
        ((0, 0, 500), {"several_labellers": True}, None, Refusal.SEVERAL_LABELLERS),
        ((0, 0, 500), {}, None, Refusal.OTHER_LABELLER),
        ((10, 10, 0), {}, None, Refusal.FEW_GOLD_ROWS),
        ((10, 0, 0), {}, None, Refusal.FEW_GOLD_ROWS),
        ((0, 0, 0), {}, None, Refusal.NO_GOLD),
    ],
)
def test_the_estimator_follows_from_the_gold_there_is(gold, options, method, refusal):
    choice = choose(GoldOnRecord(*gold), **{"one_label": True, **options})
    assert (choice.method, choice.refusal) == (method, refusal)
    assert choice.reason


def test_gold_is_counted_as_seen_from_a_week_and_its_labeller():
    gold = [*rows(TABLE), *rows(TABLE, EARLIER), *rows(TABLE, EARLIER, OTHER)]
    assert gold_on_record(gold, week=WEEK, labeller=OWN) == GoldOnRecord(500, 500, 500)
    assert gold_on_record(gold, week=WEEK, labeller=None) == GoldOnRecord(500, 0, 1000)


def test_gold_of_the_week_is_used_alone():
    with_old, alone = correct([*rows(TABLE), *rows(TABLE, EARLIER)]), correct(rows(TABLE))
    assert with_old == alone
    found = alone["a"]
    assert isinstance(found, Corrected)
    assert found.method is Method.TWO_PHASE
    assert (found.share.share, found.share.low, found.share.high) == pytest.approx((0.2968, 0.2750, 0.3195), abs=5e-5)
    assert found.note == "covers sampling and labelling error; rests on 500 gold rows of this week"


def test_gold_of_an_old_week_does_not_correct_by_its_mean_error():
    # Sensitivity 130/140, specificity 340/360: (.32 - 20/360)/(130/140 - 20/360) = .3028. The mean error would give .32 - .02
    # = .30.
    found = correct(rows(TABLE, EARLIER))["a"]
    assert isinstance(found, Corrected)
    assert found.method is Method.MATRIX
    assert found.share.share == pytest.approx((0.32 - 20 / 360) / (130 / 140 - 20 / 360))


def test_several_labels_are_corrected_one_by_one():
    gold = [
        GoldPair(frozenset("ab"), frozenset("a"), EARLIER, OWN, 100),
        GoldPair(frozenset("a"), frozenset("ab"), EARLIER, OWN, 10),
        GoldPair(frozenset("b"), frozenset("b"), EARLIER, OWN, 200),
        GoldPair(frozenset(), frozenset(), EARLIER, OWN, 190),
    ]
    found = correct(gold, one_label=False, shares={"a": raw(0.22), "b": raw(0.42)})
    first, second = found["a"], found["b"]
    assert isinstance(first, Corrected)
    assert isinstance(second, Corrected)
    assert first.method is second.method is Method.ROGAN_GLADEN
    # a: said of all 110 true rows, and of no other: .22 stays. b: said of 200 of 300 true rows and 10 of 200 others.
    assert first.share.share == pytest.approx(0.22)
    assert second.share.share == pytest.approx((0.42 - 10 / 200) / (200 / 300 - 10 / 200))


def test_a_rare_label_without_enough_gold_is_refused_and_leaves_the_others():
    table = [[130, 20, 2, 0], [10, 340, 1, 0], [0, 0, 7, 0], [0, 0, 0, 30]]
    shares = {"a": raw(0.32), "b": raw(0.62), "c": raw(0.02), "d": raw(0.04)}
    found = correct(rows(table, EARLIER, labels="abcd"), shares=shares)
    first, last = found["a"], found["c"]
    assert isinstance(first, Corrected)
    assert first.method is Method.MATRIX
    assert isinstance(last, Refused)
    assert last.refusal is Refusal.FEW_GOLD_ROWS_OF_A_LABEL


def test_gold_of_another_labeller_corrects_nothing():
    found = correct(rows(TABLE, EARLIER, OTHER))
    assert set(found) == {"a", "b"}
    for each in found.values():
        assert isinstance(each, Refused)
        assert each.refusal is Refusal.OTHER_LABELLER
        assert each.note == (
            "covers sampling error, not labelling error: no gold rows of this week; "
            "the 500 gold rows of other weeks do not hold, since another labeller errs in another way"
        )


def test_two_labellers_in_one_week_are_corrected_with_gold_of_the_week_only():
    assert isinstance(correct([*rows(TABLE), *rows(TABLE, WEEK, OTHER)], labeller=None)["a"], Corrected)
    found = correct(rows(TABLE, EARLIER), labeller=None)["a"]
    assert isinstance(found, Refused)
    assert found.refusal is Refusal.SEVERAL_LABELLERS


def test_a_label_that_the_classifier_has_no_more_leaves_the_others():
    gone = GoldPair(frozenset({"old"}), frozenset("b"), EARLIER, OWN, 5)
    found = correct([*rows(TABLE, EARLIER), gone])["a"]
    assert isinstance(found, Corrected)
    assert found.method is Method.ROGAN_GLADEN


def test_a_label_that_does_not_occur_has_a_corrected_share_of_zero():
    found = correct(rows(TABLE), shares={**SHARES, "c": raw(0.0)})["c"]
    assert isinstance(found, Corrected)
    assert found.share.share == 0.0
    assert found.share.high > 0
