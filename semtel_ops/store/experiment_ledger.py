"""Experiments in the ledger: quality of a strategy for each classifier and model, as evidence for the strategy gate."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_outage import replayed
from semtel_ops.store.ledger_tables import experiment_result


@dataclass(frozen=True, slots=True)
class ExperimentRecord:
    """A row of `experiment_result`; `ledger_tables` describes the columns."""

    experiment_id: str
    cell: str
    classifier: str
    model: str
    prompts: str
    strategy_fingerprint: str
    strategy: str
    baseline: str
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    n: int
    agreement: float
    flip_share: float | None
    invalid_share: float
    cost_per_1000_usd: float | None
    simulated: bool
    measured_at: datetime
    url: str


class ExperimentLedger:
    """The experiments of a ledger. Does not close the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @replayed
    def save(self, experiment_id: str, records: Sequence[ExperimentRecord]) -> None:
        """Replace the results of an experiment."""
        with self._ledger.write() as connection:
            connection.execute(delete(experiment_result).where(experiment_result.c.experiment_id == experiment_id))
            if records:
                connection.execute(insert(experiment_result), [asdict(record) for record in records])

    @replayed
    def records(self, *, classifiers: Collection[str] | None = None) -> list[ExperimentRecord]:
        """Results of all experiments, optionally of some classifiers, latest first."""
        query = select(experiment_result).order_by(experiment_result.c.measured_at.desc(), experiment_result.c.cell)
        if classifiers is not None:
            query = query.where(experiment_result.c.classifier.in_(classifiers))
        with self._ledger.read() as connection:
            return [ExperimentRecord(**row) for row in connection.execute(query).mappings()]
