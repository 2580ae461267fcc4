import pytest

from semtel_ops.simulator.config import QuotaConfig
from semtel_ops.simulator.quota import format_duration, headers_of, make_quota


@pytest.mark.parametrize(
    ("seconds", "spelled"),
    [
        (0, "0ms"),
        (0.0204, "21ms"),
        (0.9999, "1000ms"),
        (1, "1s"),
        (1.5, "1.5s"),
        (59.9999, "1m0s"),
        (360, "6m0s"),
        (3602, "1h0m2s"),
    ],
)
def test_durations_are_spelled_as_openai_does(seconds, spelled):
    assert format_duration(seconds) == spelled


def test_nothing_limited_is_no_quota():
    assert make_quota(QuotaConfig(), 0.0) is None


def test_openai_buckets_refill_all_the_time():
    quota = make_quota(QuotaConfig(rpm=60), 0.0)
    assert all(quota.admit(1, 0.0).admitted for _ in range(60))
    refused = quota.admit(1, 0.0)
    assert refused.refused_by == "requests"
    assert refused.retry_after_s == pytest.approx(1.0)
    assert quota.admit(1, 1.0).admitted
    assert not quota.admit(1, 1.0).admitted


def test_openai_tokens_are_counted_by_the_estimate_and_reset_when_the_bucket_is_full():
    quota = make_quota(QuotaConfig(tpm=600), 0.0)
    first = quota.admit(300, 0.0)
    assert (first.tokens.remaining, first.tokens.reset_s) == (300, pytest.approx(30.0))
    refused = quota.admit(400, 0.0)
    assert (refused.refused_by, refused.retry_after_s) == ("tokens", pytest.approx(10.0))
    assert quota.admit(400, 10.0).admitted


@pytest.mark.parametrize("style", ["openai", "azure"])
def test_a_request_above_the_whole_limit_is_refused_without_a_time_to_retry(style):
    verdict = make_quota(QuotaConfig(style=style, tpm=100), 0.0).admit(101, 0.0)
    assert (verdict.refused_by, verdict.retry_after_s) == ("tokens", None)
    assert "retry-after" not in headers_of(verdict)


def test_azure_judges_requests_over_slices():
    quota = make_quota(QuotaConfig(style="azure", rpm=600, slice_s=1), 0.0)
    # 600 a minute are 10 in any one second, though the minute has room for more.
    assert [quota.admit(1, 0.5).admitted for _ in range(12)] == [True] * 10 + [False] * 2
    assert quota.admit(1, 1.0).admitted


def test_azure_starts_its_token_counter_again_each_minute():
    quota = make_quota(QuotaConfig(style="azure", tpm=1_000), 0.0)
    assert quota.admit(900, 1.0).admitted
    refused = quota.admit(200, 20.0)
    assert (refused.refused_by, refused.retry_after_s) == ("tokens", pytest.approx(40.0))
    assert quota.admit(1_000, 60.0).admitted


@pytest.mark.parametrize("style", ["openai", "azure"])
def test_refused_requests_count_as_requests(style):
    quota = make_quota(QuotaConfig(style=style, rpm=60, tpm=100), 0.0)
    before = quota.admit(90, 0.0).requests.remaining
    after = quota.admit(90, 0.0)
    assert not after.admitted
    assert after.requests.remaining == before - 1


def test_headers_are_spelled_as_openai_does():
    quota = make_quota(QuotaConfig(rpm=1, tpm=1_000), 0.0)
    quota.admit(100, 0.0)
    assert headers_of(quota.admit(100, 0.0)) == {
        "x-ratelimit-limit-requests": "1",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1m0s",
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "900",
        "x-ratelimit-reset-tokens": "6s",
        "retry-after": "60",
        "retry-after-ms": "60000",
    }


def test_a_schedule_changes_what_a_minute_gives_and_headers_say_so():
    config = QuotaConfig.model_validate({"schedule": [{"for_s": 8, "tpm": 6000}, {"for_s": 8, "tpm": 3000}]})
    quota = make_quota(config, 0.0)
    assert quota.admit(6000, 0.0).tokens.limit == 6000
    verdict = quota.admit(100, 9.0)
    assert (verdict.admitted, verdict.tokens.limit) == (True, 3000)
    assert quota.admit(100, 17.0).tokens.limit == 6000
