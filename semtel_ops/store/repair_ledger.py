"""Looks at rows that confirm, in the ledger: counted before they are taken, so that none is forgotten."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import and_, insert, select, update
from sqlalchemy.exc import IntegrityError

from semtel_ops.errors import StoreError
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_outage import replayed
from semtel_ops.store.ledger_tables import repair_look

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class RepairLook:
    """A row of `repair_look`; `repair_tables` describes the columns."""

    set_hash: str
    classifier: str
    look: int
    sketch: str
    model: str
    start: str
    proposal: str
    looked_at: datetime
    alpha: float
    n: int | None = None
    lost: int | None = None
    won: int | None = None
    p_value: float | None = None
    verdict: str | None = None


class RepairLedger:
    """The looks of a ledger. Does not close the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @replayed
    def begin(
        self,
        *,
        set_hash: str,
        sketch: str,
        classifier: str,
        model: str,
        start: str,
        proposal: str,
        now: datetime,
        alpha_of: Callable[[int], float],
        shares_rows: Callable[[str, str], bool],
    ) -> RepairLook:
        """Count a look before it is taken. The same comparison again is the same look, whether or not it was finished.

        Args:
            alpha_of: error rate of the look with a number, from 1.
            shares_rows: whether sets with these sketches have rows in common; looks at such sets are counted together.

        Raises:
            StoreError: other repairs look at the same rows all the time.
        """
        for _ in range(_ATTEMPTS):
            try:
                with self._ledger.write() as connection:
                    looks = [
                        RepairLook(**row)
                        for row in connection.execute(
                            select(repair_look).where(repair_look.c.classifier == classifier)
                        ).mappings()
                    ]
                    for each in looks:
                        if (each.set_hash, each.model, each.start, each.proposal) == (set_hash, model, start, proposal):
                            return each
                    number = 1 + sum(each.set_hash == set_hash or shares_rows(each.sketch, sketch) for each in looks)
                    found = RepairLook(set_hash, classifier, number, sketch, model, start, proposal, now, alpha_of(number))
                    connection.execute(insert(repair_look), [asdict(found)])
                    return found
            except IntegrityError:
                continue  # another repair has just taken this number
        raise StoreError(f"{classifier}: other repairs look at the same rows; run the same command again")

    @replayed
    def finish(self, look: RepairLook) -> None:
        """Record what a look showed."""
        table = repair_look.c
        where = and_(table.set_hash == look.set_hash, table.classifier == look.classifier, table.look == look.look)
        values = {name: getattr(look, name) for name in ("n", "lost", "won", "p_value", "verdict")}
        with self._ledger.write() as connection:
            connection.execute(update(repair_look).where(where).values(values))

    @replayed
    def looks(self, classifier: str | None = None) -> list[RepairLook]:
        """All looks, optionally of a classifier, latest first."""
        query = select(repair_look).order_by(repair_look.c.looked_at.desc(), repair_look.c.look.desc())
        if classifier is not None:
            query = query.where(repair_look.c.classifier == classifier)
        with self._ledger.read() as connection:
            return [RepairLook(**row) for row in connection.execute(query).mappings()]
