"""Headers say what they say whoever sends them, by whatever clock, and nothing they say makes anyone wait for ever."""

import math
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.endpoints.model import RateLimits
from semtel_ops.endpoints.rate_headers import is_rate_header, parse_duration_s, rate_limits_from, retry_after_s

NOW = 1_741_300_000.0


def http_date(moment: float) -> str:
    return format_datetime(datetime.fromtimestamp(moment, UTC), usegmt=True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12", 12.0), ("0", 0.0), ("1.5s", 1.5), ("6m0s", 360.0), ("20ms", 0.02), ("1h2m3s", 3723.0), ("2m59.56s", 179.56),
        ("24h0m0s", 86_400.0), ("150µs", 0.000_15), ("1d", 86_400.0), (" 7 ", 7.0), ("-3", None), ("soon", None), ("", None),
        ("nan", None), ("inf", None), ("1e400", None), ("1_0", None), ("５", None), ("9" * 400, None), ("3 s", None),
        ("5 seconds", 5.0), ("1 minute 30 seconds", 90.0), ("250 milliseconds", 0.25), ("PT5S", 5.0), ("PT1M30S", 90.0), ("PT", None),
    ],
)  # fmt: skip
def test_durations_in_headers(text: str, seconds: float | None) -> None:
    assert parse_duration_s(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"retry-after": "3"}, 3.0, id="seconds"),
        pytest.param({"retry-after": "0.25"}, 0.25, id="fraction"),
        pytest.param({"retry-after": "2s"}, 2.0, id="duration"),
        pytest.param({"retry-after": "5, 7"}, 5.0, id="two-headers-in-one"),
        pytest.param({"retry-after": "86400"}, 86_400.0, id="a-day: for the backoff to disbelieve"),
        pytest.param({"retry-after-ms": "250", "retry-after": "1"}, 0.25, id="milliseconds-first"),
        pytest.param({"retry-after-ms": "soon", "retry-after": "1"}, 1.0, id="unreadable-milliseconds"),
        pytest.param({"retry-after": http_date(NOW + 30)}, 30.0, id="interviewstreet/hiring-agent#386"),
        pytest.param({"retry-after": http_date(NOW - 30)}, 0.0, id="a-date-that-has-passed"),
        pytest.param({"retry-after": "2025-03-06T22:27:10Z"}, 30.0, id="iso-moment"),
        pytest.param({"retry-after": str(int(NOW) + 30)}, 30.0, id="epoch-seconds"),
        pytest.param({"retry-after": "-5"}, None, id="negative"),
        pytest.param({"retry-after": "whenever"}, None, id="words"),
        pytest.param({"retry-after": "NaN"}, None, id="nan"),
        pytest.param({"retry-after": "1e999"}, None, id="infinite"),
        pytest.param({"retry-after": "Thu, 99 Foo 2025 99:99:99 GMT"}, None, id="no-date"),
        pytest.param({}, None, id="absent"),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, now=NOW) == seconds


def test_a_moment_is_compared_with_the_clock_of_the_server() -> None:
    theirs = NOW + 3_600
    headers = {"date": http_date(theirs), "retry-after": http_date(theirs + 20)}
    assert retry_after_s(headers, now=NOW) == 20.0
    headers = {"date": "nonsense", "retry-after": http_date(NOW + 20)}
    assert retry_after_s(headers, now=NOW) == 20.0


@pytest.mark.parametrize(
    ("headers", "limits"),
    [
        pytest.param(
            {
                "x-ratelimit-limit-requests": "30000", "x-ratelimit-remaining-requests": "29999", "x-ratelimit-reset-requests": "2ms",
                "x-ratelimit-limit-tokens": "150000000", "x-ratelimit-remaining-tokens": "149999500", "x-ratelimit-reset-tokens": "0s",
            },
            RateLimits(30_000, 29_999, 0.002, 150_000_000, 149_999_500, 0.0),
            id="openai-vercel/ai#6034",
        ),
        pytest.param(
            {
                "x-ratelimit-limit-requests": "14400", "x-ratelimit-remaining-requests": "14370",
                "x-ratelimit-reset-requests": "2m59.56s", "x-ratelimit-remaining-tokens": "17997", "x-ratelimit-reset-tokens": "7.66s",
            },
            RateLimits(14_400, 14_370, 179.56, None, 17_997, 7.66),
            id="groq-console.groq.com/docs/rate-limits",
        ),
        pytest.param(
            {
                "anthropic-ratelimit-requests-limit": "5", "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2024-03-26T20:00:00Z", "anthropic-ratelimit-tokens-limit": "25000",
                "anthropic-ratelimit-tokens-remaining": "16000", "anthropic-ratelimit-tokens-reset": "2024-03-26T20:00:00Z",
                "date": "Tue, 26 Mar 2024 19:59:59 GMT",
            },
            RateLimits(5, 0, 1.0, 25_000, 16_000, 1.0),
            id="anthropic-anthropics/anthropic-sdk-typescript#357",
        ),
        pytest.param(
            {
                "x-ratelimit-limit-tokens-minute": "5000000", "x-ratelimit-remaining-tokens-minute": "4999911",
                "x-ratelimit-tokens-query-cost": "52", "x-ratelimit-limit-req-minute": "720", "x-ratelimit-remaining-req-minute": "717",
            },
            RateLimits(720, 717, None, 5_000_000, 4_999_911, None),
            id="mistral-mistralai/client-ts#169",
        ),
        pytest.param(
            {
                "x-ratelimitbysize-limit-minute": "500000", "x-ratelimitbysize-remaining-minute": "499000",
                "ratelimitbysize-reset": "24",
            },
            RateLimits(limit_tokens=500_000, remaining_tokens=499_000, reset_tokens_s=24.0),
            id="mistral-by-size",
        ),
        pytest.param(
            {"x-ratelimit-limit": "20", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int((NOW + 40) * 1_000))},
            RateLimits(20, 0, 40.0),
            id="openrouter-milliseconds-Gitlawb/openclaude#936",
        ),
        pytest.param(
            {"x-ratelimit-limit-requests": "40", "x-ratelimit-remaining-requests": "3",
             "x-ratelimit-reset-requests": str(int(NOW) + 60)},
            RateLimits(40, 3, 60.0),
            id="epoch-CortexLM/cortex-code#407",
        ),
        pytest.param(
            {"ratelimit-limit": "100", "ratelimit-remaining": "50", "ratelimit-reset": "30"},
            RateLimits(100, 50, 30.0),
            id="ietf-draft-6-zalando/restful-api-guidelines#379",
        ),
        pytest.param({"ratelimit": "limit=100, remaining=50, reset=5"}, RateLimits(100, 50, 5.0), id="ietf-draft-7"),
        pytest.param(
            {"ratelimit": '"default";r=50;t=30', "ratelimit-policy": '"default";q=100;w=60'}, RateLimits(100, 50, 30.0), id="ietf-draft-9"
        ),
        pytest.param(
            {"x-ratelimit-limit-tokens": "-1", "x-ratelimit-remaining-tokens": "-1", "x-ratelimit-reset-tokens": "0"},
            RateLimits(reset_tokens_s=0.0),
            id="azure-openai/openai-dotnet#838",
        ),
        pytest.param({"ratelimit": "soon"}, None, id="no-structure"),
        pytest.param({"content-type": "application/json", "date": http_date(NOW)}, None, id="none"),
    ],
)  # fmt: skip
def test_quotas_are_read_in_each_provider_s_form(headers: dict[str, str], limits: RateLimits | None) -> None:
    found = rate_limits_from(headers, NOW)
    assert (found is None) == (limits is None)
    if found is not None and limits is not None:
        for name in RateLimits.__dataclass_fields__:
            assert getattr(found, name) == pytest.approx(getattr(limits, name)), name


def test_a_single_header_is_enough() -> None:
    limits = rate_limits_from({"x-ratelimit-remaining-requests": "7", "x-ratelimit-reset-tokens": "6m0s"})
    assert limits is not None
    assert (limits.remaining_requests, limits.reset_tokens_s, limits.limit_tokens) == (7, 360.0, None)


@pytest.mark.parametrize(
    "reset", ["86401", "25h", "999999999", str(int(NOW) + 90_000), "2099-01-01T00:00:00Z", "99999999999999"]
)
def test_a_reset_beyond_a_day_is_a_misunderstanding(reset: str) -> None:
    limits = rate_limits_from({"x-ratelimit-remaining-requests": "7", "x-ratelimit-reset-requests": reset}, NOW)
    assert limits is not None
    assert limits.reset_requests_s is None


def test_headers_that_matter_are_kept_for_whoever_judges_the_error() -> None:
    named = {"X-RateLimit-Reset", "anthropic-ratelimit-tokens-limit", "RateLimit", "Retry-After", "retry-after-ms", "Date"}
    assert {name for name in {*named, "set-cookie", "authorization", "x-request-id"} if is_rate_header(name)} == named


NAMES = ["retry-after", "retry-after-ms", "date", "ratelimit", "x-ratelimit-remaining-requests", "x-ratelimit-limit-tokens",
         "x-ratelimit-reset-requests", "x-ratelimit-reset", "x-ratelimit-remaining"]  # fmt: skip
VALUES = st.text(max_size=30) | st.floats().map(str) | st.integers().map(str) | st.datetimes().map(datetime.isoformat)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_no_header_raises_or_waits_for_ever(headers: dict[str, str]) -> None:
    wait_s = retry_after_s(headers, NOW)
    assert wait_s is None or (math.isfinite(wait_s) and wait_s >= 0)
    limits = rate_limits_from(headers, NOW)
    for reset_s in () if limits is None else (limits.reset_requests_s, limits.reset_tokens_s):
        assert reset_s is None or 0 <= reset_s <= 86_400


@pytest.mark.parametrize(
    ("remaining", "reset"),
    [
        pytest.param("x-ratelimit-remaining-minute", "x-ratelimit-reset-minute", id="kong"),
        pytest.param("x-rate-limit-remaining", "x-rate-limit-reset", id="gateways"),
        pytest.param("llm_provider-x-ratelimit-remaining-requests", "llm_provider-x-ratelimit-reset-requests", id="litellm"),
    ],
)
@pytest.mark.parametrize("moment", ["30", str(int(NOW) + 30), f"{int(NOW) + 30}000", f"{int(NOW) + 30}000000"])
def test_quotas_under_other_names_and_in_any_unit(remaining: str, reset: str, moment: str) -> None:
    limits = rate_limits_from({remaining: "1,000", reset: moment}, NOW)
    assert limits is not None
    assert limits.remaining_requests == 1_000
    assert limits.reset_requests_s == pytest.approx(30.0, abs=1.0)
    assert is_rate_header(remaining)
