"""Nothing waits longer than a provider's windows, whatever headers say."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.concurrency.rate_budget import RateBudget
from semtel_ops.endpoints.model import RateLimits

RESETS = (1_700_000_000.0, 1_700_000_000_000.0, 86_400.0, 7_200.0, float("inf"), float("nan"), -5.0, 0.0, None)
"""Unix seconds and milliseconds, a day, hours, and what is no number of seconds."""


def limits(remaining: int, reset_s: float | None) -> RateLimits:
    return RateLimits(500, remaining, reset_s, 100_000, 200 * remaining, reset_s)


@pytest.mark.parametrize("reset_s", RESETS)
def test_whatever_the_resets_say_a_request_goes_every_two_minutes(reset_s: float | None) -> None:
    """CortexLM/cortex-code#407, promptfoo/promptfoo#10322, zalando/restful-api-guidelines#379"""
    budget, now, sent_at = RateBudget(0.0), 0.0, [0.0]
    for number in range(300):
        waits = (budget.wait_s(200, now) for _ in itertools.count())
        while (wait := next(waits)) > 0:
            now += wait
            assert now - sent_at[-1] <= 120.001
        sent_at.append(now)
        position = budget.spend(200, now)
        now += 0.05
        budget.shown(position, sent_at[-1], limits(max(0, 400 - number), reset_s))


@given(st.lists(st.tuples(st.integers(0, 500), st.one_of(st.none(), st.floats(), st.sampled_from(RESETS))), max_size=60))
def test_any_headers_at_all_leave_a_wait_of_at_most_two_minutes(shown: list[tuple[int, float | None]]) -> None:
    budget, now = RateBudget(0.0), 0.0
    for remaining, reset_s in shown:
        position = budget.spend(100, now)
        budget.shown(position, now, limits(remaining, reset_s))
        now += 1.0
        assert 0.0 <= budget.wait_s(100, now) <= 120.0


@pytest.mark.parametrize("retry_after_s", [-1.0, 61.0, 1_700_000_000.0, float("nan"), float("inf")])
def test_a_wait_that_cannot_be_believed_is_half_a_second(retry_after_s: float) -> None:
    budget = RateBudget(0.0)
    budget.pause(retry_after_s, 0.0)
    assert budget.wait_s(1, 0.0) == 0.5
