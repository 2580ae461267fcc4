import pytest

from semtel_ops.errors import BudgetExceededError, ConfigError
from semtel_ops.repair.purse import Purse


def test_what_is_set_aside_is_not_spent_on_searching():
    purse = Purse(10.0)
    purse.set_aside(4.0, first_usd=1.0)
    purse.reserve(6.0)
    purse.spend(5.0)
    assert purse.left_usd == pytest.approx(1.0)
    with pytest.raises(BudgetExceededError, match=r"budget of \$10.00 is used up: \$5.00 spent"):
        purse.reserve(1.5)
    purse.release()
    purse.reserve(5.0)


def test_a_budget_that_could_not_confirm_is_refused_before_anything_is_spent():
    with pytest.raises(ConfigError, match=r"budget: 10.0 USD is too little .* at least \$12.00"):
        Purse(10.0).set_aside(8.0, first_usd=4.0)


def test_without_a_limit_everything_is_permitted():
    purse = Purse(None)
    purse.set_aside(1e9, first_usd=1e9)
    purse.reserve(1e12)
    assert purse.left_usd is None
