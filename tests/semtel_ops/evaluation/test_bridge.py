import math

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.bridge import BridgedChange, bridged_change, bridged_change_of
from semtel_ops.evaluation.gold_pairs import GoldCount, Refused
from semtel_ops.evaluation.intervals import difference, real_changes, share_of

WEEK = "2026-W40"
BEFORE, AFTER = (share_of(share * 20_000, 20_000, 20_000, 20_000) for share in (0.220, 0.262))


def rows(both, only_before, only_after, neither, **fields):
    kinds = ((True, True, both), (True, False, only_before), (False, True, only_after), (False, False, neither))
    return [GoldCount(*kind, rows=n, week=WEEK, **fields) for *kind, n in kinds if n]


def bridged(*args, **options):
    found = bridged_change(*args, **options)
    assert isinstance(found, BridgedChange)
    return found


def test_without_a_bridge_the_users_are_blamed():
    raw = difference(AFTER, BEFORE)
    # .042 / √(.1716/20000 + .1934/20000) = .042/.004272 = 9.8 standard errors.
    assert raw.change == pytest.approx(0.042)
    assert raw.p_value < 1e-20


def test_the_hand_example():
    # L = (110 - 40)/2000 = 3.5 points; p₀ as B sees it = .220 + .035 = .255.
    # s² = (150 - 70²/2000)/1999 = .07381; Var = .255·.745/20000 + (1/2000 - 1/20000)·.07381 = 4.2714e-5; n_eff =
    # .18998/4.2714e-5.
    found = bridged(BEFORE, AFTER, m=2000, b=40, c=110, imagined_rows=0)
    assert found.labeller.change == pytest.approx(0.035)
    assert found.labeller.p_value == pytest.approx(6.474e-9, rel=1e-3)
    assert found.before_as_seen.share == pytest.approx(0.255)
    assert found.before_as_seen.effective_n == pytest.approx(4448, abs=0.5)
    # U = .262 - .255 = .7 points; se = √(4.2714e-5 + .262·.738/20000) = .72 points; z = .97.
    assert found.users.change == pytest.approx(0.007)
    error = math.sqrt(0.255 * 0.745 / found.before_as_seen.effective_n + 0.262 * 0.738 / 20_000)
    assert error == pytest.approx(0.0072, abs=5e-5)
    assert found.users.change / error == pytest.approx(0.97, abs=5e-3)
    assert not found.users.is_real
    assert found.users.p_value == pytest.approx(0.33, abs=0.01)


def test_imagined_rows_widen_the_interval_a_little():
    plain, padded = (bridged(BEFORE, AFTER, m=2000, b=40, c=110, imagined_rows=k) for k in (0, 1))
    assert plain.users.change == padded.users.change
    assert plain.users.low - 0.0001 < padded.users.low < plain.users.low


def test_a_rare_label_that_no_row_moved_is_not_known_exactly():
    before, after = (share_of(share * 20_000, 20_000, 20_000, 20_000) for share in (0.004, 0.006))
    found = bridged(before, after, m=500, b=0, c=0)
    assert found.before_as_seen.share == 0.004
    assert found.before_as_seen.effective_n < before.effective_n / 2
    assert not found.users.is_real


def test_labeller_and_users_that_cancel_are_both_seen():
    # Labelled the same in both weeks; the bridge says that B gives the label 3 points less: so users gave 3 points more.
    found = bridged(BEFORE, BEFORE, m=2000, b=100, c=40)
    assert difference(BEFORE, BEFORE).p_value == 1.0
    assert (found.labeller.change, found.users.change) == (pytest.approx(-0.03), pytest.approx(0.03))
    assert real_changes([found.labeller]) == real_changes([found.users]) == [True]


def test_rows_give_what_counts_give():
    # The same hand example, with its tuned weight: Σ u·u_f = 400 - 2000·.255·.22 = 287.8, Σ u_f² = 440 - 2000·.22² = 343.2.
    found = bridged_change_of(BEFORE, AFTER, rows(400, 40, 110, 1450), week=WEEK)
    assert isinstance(found, BridgedChange)
    assert found.labeller == bridged(BEFORE, AFTER, m=2000, b=40, c=110).labeller
    # f̄ in the rows is that of the week, so the tuning moves the interval only, which becomes shorter.
    assert found.before_as_seen.share == pytest.approx(0.255)
    assert found.before_as_seen.effective_n > bridged(BEFORE, AFTER, m=2000, b=40, c=110).before_as_seen.effective_n


def test_weighted_rows_by_hand():
    # 400 rows of weight 1 and 100 of weight 3, so 700; moved: 10 and 4 to the label, 6 and 1 from it.
    # L = (4 + 3·3)/700 = 13/700; the sign test: 13/√(16 + 9·5) = 13/√61 = 1.6645, p = .0960.
    light, heavy = rows(80, 6, 10, 304, weight=1.0), rows(15, 1, 4, 80, weight=3.0)
    found = bridged_change_of(BEFORE, AFTER, [*light, *heavy], week=WEEK)
    assert isinstance(found, BridgedChange)
    assert found.labeller.change == pytest.approx(13 / 700)
    assert found.labeller.p_value == pytest.approx(0.0960, abs=5e-5)
    assert found.labeller.low < 0 < found.labeller.high
    assert (found.labeller.n, found.labeller.b, found.labeller.c) == (500, 7, 14)


def test_a_bridge_without_rows_is_refused():
    found = bridged_change(BEFORE, AFTER, m=0, b=0, c=0)
    assert isinstance(found, Refused)
    assert found.reason == "0 rows of last week were labelled by the new labeller"
    assert isinstance(bridged_change_of(BEFORE, AFTER, [], week=WEEK), Refused)


def test_a_week_without_rows_is_refused():
    nothing = share_of(0, 0, 0, 0)
    assert isinstance(bridged_change(nothing, AFTER, m=100, b=1, c=1), Refused)
    assert isinstance(bridged_change(BEFORE, nothing, m=100, b=1, c=1), Refused)


def test_more_moves_than_rows_are_refused():
    with pytest.raises(ConfigError, match="m"):
        bridged_change(BEFORE, AFTER, m=10, b=6, c=6)
