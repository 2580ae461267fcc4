import math

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.gold_pairs import Corrected, GoldCount, Method, Refusal, Refused
from semtel_ops.evaluation.intervals import share_of
from semtel_ops.evaluation.two_phase import two_phase

WEEK = "2026-W40"


def gold(both=0, said=0, true=0, neither=0, **fields):
    """Gold rows with the label from both, the labeller only, a person only, and nobody."""
    kinds = ((True, True, both), (True, False, said), (False, True, true), (False, False, neither))
    return [GoldCount(*kind, rows=n, week=WEEK, **fields) for *kind, n in kinds if n]


def said_by_the_labeller(share, n):
    return share_of(share * n, n, n, n)


def corrected(*args, **options):
    found = two_phase(*args, week=WEEK, **options)
    assert isinstance(found, Corrected)
    return found


def error_of(found):
    return math.sqrt(found.share.share * (1 - found.share.share) / found.share.effective_n)


HAND = (said_by_the_labeller(0.32, 10_000), gold(130, 20, 10, 340))


def test_the_raw_share_of_the_hand_example():
    assert (HAND[0].low, HAND[0].high) == pytest.approx((0.3109, 0.3292), abs=5e-5)


def test_full_trust_in_the_labels_by_hand():
    # ȳ = 140/500 = .28, f̄ = 150/500 = .30: θ = .32 + .28 - .30 = .30. s²_u = .28·.72·500/499 = .2020; errors ±1: mean -.02,
    # s²_e = (30 - 500·.0004)/499 = .0597. Var = .2020/10⁴ + (1/500 - 1/10⁴)·.0597 = .00013366; n_eff = .21/.00013366 = 1571.
    found = corrected(*HAND, tuning=1, imagined_rows=0)
    assert found.share.share == pytest.approx(0.30)
    assert error_of(found) == pytest.approx(0.01156, abs=5e-6)
    assert found.share.effective_n == pytest.approx(1571, abs=0.5)
    assert (found.share.low, found.share.high) == pytest.approx((0.2779, 0.3231), abs=5e-5)


def test_the_best_tuning_by_hand():
    # Σ u·u_f = 130 - 500·.28·.30 = 88, Σ u_f² = 150 - 500·.09 = 105: λ = .8381. θ = .8381·.32 + .28 - .8381·.30 = .2968.
    found = corrected(*HAND, imagined_rows=0)
    assert found.tuning == pytest.approx(88 / 105)
    assert found.share.share == pytest.approx(0.2968, abs=5e-5)
    assert error_of(found) == pytest.approx(0.01110, abs=5e-6)
    assert found.share.effective_n == pytest.approx(1694, abs=0.5)


def test_an_imagined_row_of_each_error_widens_the_interval_and_leaves_the_share():
    found = corrected(*HAND)
    assert found.share.share == pytest.approx(0.2968, abs=5e-5)
    assert error_of(found) == pytest.approx(0.01137, abs=5e-6)
    assert (found.share.low, found.share.high) == pytest.approx((0.2750, 0.3195), abs=5e-5)
    assert (found.method, found.n_gold, found.share.n) == (Method.TWO_PHASE, 500, 10_000)


def test_it_says_what_the_interval_covers():
    assert corrected(*HAND).note == "covers sampling and labelling error; rests on 500 gold rows of this week"


def test_gold_of_another_week_is_refused():
    other = [GoldCount(True, True, rows=500, week="2026-W39")]
    with pytest.raises(ConfigError, match="2026-W39"):
        two_phase(HAND[0], [*HAND[1], *other], week=WEEK)


def test_too_few_gold_rows_are_refused_with_the_number():
    found = two_phase(HAND[0], gold(5, 0, 0, 24), week=WEEK)
    assert isinstance(found, Refused)
    assert (found.refusal, found.reason) == (Refusal.FEW_GOLD_ROWS, "29 gold rows of this week, at least 30 are needed")
    assert isinstance(two_phase(HAND[0], [], week=WEEK), Refused)


def test_a_week_without_rows_has_no_corrected_share():
    found = two_phase(said_by_the_labeller(0, 0), HAND[1], week=WEEK)
    assert isinstance(found, Refused)
    assert found.refusal is Refusal.NO_ROWS


def test_equal_weights_and_equal_probabilities_are_none():
    plain = corrected(*HAND)
    weighted = corrected(HAND[0], gold(130, 20, 10, 340, weight=2.5, probability=0.05))
    assert weighted.share.share == pytest.approx(plain.share.share)
    assert weighted.share.effective_n == pytest.approx(plain.share.effective_n)


def test_counts_and_single_rows_are_the_same():
    single = [count for each in HAND[1] for count in [GoldCount(each.said, each.is_true, week=WEEK)] * each.rows]
    assert corrected(HAND[0], single).share.share == pytest.approx(corrected(*HAND).share.share)
    assert corrected(HAND[0], single).share.effective_n == pytest.approx(corrected(*HAND).share.effective_n)


def test_a_rare_label_that_was_drawn_more_often_by_hand():
    # 1,000 rows, 100 of them said. Gold: 50 of the 100 (probability ½) and 90 of the 900 (1/10); 40 of the 50 are true, 9 of
    # the 90.
    # Each row stands for 1/probability: 50·2 + 90·10 = 1,000. ȳ = (40·2 + 9·10)/1000 = .17, f̄ = 100/1000 = .10 = f̄_N, so θ
    # = .17.
    raw = said_by_the_labeller(0.1, 1000)
    rows = [
        GoldCount(True, True, 40, probability=0.5, week=WEEK),
        GoldCount(True, False, 10, probability=0.5, week=WEEK),
        GoldCount(False, True, 9, probability=0.1, week=WEEK),
        GoldCount(False, False, 81, probability=0.1, week=WEEK),
    ]
    found = corrected(raw, rows, tuning=1, imagined_rows=0)
    assert found.share.share == pytest.approx(0.17)
    # u = y - .17; e = (y - f) - .07. s²_u = .17·.83·140/139 = .14212.
    # Σ (1-π)/π²·e² = 2·[40·.07² + 10·1.07²] + 90·[9·.93² + 81·.07²] = 2·11.645 + 90·8.181 = 759.6; ·140/139 = 765.0.
    # Var = .14212/1000 + 765.0/1000² = .00014212 + .00076503 = .00090715.
    assert error_of(found) == pytest.approx(math.sqrt(0.00090715), rel=1e-4)
    # Only the ratio of probabilities matters.
    halved = [GoldCount(each.said, each.is_true, each.rows, 1.0, each.probability / 4, WEEK) for each in rows]
    assert corrected(raw, halved, tuning=1, imagined_rows=0) == found


def test_gold_for_every_row_leaves_sampling_error_alone():
    # All 500 rows of the week have gold: the share is that of people, with the interval of 500 rows (but for the divisor n -
    # 1).
    found = corrected(said_by_the_labeller(0.30, 500), gold(130, 20, 10, 340), imagined_rows=0)
    assert found.share.share == pytest.approx(0.28)
    assert found.share.effective_n == pytest.approx(499)


def test_a_label_nobody_gave_has_an_interval():
    found = corrected(said_by_the_labeller(0, 5000), gold(neither=300))
    assert found.share.share == found.share.low == 0.0
    assert 0.01 < found.share.high < 0.03


def test_a_label_everybody_gave_has_an_interval():
    found = corrected(said_by_the_labeller(1, 5000), gold(both=300))
    assert found.share.share == found.share.high == 1.0
    assert 0.97 < found.share.low < 0.99


def test_a_useless_labeller_leaves_the_gold_rows():
    # f and y are independent in the gold rows: λ = 0, θ = ȳ.
    found = corrected(said_by_the_labeller(0.6, 5000), gold(50, 50, 50, 50))
    assert found.tuning == 0.0
    assert found.share.share == 0.5


@pytest.mark.parametrize("probability", [0.0, -0.1, 1.5])
def test_an_impossible_probability_is_refused(probability):
    with pytest.raises(ConfigError, match="probability"):
        two_phase(HAND[0], gold(20, 20, 20, 20, probability=probability), week=WEEK)


def test_an_impossible_tuning_is_refused():
    with pytest.raises(ConfigError, match="tuning"):
        two_phase(*HAND, week=WEEK, tuning=1.1)
