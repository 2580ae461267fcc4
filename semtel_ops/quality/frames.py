"""The small pandas frames that Great Expectations judges, and the bounded look at the rows themselves.

    columns       one row a column of the landed files: the type found and the type of the contract
    classifiers   one row a classifier: counts over all its rows
    labels        one row a classifier and label: its share now, before, and the change
    run           one row: truncation, quarantine, cost
    rows          the first ROWS_LOOKED_AT landed rows, in the order of the shards

The first four hold what is true of every row. The last is for what only rows show; a larger week is not read into memory, and
the result says how many of its rows were looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semtel_ops.quality.counts import ColumnFact, RowCounts
from semtel_ops.quality.drift import ShareChange
from semtel_ops.store.parquet import read_batches

if TYPE_CHECKING:
    import pandas as pd

ROWS_LOOKED_AT = 500_000
"""About 0.2 GB in pandas, and well under a second a dozen expectations."""

ROW_COLUMNS = (
    "conversation_id",
    "classifier",
    "label",
    "status",
    "confidence",
    "packed_with",
    "truncated_tokens",
    "compression_ratio",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "attempts",
    "sample_weight",
)
"""Columns of the contract that Great Expectations sees: none that could hold a conversation's text."""


@dataclass(frozen=True, slots=True)
class RunCounts:
    """What earlier steps counted.

    Attributes:
        sampled: conversations that every classifier owes a row.
        population: records of the week that could be read, before sampling.
        quarantined: records that could not be.
        cost_usd: what the run paid; None where a model has no known price.
    """

    sampled: int
    population: int
    quarantined: int
    cost_usd: float | None


def columns_frame(facts: Sequence[ColumnFact]) -> "pd.DataFrame":
    return _frame(
        {"column": fact.column, "expected": fact.expected, "found": fact.found, "files": fact.files} for fact in facts
    )


def classifiers_frame(facts: RowCounts, sampled: int, classifiers: Sequence[str]) -> "pd.DataFrame":
    """`sampled` conversations are expected of each of `classifiers`, and none of any other."""
    return _frame(
        {
            "classifier": each.classifier,
            "expected_rows": sampled if each.classifier in classifiers else 0,
            "rows": each.rows,
            "conversations": each.conversations,
            "missing_rows": abs((sampled if each.classifier in classifiers else 0) - each.conversations),
            "duplicate_rows": each.duplicates,
            "unknown_status_rows": each.unknown_status,
            "unknown_label_rows": each.unknown_label,
            "succeeded": each.succeeded,
            "non_success_share": (each.rows - each.succeeded) / each.rows if each.rows else None,
            "constant_output_share": each.commonest / each.succeeded if each.succeeded else None,
        }
        for each in facts.classifiers
    )


def labels_frame(changes: Sequence[ShareChange]) -> "pd.DataFrame":
    return _frame(
        {
            "classifier": change.classifier,
            "label": change.label,
            "n": change.n,
            "share": change.share,
            "share_last_weeks": change.before if change.weeks else None,
            "change": change.change if change.weeks else None,
            "change_size": abs(change.change) if change.weeks else None,
            "is_real": "yes" if change.is_real else "no",
        }
        for change in changes
    )


def run_frame(week: str, facts: RowCounts, counts: RunCounts) -> "pd.DataFrame":
    records = counts.population + counts.quarantined
    priced = counts.cost_usd is not None and counts.sampled > 0
    return _frame(
        [
            {
                "week": week,
                "rows": facts.rows,
                "truncated_share": facts.truncated_rows / facts.rows if facts.rows else None,
                "quarantined_share": counts.quarantined / records if records else None,
                "cost_per_conversation_usd": (counts.cost_usd or 0.0) / counts.sampled if priced else None,
            }
        ]
    )


def rows_frame(urls: Sequence[str], limit: int = ROWS_LOOKED_AT) -> "pd.DataFrame":
    """The first `limit` rows, in the order of `urls`."""
    import pyarrow as pa

    batches, wanted = [], limit
    for url in urls:
        for batch in read_batches(url, ROW_COLUMNS, rows=min(wanted, 65_536) or 1):
            batches.append(batch.slice(0, wanted))
            wanted -= len(batches[-1])
            if wanted <= 0:
                break
        if wanted <= 0:
            break
    return pa.Table.from_batches(batches).to_pandas() if batches else _frame([dict.fromkeys(ROW_COLUMNS)]).iloc[:0]


def _frame(rows: Any) -> "pd.DataFrame":
    import pandas as pd

    listed: list[Mapping[str, Any]] = list(rows)
    return pd.DataFrame(listed)
