"""One policy says what is asked again, when, and how often."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.endpoints.retry import Backoff
from semtel_ops.errors import RETRYABLE_KINDS, EndpointError, EndpointErrorKind


def failure(kind: EndpointErrorKind = EndpointErrorKind.RATE_LIMITED, retry_after_s: float | None = None) -> EndpointError:
    return EndpointError("no", kind=kind, retry_after_s=retry_after_s)


@pytest.mark.parametrize("kind", list(EndpointErrorKind))
def test_only_what_may_succeed_later_is_asked_again(kind: EndpointErrorKind) -> None:
    delay = Backoff().delay_s(failure(kind), 1, random.Random(0))
    assert (delay is not None) == (kind in RETRYABLE_KINDS)


def test_waits_double_up_to_the_cap_and_end_with_the_attempts() -> None:
    backoff = Backoff(max_attempts=10, base_s=1.0, cap_s=20.0)
    rng = random.Random(1)
    longest = [max(backoff.delay_s(failure(), attempt, rng) or 0.0 for _ in range(500)) for attempt in range(1, 10)]
    assert longest == [pytest.approx(most, rel=0.05) for most in (1, 2, 4, 8, 16, 20, 20, 20, 20)]
    assert backoff.delay_s(failure(), 10, rng) is None


@given(st.floats(0, 1e6), st.integers(1, 5), st.integers())
def test_a_believable_wait_is_kept_and_jitter_comes_on_top(asked_s: float, attempts: int, seed: int) -> None:
    delay = Backoff().delay_s(failure(retry_after_s=asked_s), attempts, random.Random(seed))
    assert delay is not None
    if asked_s <= Backoff().retry_after_cap_s:
        assert asked_s <= delay <= asked_s + 1.0
    else:
        assert delay <= 0.5 * 2 ** (attempts - 1)


def test_a_wait_of_a_day_is_replaced_by_the_longest_that_is_believed_where_nothing_is_urgent() -> None:
    patient = Backoff(unbelieved_wait_s=60.0)
    assert patient.delay_s(failure(retry_after_s=86_400.0), 1, random.Random(0)) == 60.0


def test_a_reply_that_was_withheld_is_asked_for_once_more() -> None:
    error = failure(EndpointErrorKind.WITHHELD)
    assert Backoff().delay_s(error, 1, random.Random(0)) is not None
    assert Backoff().delay_s(error, 2, random.Random(0)) is None
