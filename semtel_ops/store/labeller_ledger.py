"""The labellers in the ledger: who they are, and which of them labelled each published week."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from semtel_ops.store.ledger import Ledger, upsert
from semtel_ops.store.ledger_outage import replayed
from semtel_ops.store.ledger_tables import labeller, weekly_labeller


@dataclass(frozen=True, slots=True)
class LabellerRecord:
    """A row of `labeller`; `labeller_tables` describes the columns."""

    labeller: str
    classifier: str
    model: str
    served_model: str
    version: str
    prompts: str | None
    reasoning_effort: str | None
    strategy: str | None
    settings: str | None
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class WeeklyLabeller:
    """A row of `weekly_labeller`; `labeller_tables` describes the columns."""

    week: str
    classifier: str
    labeller: str
    run_id: str
    model: str
    served_model: str | None
    n: int
    weight: float


class LabellerLedger:
    """The labellers of a ledger. Does not close the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @replayed
    def labellers(self, ids: Sequence[str] | None = None) -> list[LabellerRecord]:
        """Labellers that a published week had, optionally only these, by classifier and when they were first seen."""
        query = select(labeller).order_by(labeller.c.classifier, labeller.c.first_seen_at, labeller.c.labeller)
        if ids is not None:
            query = query.where(labeller.c.labeller.in_(ids))
        with self._ledger.read() as connection:
            return [LabellerRecord(**row) for row in connection.execute(query).mappings()]

    @replayed
    def of_weeks(self, weeks: Sequence[str]) -> list[WeeklyLabeller]:
        """Who labelled these published weeks, by week and classifier, who labelled most first."""
        table = weekly_labeller
        query = (
            select(table)
            .where(table.c.week.in_(weeks))
            .order_by(table.c.week, table.c.classifier, table.c.weight.desc(), table.c.labeller)
        )
        with self._ledger.read() as connection:
            return [WeeklyLabeller(**row) for row in connection.execute(query).mappings()]


def replace_labellers(
    connection: Connection, week: str, weekly: Sequence[WeeklyLabeller], known: Sequence[LabellerRecord]
) -> None:
    """Replace the labellers of a week, and record those that are new, in the transaction of a publication."""
    connection.execute(delete(weekly_labeller).where(weekly_labeller.c.week == week))
    upsert(connection, weekly_labeller, [asdict(row) for row in weekly])
    # What is known of a labeller does not change; an entry that rows were carried over from knew less.
    found = set(connection.execute(select(labeller.c.labeller).where(labeller.c.prompts.is_not(None))).scalars())
    upsert(
        connection,
        labeller,
        [asdict(record) for record in known if record.labeller not in found],
        keep=frozenset({"first_seen_at"}),
    )
