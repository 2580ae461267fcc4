"""Alignments in the ledger: how each candidate compares with its predecessor, as evidence for the model gate."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_outage import replayed
from semtel_ops.store.ledger_tables import alignment


@dataclass(frozen=True, slots=True)
class AlignmentRecord:
    """A row of `alignment`; `alignment_tables` describes the columns."""

    alignment_id: str
    candidate: str
    classifier: str
    incumbent: str
    incumbent_labeller: str
    incumbent_model: str
    incumbent_served_model: str
    incumbent_version: str
    incumbent_prompts: str
    incumbent_effort: str | None
    candidate_labeller: str
    candidate_model: str
    candidate_served_model: str
    candidate_version: str
    candidate_prompts: str
    candidate_effort: str | None
    strategy: str
    set_fingerprint: str
    n: int
    margin: float
    verdict: str
    decision: str
    reason: str
    excess: float
    excess_low: float
    excess_high: float
    incumbent_flips: float
    candidate_flips: float
    incumbent_invalid: float
    candidate_invalid: float
    kappa_difference: float | None
    kappa_low: float | None
    kappa_high: float | None
    gold_n: int
    shifts: str
    cost_per_1000_usd: float | None
    simulated: bool
    measured_at: datetime
    url: str
    adopted_at: datetime | None = None
    adopted_by: str | None = None
    adopted_reason: str | None = None

    def is_of(self, model: str, prompts: str, strategy: str, effort: str | None) -> bool:
        """Whether the candidate is this labeller, which may not have answered yet.

        Args:
            model: the model that is asked, or the model that answers.
        """
        known = (self.candidate_prompts, self.strategy, self.candidate_effort)
        return model in (self.candidate_model, self.candidate_served_model) and known == (prompts, strategy, effort)


class AlignmentLedger:
    """The alignments of a ledger. Does not close the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @replayed
    def save(self, alignment_id: str, records: Sequence[AlignmentRecord]) -> None:
        """Replace the results of an alignment. What was adopted stays so while its verdict and labeller are the same."""
        with self._ledger.write() as connection:
            earlier = connection.execute(select(alignment).where(alignment.c.alignment_id == alignment_id)).mappings()
            decided = {_adoption_key(AlignmentRecord(**row)): row for row in earlier if row["adopted_at"] is not None}
            connection.execute(delete(alignment).where(alignment.c.alignment_id == alignment_id))
            rows = []
            for record in records:
                row = asdict(record)
                if (found := decided.get(_adoption_key(record))) is not None:
                    row |= {name: found[name] for name in ("adopted_at", "adopted_by", "adopted_reason")}
                rows.append(row)
            if rows:
                connection.execute(insert(alignment), rows)

    @replayed
    def records(
        self,
        *,
        alignment_id: str | None = None,
        candidate: str | None = None,
        classifiers: Collection[str] | None = None,
        adopted: bool = False,
    ) -> list[AlignmentRecord]:
        """Results of all alignments, latest first, then by candidate and classifier.

        Args:
            adopted: only what a person adopted, the latest adoption first.
        """
        table = alignment
        latest = table.c.adopted_at if adopted else table.c.measured_at
        query = select(table).order_by(latest.desc(), table.c.alignment_id, table.c.candidate, table.c.classifier)
        if alignment_id is not None:
            query = query.where(table.c.alignment_id == alignment_id)
        if candidate is not None:
            query = query.where(table.c.candidate == candidate)
        if classifiers is not None:
            query = query.where(table.c.classifier.in_(classifiers))
        if adopted:
            query = query.where(table.c.adopted_at.is_not(None))
        with self._ledger.read() as connection:
            return [AlignmentRecord(**row) for row in connection.execute(query).mappings()]

    @replayed
    def adopt(
        self,
        alignment_id: str,
        candidate: str,
        by: str,
        at: datetime,
        *,
        classifiers: Collection[str] | None = None,
        reason: str | None = None,
    ) -> list[str]:
        """Record that a person adopted a candidate. What was adopted before keeps its date.

        Args:
            classifiers: only for these; None: for all of the alignment.

        Returns:
            The classifiers for which it is new.
        """
        mine = (alignment.c.alignment_id == alignment_id) & (alignment.c.candidate == candidate)
        open_ones = mine & alignment.c.adopted_at.is_(None)
        if classifiers is not None:
            open_ones &= alignment.c.classifier.in_(classifiers)
        with self._ledger.write() as connection:
            new = list(connection.execute(select(alignment.c.classifier).where(open_ones).order_by("classifier")).scalars())
            connection.execute(update(alignment).where(open_ones).values(adopted_at=at, adopted_by=by, adopted_reason=reason))
        return new


def _adoption_key(record: AlignmentRecord) -> tuple[str, ...]:
    return (record.candidate, record.classifier, record.candidate_labeller, record.verdict)
