"""What the ledger knows of sentinels and models, as a command and a page show it."""

from dataclasses import replace
from datetime import date

from semtel_ops.settings import Settings
from semtel_ops.steps.sentinel_show import show_sentinels
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.model_ledger import BASELINE, JUDGED, ModelLedger, ModelListing, SentinelDay
from semtel_ops.testing.manual_clock import ManualClock
from tests.support.shards import write_endpoints

TODAY = date(2026, 11, 30)
NOON = 1_796_040_000.0  # of that day, UTC
DAY = SentinelDay(TODAY, "east", "topic", JUDGED, "s" * 32, "l" * 16, "m", "m-1", 100, 4, 0.08, 1.5, False, 0.11)


def test_the_latest_day_is_first_and_older_ones_are_left_out(tmp_path, ledger_url):
    write_endpoints(tmp_path, model="gpt-4o")
    settings = Settings(lake=f"{tmp_path}/lake", endpoints=f"{tmp_path}/endpoints.yaml", database_url=ledger_url)
    yesterday = replace(DAY, day=date(2026, 11, 29), state=BASELINE)
    with open_ledger(ledger_url) as ledger:
        models = ModelLedger(ledger)
        models.save_sentinel_days([replace(DAY, day=date(2026, 11, 1)), yesterday, DAY, replace(DAY, endpoint="west")])
        models.save_listings([ModelListing("east", "gpt-4o", date(2027, 4, 14), "endpoint", TODAY)])
    shown = show_sentinels(settings=settings, days=2, clock=ManualClock(NOON))
    assert [(row["day"], row["endpoint"], row["state"]) for row in shown["days"]] == [
        ("2026-11-30", "east", "judged"),
        ("2026-11-30", "west", "judged"),
        ("2026-11-29", "east", "baseline"),
    ]
    assert [(each["date"], each["days_left"], each["source"]) for each in shown["models"]] == [("2027-04-14", 135, "endpoint")]
    assert shown["listed"] == {"east": "2026-11-30"}
    assert len(show_sentinels(settings=settings, endpoint="west", clock=ManualClock(NOON))["days"]) == 1
