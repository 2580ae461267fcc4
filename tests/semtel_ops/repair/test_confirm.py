import pytest

from semtel_ops.repair.confirm import Verdict, alpha_of, confirm, one_sided_p


def test_the_one_sided_mid_p_is_half_of_the_two_sided_where_the_winner_is_ahead():
    # b 5, c 15: two-sided mid-p 0.02660 (McNemar's table)
    assert one_sided_p(lost=5, won=15) == pytest.approx(0.01330, abs=5e-6)
    assert one_sided_p(lost=15, won=5) == pytest.approx(1 - 0.01330, abs=5e-6)
    assert one_sided_p(lost=7, won=7) == one_sided_p(lost=0, won=0) == 0.5


def test_further_looks_have_less_and_all_looks_together_have_alpha():
    assert [alpha_of(look) for look in (1, 2, 3)] == pytest.approx([0.025, 0.05 / 6, 0.05 / 12])
    assert sum(alpha_of(look) for look in range(1, 10_001)) == pytest.approx(0.05, abs=1e-5)
    with pytest.raises(ValueError, match="from 1"):
        alpha_of(0)


def test_the_same_figures_are_better_at_a_first_look_and_not_at_a_second():
    first, second = (confirm(200, lost=5, won=15, look=look) for look in (1, 2))
    assert (first.verdict, second.verdict) == (Verdict.BETTER, Verdict.NOT_SHOWN)
    assert first.change == pytest.approx(0.05)
    assert first.low < 0.05 < first.high
    assert first.p_value == second.p_value


def test_a_winner_that_is_behind_is_never_better():
    found = confirm(200, lost=15, won=5, look=1)
    assert found.verdict is Verdict.NOT_SHOWN
    assert found.rows_needed is None


def test_what_was_not_shown_says_how_many_rows_would_show_it():
    # ψ 12/200 = .06, d 4/200 = .02: (1.95996·√.06 + .84162·√(.06 - .0004))² / .0004 = 1176.0
    assert confirm(200, lost=4, won=8, look=1).rows_needed == pytest.approx(1176, abs=1)
