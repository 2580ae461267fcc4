"""Rows that a reprocess carries over from its base run, unchanged except for the run id."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc

from semtel_ops.runs.plan import Reprocess, RunPlan
from semtel_ops.store import sql_engine
from semtel_ops.store.tables import LABELS, NEWER_LABELS


def carried_rows(plan: RunPlan, shard: int) -> Iterator[pa.RecordBatch]:
    """The shard's unselected rows of the base run, as rows of this run; `carried_from` names the run that labelled them."""
    if plan.reprocess is None:
        return
    with _base_rows(plan, plan.reprocess, shard, LABELS.names) as con:
        # SQL has no implicit order; two attempts write the same file only if the rows are ordered.
        text = f"select {', '.join(LABELS.names)} from landed where not selected order by part_row"  # noqa: S608 - our columns
        for batch in sql_engine.sql(con, text):
            yield _of_run(plan, batch)


def asked_anew(plan: RunPlan, shard: int) -> frozenset[tuple[str, str]]:
    """Members that no other run's reply may answer: rows that did not succeed, and with `fresh` every row that is selected."""
    if plan.reprocess is None:
        return frozenset()
    text = "select conversation_id, classifier from landed where selected and ($fresh or status <> 'success')"
    with _base_rows(plan, plan.reprocess, shard, ("conversation_id", "classifier", "status", "label", "labels")) as con:
        rows = sql_engine.records(con, text, fresh=plan.reprocess.fresh)
        return frozenset((row["conversation_id"], row["classifier"]) for row in rows)


def not_asked_about(plan: RunPlan, shard: int) -> frozenset[str]:
    """Conversations of the shard whose rows are all carried over."""
    if plan.reprocess is None:
        return frozenset()
    text = "select conversation_id from landed where not selected group by 1 having count(*) = $classifiers"
    with _base_rows(plan, plan.reprocess, shard, ("conversation_id", "classifier", "status", "label", "labels")) as con:
        rows = sql_engine.records(con, text, classifiers=len(plan.classifiers))
        return frozenset(row["conversation_id"] for row in rows)


@contextmanager
def _base_rows(
    plan: RunPlan, reprocess: Reprocess, shard: int, columns: tuple[str, ...] | list[str]
) -> Iterator[sql_engine.Connection]:
    """An engine with the table `landed`: the shard's rows of the base run, with `selected`."""
    selection = reprocess.selection
    with sql_engine.connect() as con:
        sql_engine.read(con, "base", [plan.paths.run(plan.week, reprocess.base_run).landed(shard)], columns, newer=NEWER_LABELS)
        selection.read_ids(con)
        text = f"create temp table landed as select *, {selection.sql} as selected from base"  # noqa: S608 - no external input
        sql_engine.sql(con, text, **selection.params)
        yield con


def _of_run(plan: RunPlan, batch: pa.RecordBatch) -> pa.RecordBatch:
    changed = {
        "run_id": pa.repeat(pa.scalar(plan.run_id), batch.num_rows),
        "reused": pa.repeat(pa.scalar(value=True), batch.num_rows),
        "carried_from": pc.coalesce(batch.column("carried_from"), batch.column("run_id")),
    }
    columns = [changed.get(name, batch.column(name)).cast(LABELS.field(name).type) for name in LABELS.names]
    return pa.RecordBatch.from_arrays(columns, schema=LABELS)
