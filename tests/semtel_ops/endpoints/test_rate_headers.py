"""Headers say what they say whoever sends them."""

import pytest

from semtel_ops.endpoints.rate_headers import parse_duration_s, rate_limits_from, retry_after_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12", 12.0), ("1.5s", 1.5), ("6m0s", 360.0), ("20ms", 0.02), ("1h2m3s", 3723.0), ("-3", 0.0), ("soon", None), ("", None)],
)
def test_durations_in_headers(text: str, seconds: float | None) -> None:
    assert parse_duration_s(text) == seconds


def test_milliseconds_are_preferred_to_seconds() -> None:
    assert retry_after_s({"retry-after-ms": "250", "retry-after": "1"}) == 0.25


def test_a_wait_may_be_a_date() -> None:
    assert retry_after_s({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, now=40.0) == 60.0
    assert retry_after_s({"retry-after": "whenever"}, now=40.0) is None


def test_rate_limit_headers_are_read_and_their_absence_too() -> None:
    limits = rate_limits_from({"x-ratelimit-remaining-requests": "7", "x-ratelimit-reset-tokens": "6m0s"})
    assert limits is not None
    assert (limits.remaining_requests, limits.reset_tokens_s, limits.limit_tokens) == (7, 360.0, None)
    assert rate_limits_from({"content-type": "application/json"}) is None
