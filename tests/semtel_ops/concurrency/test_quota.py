import pytest

from semtel_ops.concurrency.quota import QuotaLevel
from semtel_ops.simulator.config import QuotaConfig
from semtel_ops.simulator.quota import make_quota
from semtel_ops.testing.virtual_endpoint import VirtualEndpoint, lognormal_service


def test_nothing_is_withheld_before_the_endpoint_shows_a_quota():
    assert QuotaLevel().wait_s(10**9, 5.0) == 0


def test_what_is_left_is_what_was_shown_plus_refill_minus_what_was_sent_since():
    level = QuotaLevel()
    first = level.spend(100)
    level.spend(300)  # sent before the first's reply is seen
    level.shown(first, 0.0, 6_000, 4_000, 20.0)
    assert level.level(3.0) == pytest.approx(4_000 + 3 * 100 - 300)


def test_a_reply_that_was_overtaken_changes_nothing():
    level = QuotaLevel()
    first, second = level.spend(100), level.spend(100)
    level.shown(second, 0.1, 6_000, 1_000, 50.0)
    level.shown(first, 0.0, 6_000, 5_000, 10.0)
    assert level.level(0.1) == pytest.approx(1_000)


def test_a_wait_is_as_long_as_the_refill_takes():
    level = QuotaLevel()
    level.shown(level.spend(100), 0.0, 6_000, 0, 60.0)
    wait_s = level.wait_s(200, 0.0)
    assert 2.0 <= wait_s <= 2.5
    assert level.wait_s(200, wait_s + 0.001) == 0


def test_a_request_larger_than_the_quota_goes_when_the_quota_is_full():
    level = QuotaLevel()
    level.shown(level.spend(100), 0.0, 6_000, 0, 60.0)
    assert 50 < level.wait_s(50_000, 0.0) < 61
    assert level.wait_s(50_000, 61.0) == 0


def test_the_endpoints_way_of_counting_is_learned():
    """It counts three tokens for each of our estimates."""
    level = QuotaLevel()
    remaining, now = 100_000.0, 0.0
    for _ in range(40):
        place = level.spend(100)
        remaining += -300 + 0.1 * 100_000 / 60
        now += 0.1
        level.shown(place, now, 100_000, int(remaining), (100_000 - remaining) / (100_000 / 60))
    assert level.scale == pytest.approx(3.0, rel=0.35)


def test_a_bucket_and_a_window_are_told_apart():
    bucket, window = QuotaLevel(), QuotaLevel()
    for at in range(2, 30, 2):
        bucket.shown(bucket.spend(100), float(at), 6_000, 100, 59.0)
        window.shown(window.spend(100), float(at), 6_000, 6_000 - 100 * at, 60.0 - at)
    assert (bucket.windowed, window.windowed) == (False, True)
    assert window.level(70.0) > 5_000
    assert window.level(59.9) < 4_000


def test_a_quota_of_a_day_refills_as_slowly_as_its_resets_say():
    """OpenAI's lowest tier: 10,000 requests a day, told as one request back after 8.64 s."""
    level = QuotaLevel()
    used = 400
    for at in range(0, 60, 2):
        used += 1
        level.shown(level.spend(1), float(at), 10_000, 10_000 - used, used * 8.64 - at)
    assert level.per_minute == pytest.approx(60 / 8.64, rel=0.05)


@pytest.mark.parametrize(
    ("config", "seconds", "least", "refused"),
    [
        # The bucket is full at the start: a minute's worth more than time gives.
        ({"tpm": 60_000}, 120, 0.98 * 1_800, 0.01),
        ({"rpm": 600}, 120, 0.98 * 1_800, 0.01),
        ({"schedule": [{"for_s": 8, "tpm": 300_000}, {"for_s": 8, "tpm": 150_000}]}, 60, 0.97 * 5_300, 0.02),
        ({"style": "azure", "tpm": 60_000}, 179, 0.98 * 1_800, 0.02),
        ({"style": "azure", "tpm": 60_000, "rpm": 360, "slice_s": 10}, 180, 0.95 * 1_080, 0.02),
        ({"style": "azure", "tpm": 600_000, "rpm": 3_600, "slice_s": 1}, 180, 0.95 * 10_800, 0.02),
    ],
)
def test_a_quota_told_in_headers_is_used_up_and_hardly_overrun(load, config, seconds, least, refused):
    quota = make_quota(QuotaConfig.model_validate(config), 0.0)
    done = load(VirtualEndpoint(lognormal_service(0.3, 0.2), quota=quota, tokens_counted=100), seconds)
    assert done.ran.successes >= least
    assert done.ran.refused_share <= refused


@pytest.mark.parametrize("config", [{"tpm": 60_000}, {"rpm": 600}])
def test_a_quota_nobody_tells_of_is_learned_from_refusals(load, config):
    """The first overrun is a burst; after it the rate is held. Refused requests count, too, where requests are what is counted."""
    quota = make_quota(QuotaConfig.model_validate(config), 0.0)
    done = load(VirtualEndpoint(lognormal_service(0.3, 0.2), quota=quota, headers=False), 180)
    assert done.ran.successes >= 0.9 * 2_400
    rates = [change.new for change in done.limiter.history if "learned" in change.what]
    assert rates[-1] == pytest.approx(600, rel=0.25)


def test_four_callers_of_one_quota_that_do_not_know_each_other_still_keep_within_it(load):
    quota = make_quota(QuotaConfig(tpm=60_000), 0.0)
    done = load(VirtualEndpoint(lognormal_service(0.3, 0.2), quota=quota), 120, callers=4)
    assert done.ran.successes >= 0.95 * 1_800
    assert done.ran.refused_share < 0.25
