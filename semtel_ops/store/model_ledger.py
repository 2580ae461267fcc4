"""Models in the ledger: when endpoints say they shut down, and what the sentinels showed each day."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Select, select

from semtel_ops.store.ledger import Ledger, upsert
from semtel_ops.store.ledger_outage import replayed
from semtel_ops.store.ledger_tables import model_listing, sentinel_day

BASELINE, JUDGED = "baseline", "judged"
"""Values of `sentinel_day.state`."""


@dataclass(frozen=True, slots=True)
class ModelListing:
    """A row of `model_listing`; `model_tables` describes the columns."""

    endpoint: str
    model: str
    shutdown_date: date | None
    source: str
    asked_on: date


@dataclass(frozen=True, slots=True)
class SentinelDay:
    """A row of `sentinel_day`; `model_tables` describes the columns."""

    day: date
    endpoint: str
    classifier: str
    state: str
    sentinels: str
    labeller: str
    model: str
    served_model: str | None
    n: int
    flips: int
    p0: float
    e_value: float
    alarmed: bool
    cost_usd: float | None = None


class ModelLedger:
    """What a ledger knows of models. Does not close the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @replayed
    def listings(self) -> list[ModelListing]:
        """What endpoints last said, by endpoint."""
        with self._ledger.read() as connection:
            rows = connection.execute(select(model_listing).order_by(model_listing.c.endpoint)).mappings()
            return [ModelListing(**row) for row in rows]

    @replayed
    def save_listings(self, listings: Sequence[ModelListing]) -> None:
        """Record what endpoints said; replaces what they said before."""
        if listings:
            with self._ledger.write() as connection:
                upsert(connection, model_listing, [asdict(listing) for listing in listings])

    @replayed
    def sentinel_days(
        self, endpoint: str | None = None, *, since: date | None = None, before: date | None = None
    ) -> list[SentinelDay]:
        """Days of sentinels, the earliest first, optionally of an endpoint, from a day on (`since`) and before a day."""
        table = sentinel_day
        query: Select[tuple[object, ...]] = select(table).order_by(table.c.day, table.c.endpoint, table.c.classifier)
        if endpoint is not None:
            query = query.where(table.c.endpoint == endpoint)
        if since is not None:
            query = query.where(table.c.day >= since)
        if before is not None:
            query = query.where(table.c.day < before)
        with self._ledger.read() as connection:
            return [SentinelDay(**row) for row in connection.execute(query).mappings()]

    @replayed
    def save_sentinel_days(self, days: Sequence[SentinelDay]) -> None:
        """Record days of sentinels; the same day again replaces them."""
        if days:
            with self._ledger.write() as connection:
                upsert(connection, sentinel_day, [asdict(day) for day in days])
