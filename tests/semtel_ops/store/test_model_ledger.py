from dataclasses import replace
from datetime import date

from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.model_ledger import BASELINE, JUDGED, ModelLedger, ModelListing, SentinelDay

FIRST, SECOND = date(2026, 11, 28), date(2026, 11, 29)
LISTING = ModelListing("east", "luna", date(2027, 1, 14), "endpoint", FIRST)
DAY = SentinelDay(FIRST, "east", "topic", BASELINE, "s" * 32, "l" * 16, "luna", "luna-1", 500, 10, 0.04, 1.0, False, 0.1)


def test_what_an_endpoint_said_last_replaces_what_it_said_before(ledger_url):
    with open_ledger(ledger_url) as ledger:
        models = ModelLedger(ledger)
        models.save_listings([])
        models.save_listings([LISTING, replace(LISTING, endpoint="azure", shutdown_date=None, source="none")])
        later = replace(LISTING, shutdown_date=None, asked_on=SECOND)
        models.save_listings([later])
        assert models.listings() == [replace(LISTING, endpoint="azure", shutdown_date=None, source="none"), later]


def test_a_day_of_sentinels_is_kept_once_and_found_by_endpoint_and_day(ledger_url):
    with open_ledger(ledger_url) as ledger:
        models = ModelLedger(ledger)
        second = replace(DAY, day=SECOND, state=JUDGED, n=100, flips=5, e_value=37.1, alarmed=True, cost_usd=None)
        west = replace(DAY, endpoint="west", served_model=None)
        models.save_sentinel_days([second, DAY, west])
        models.save_sentinel_days([second])
        assert models.sentinel_days() == [DAY, west, second]
        assert models.sentinel_days("east") == [DAY, second]
        assert models.sentinel_days("east", since=SECOND) == [second]
        assert models.sentinel_days("east", before=SECOND) == [DAY]
