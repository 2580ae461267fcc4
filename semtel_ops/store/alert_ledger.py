"""Alerts in the ledger: raised and resolved alerts, and their notifications by channel.

An alert is raised once for a run and key. A sender reserves a notification (`take`) before sending it, and records the result
afterwards (`record_delivery`): two tasks never send the same notification at the same time, and a notification that a
killed task was sending is sent again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from semtel_ops.store.ledger import Ledger, upsert
from semtel_ops.store.ledger_outage import replayed
from semtel_ops.store.ledger_tables import alert, alert_delivery

OPEN, RESOLVED = "open", "resolved"
SENDING, DELIVERED, UNDELIVERED = "sending", "delivered", "undelivered"
SEVERITIES = ("info", "warning", "critical")
"""In order of severity, lowest first."""

MAX_ATTEMPTS = 5
"""Maximum delivery attempts per channel and event."""

SENDING_LASTS = timedelta(minutes=2)
"""A sender that has not recorded a result after this time is considered dead."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """A row of `alert`; `ledger_tables` describes the columns."""

    week: str
    run_id: str
    key: str
    kind: str
    severity: str
    what: str
    body: str
    raised_at: datetime
    changed_at: datetime
    state: str = OPEN
    resolved_at: datetime | None = None
    resolution: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of `alert_delivery`; `ledger_tables` describes the columns."""

    week: str
    run_id: str
    key: str
    event: str
    channel: str
    state: str
    attempts: int
    tried_at: datetime
    problem: str | None = None


class AlertLedger:
    """The alerts of a ledger. Does not close the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @replayed
    def raise_all(self, rows: Sequence[AlertRow]) -> list[str]:
        """Record alerts; returns the keys to notify about: new alerts, alerts of a higher severity, and alerts that reopened.

        A known open alert is updated and keeps its `raised_at`; its severity never decreases. Every channel is notified of the
        returned keys, even if it was notified before.
        """
        to_notify = []
        with self._ledger.write() as connection:
            for row in rows:
                if _is_new(connection, alert, asdict(row)):
                    to_notify.append(row.key)
                    continue
                known = connection.execute(select(alert).where(*_identity(alert, row)).with_for_update()).one()
                if known.state == row.state == RESOLVED:
                    continue  # resolved and notified; `changed_at` stays
                if known.state == row.state and _rank(row.severity) < _rank(known.severity):
                    continue
                notify = _rank(row.severity) > _rank(known.severity) or row.state == OPEN != known.state
                if notify:
                    to_notify.append(row.key)
                    connection.execute(alert_delivery.delete().where(*_identity(alert_delivery, row)))
                upsert(connection, alert, [asdict(row)], keep=frozenset() if notify else frozenset({"raised_at"}))
        return to_notify

    @replayed
    def resolve(self, week: str, keys: Collection[tuple[str, str]], *, at: datetime, resolution: str) -> list[AlertRow]:
        """Resolve the week's open alerts with these (run id, key) pairs; returns the alerts that were open."""
        table, closed = alert, []
        with self._ledger.write() as connection:
            for run_id, key in sorted(keys):
                identity = (table.c.week == week, table.c.run_id == run_id, table.c.key == key)
                changed = {"state": RESOLVED, "resolved_at": at, "changed_at": at, "resolution": resolution}
                if connection.execute(update(table).where(*identity, table.c.state == OPEN).values(changed)).rowcount:
                    resolved = connection.execute(select(table).where(*identity)).mappings().one()
                    closed.append(AlertRow(**resolved))
        return closed

    @replayed
    def alerts(
        self, week: str | None = None, *, run_id: str | None = None, state: str | None = None, limit: int = 200
    ) -> list[AlertRow]:
        """Alerts, optionally of a week, a run and a state, latest first."""
        query: Select[Any] = select(alert).order_by(alert.c.raised_at.desc(), alert.c.key).limit(limit)
        for column, value in ((alert.c.week, week), (alert.c.run_id, run_id), (alert.c.state, state)):
            if value is not None:
                query = query.where(column == value)
        with self._ledger.read() as connection:
            return [AlertRow(**row) for row in connection.execute(query).mappings()]

    @replayed
    def changed_since(self, since: datetime) -> list[AlertRow]:
        """Alerts that were raised or resolved at or after a time, earliest first."""
        query = select(alert).where(alert.c.changed_at >= since).order_by(alert.c.changed_at, alert.c.key)
        with self._ledger.read() as connection:
            return [AlertRow(**row) for row in connection.execute(query).mappings()]

    @replayed
    def take(self, row: AlertRow, event: str, channel: str, *, at: datetime) -> bool:
        """Reserve a notification for sending; False if it was sent, another sender is active, or no attempts remain."""
        delivery = (*_identity(alert_delivery, row), alert_delivery.c.event == event, alert_delivery.c.channel == channel)
        sending = Delivery(row.week, row.run_id, row.key, event, channel, SENDING, 1, at)
        with self._ledger.write() as connection:
            if _is_new(connection, alert_delivery, asdict(sending)):
                return True
            known = connection.execute(select(alert_delivery).where(*delivery).with_for_update()).one()
            busy = known.state == SENDING and at - known.tried_at < SENDING_LASTS
            if known.state == DELIVERED or busy or known.attempts >= MAX_ATTEMPTS:
                return False
            again = {"state": SENDING, "attempts": known.attempts + 1, "tried_at": at}
            connection.execute(update(alert_delivery).where(*delivery).values(again))
            return True

    @replayed
    def record_delivery(self, row: AlertRow, event: str, channel: str, *, problem: str | None) -> None:
        """Record the result of a delivery; `problem`: why it failed, None if it was delivered."""
        delivery = (*_identity(alert_delivery, row), alert_delivery.c.event == event, alert_delivery.c.channel == channel)
        state = DELIVERED if problem is None else UNDELIVERED
        with self._ledger.write() as connection:
            connection.execute(update(alert_delivery).where(*delivery).values(state=state, problem=problem))

    @replayed
    def deliveries(self, row: AlertRow) -> list[Delivery]:
        """Deliveries of an alert, by event and channel."""
        query = select(alert_delivery).where(*_identity(alert_delivery, row))
        with self._ledger.read() as connection:
            rows = connection.execute(query.order_by(alert_delivery.c.event, alert_delivery.c.channel)).mappings()
            return [Delivery(**delivery) for delivery in rows]


def _identity(table: Any, row: AlertRow) -> tuple[Any, ...]:
    return (table.c.week == row.week, table.c.run_id == row.run_id, table.c.key == row.key)


def _is_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless its key exists; the database resolves concurrent inserts."""
    dialects = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    statement: Any = dialects[connection.dialect.name](table)
    return connection.execute(statement.on_conflict_do_nothing().returning(table.c.key), dict(row)).first() is not None


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)
