"""The published rows of a week as gold needs them: what a model said about conversations that people label."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from semtel_ops.errors import StoreError
from semtel_ops.steps.published_runs import published_run_of
from semtel_ops.store import sql_engine
from semtel_ops.store.files import list_files
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldAnswer
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.tables import NEWER_LABELS

_COLUMNS = (
    "conversation_id", "classifier", "classifier_version", "label", "labels", "status", "model", "served_model", "labeller",
    "shard", "sample_weight",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PublishedRows:
    """Files of label rows of a run of a week: those that are published, or are about to be."""

    week: str
    run_id: str
    urls: Sequence[str]

    def read(self, con: sql_engine.Connection, name: str) -> None:
        """Make a view of the rows."""
        sql_engine.read(con, name, self.urls, _COLUMNS, newer=NEWER_LABELS)


def published_rows(lake: Lake, ledger: Ledger, week: str) -> PublishedRows:
    """The published rows of a week.

    Raises:
        ConfigError: the week is not published.
        StoreError: its label files are gone.
    """
    run = published_run_of(ledger, week)
    urls = list_files(lake.run(week, run.run_id).labels_folder, ".parquet")
    if not urls:
        raise StoreError(f"week {week}: the label files of run {run.run_id} are not in the lake {lake.root}; publish it again")
    return PublishedRows(week, run.run_id, urls)


def answers_of(
    rows: PublishedRows, draw_id: str, ids: Sequence[str], classifiers: Sequence[str], recorded_at: datetime
) -> Iterator[GoldAnswer]:
    """What the model said about some conversations."""
    with sql_engine.connect() as con:
        rows.read(con, "labels")
        for row in sql_engine.records(con, _ANSWERS, ids=list(ids), classifiers=list(classifiers)):
            yield _answer(row, draw_id, rows.run_id, recorded_at)


def _answer(row: dict[str, Any], draw_id: str, run_id: str, recorded_at: datetime) -> GoldAnswer:
    success = row["status"] == "success"
    return GoldAnswer(
        draw_id=draw_id,
        conversation_id=row["conversation_id"],
        classifier=row["classifier"],
        run_id=run_id,
        label=row["label"] if success else None,
        labels=tuple(row["labels"]) if success and row["labels"] else None,
        labeller=row["labeller"],
        model=row["model"],
        classifier_version=row["classifier_version"],
        recorded_at=recorded_at,
    )


def record_answers(rows: PublishedRows, ledger: Ledger, now: datetime) -> int:
    """Record what label rows say about drawn conversations of their week, in place of what was recorded for the run before.

    A publication does this with the rows that it is about to publish, so that corrected shares can be part of it. Returns the
    number of answers.
    """
    gold = GoldLedger(ledger)
    recorded = 0
    for draw in gold.draws(rows.week):
        ids = [item.conversation_id for item in gold.items(draw.draw_id)]
        answers = list(answers_of(rows, draw.draw_id, ids, draw.classifiers, now))
        gold.save_answers(answers)
        recorded += len(answers)
    return recorded


def record_missing_answers(lake: Lake, ledger: Ledger, week: str, now: datetime) -> int:
    """Record the answers of a week's published run unless they are there: an earlier release may have published it."""
    gold = GoldLedger(ledger)
    run = ledger.published_run(week)
    known = {
        answer.run_id
        for draw in gold.draws(week)
        for classifier in draw.classifiers
        for answer in gold.answers(draw.draw_id, classifier)
    }
    if run is None or run.run_id in known:
        return 0
    return record_answers(published_rows(lake, ledger, week), ledger, now)


_ANSWERS = """
select conversation_id, classifier, classifier_version, label, labels, status, labeller, coalesce(served_model, model) as model
from labels
where conversation_id in (select unnest($ids)) and classifier in (select unnest($classifiers))
order by conversation_id, classifier
"""
