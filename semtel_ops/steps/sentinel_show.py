"""What the sentinels and the daily look at models have found, read from the ledger; asks nobody."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.runs.resources import open_settled
from semtel_ops.settings import Settings
from semtel_ops.steps.model_listing import known_retirements
from semtel_ops.store.model_ledger import ModelLedger, SentinelDay


def show_sentinels(
    *, settings: Settings, days: int = 14, endpoint: str | None = None, clock: Clock | None = None
) -> dict[str, Any]:
    """The last days of the sentinels, and the models whose last day is known.

    Returns:
        `days`: a dict for each day, endpoint and classifier, the latest day first; `models`: a dict for each retirement, the
        earliest first; `listed`: endpoint → day of the last look at its list of models.
    """
    today = datetime.fromtimestamp((clock or SystemClock()).now(), UTC).date()
    with open_settled(settings) as ledger:
        models = ModelLedger(ledger)
        found = models.sentinel_days(endpoint, since=today - timedelta(days=days - 1))
        listings = models.listings()
    retiring = known_retirements(settings, listings, today)
    return {
        "days": [_day(row) for row in sorted(found, key=_latest_first)],
        "models": [
            {
                "endpoint": each.endpoint,
                "model": each.model,
                "date": each.date.isoformat(),
                "days_left": each.days_left,
                "source": each.source,
                "successor": each.successor,
            }
            for each in retiring
        ],
        "listed": {listing.endpoint: listing.asked_on.isoformat() for listing in listings},
    }


def _latest_first(row: SentinelDay) -> tuple[int, str, str]:
    return -(row.day - date.min).days, row.endpoint, row.classifier


def _day(row: SentinelDay) -> dict[str, Any]:
    return {
        "day": row.day.isoformat(),
        "endpoint": row.endpoint,
        "classifier": row.classifier,
        "state": row.state,
        "model": row.model,
        "served_model": row.served_model,
        "n": row.n,
        "flips": row.flips,
        "p0": row.p0,
        "e_value": row.e_value,
        "alarmed": row.alarmed,
        "cost_usd": row.cost_usd,
    }
