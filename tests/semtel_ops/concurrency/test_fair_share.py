from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.concurrency.fair_share import Holding, fair_shares, share_of


def test_who_wants_little_gets_it_and_the_rest_is_divided():
    assert fair_shares(90, {"a": 10, "b": 100, "c": 100}) == {"a": 10, "b": 40, "c": 40}


def test_what_nobody_wants_is_divided_equally():
    assert fair_shares(90, {"a": 10, "b": 20}) == {"a": 40, "b": 50}


def test_alone_one_has_everything():
    share = share_of("a", [Holding("a", 0.0, 5.0, 50.0)], 50.0)
    assert (share.calls, share.fraction, share.holders) == (50, 1, 1)


def test_who_is_not_alive_has_nothing():
    assert share_of("dead", [Holding("a", 0.0, 5.0, 50.0)], 50.0).calls == 0


def test_nothing_is_divided_into_equal_parts_of_nothing():
    assert share_of("a", [Holding("a", 0.0, 0.0, 0.0), Holding("b", 0.0, 0.0, 0.0)], 0.0).fraction == pytest.approx(0.5)


@given(st.floats(0.1, 1e6), st.dictionaries(st.text(max_size=3), st.floats(0, 1e6), min_size=1, max_size=20))
def test_shares_add_up_and_wanting_more_never_gives_less(capacity, demands):
    shares = fair_shares(capacity, demands)
    assert sum(shares.values()) == pytest.approx(capacity)
    ordered = sorted(demands, key=demands.__getitem__)
    for less, more in pairwise(ordered):
        assert shares[less] <= shares[more] + 1e-6 * capacity
