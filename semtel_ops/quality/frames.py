"""The pandas frames that Great Expectations validates.

    columns       a row per column of the landed files: its type in the files and in the label row
    classifiers   a row per classifier: counts over all its rows
    labels        a row per classifier and label: its share now and before
    run           a single row: counts over all rows of the run
    rows          the first MAX_ROWS landed rows, in the order of the shards

The frames classifiers, labels and run have a column for each check and cover every row. The frame rows is for values of single
rows; a larger week is not read into memory, and the result says how many of its rows were checked.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from semtel_ops.quality.checks import ActiveCheck, ClassifierCheck, LabelCheck, RunCheck
from semtel_ops.quality.counts import ColumnComparison
from semtel_ops.quality.drift import ShareChange
from semtel_ops.quality.evidence import Evidence
from semtel_ops.store.parquet import read_batches

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 500_000
"""They take about 0.2 GB in pandas, and a dozen expectations well under a second."""

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
"""Columns of the label row that Great Expectations gets: none that could contain a conversation's text."""


def columns_frame(columns: Sequence[ColumnComparison]) -> "pd.DataFrame":
    """Expected and actual type of each column."""
    return _frame(
        {"column": column.column, "expected": column.expected, "actual": column.actual, "files": column.files}
        for column in columns
    )


def classifiers_frame(evidence: Evidence, checks: Sequence[ActiveCheck]) -> "pd.DataFrame":
    """Counts of each classifier, and a column with the number of each check."""
    return _frame(
        {
            "classifier": counts.classifier,
            "expected_rows": evidence.expected_rows(counts.classifier),
            "rows": counts.rows,
            "conversations": counts.conversations,
            "succeeded": counts.succeeded,
            **{
                active.column: active.check.observe(counts, evidence.expected_rows(counts.classifier))
                for active in checks
                if isinstance(active.check, ClassifierCheck)
            },
        }
        for counts in evidence.rows.classifiers
    )


def labels_frame(changes: Sequence[ShareChange], checks: Sequence[ActiveCheck]) -> "pd.DataFrame":
    """Shares of each label, and a column with the number of each check."""
    return _frame(
        {
            "classifier": change.classifier,
            "label": change.label,
            "n": change.n,
            "share": change.share,
            "share_last_weeks": change.before if change.weeks else None,
            "change": change.change if change.weeks else None,
            "is_real": "yes" if change.is_real else "no",
            **{active.column: active.check.observe(change) for active in checks if isinstance(active.check, LabelCheck)},
        }
        for change in changes
    )


def run_frame(evidence: Evidence, checks: Sequence[ActiveCheck]) -> "pd.DataFrame":
    """The run's week and rows, and a column with the number of each check."""
    numbers = {active.column: active.check.observe(evidence) for active in checks if isinstance(active.check, RunCheck)}
    return _frame([{"week": evidence.week, "rows": evidence.rows.rows, **numbers}])


def rows_frame(urls: Sequence[str], limit: int = MAX_ROWS) -> "pd.DataFrame":
    """The first `limit` rows, in the order of `urls`."""
    import pyarrow as pa

    batches, n_left = [], limit
    for url in urls:
        for batch in read_batches(url, ROW_COLUMNS, rows=min(n_left, 65_536) or 1):
            batches.append(batch.slice(0, n_left))
            n_left -= len(batches[-1])
            if n_left <= 0:
                break
        if n_left <= 0:
            break
    return pa.Table.from_batches(batches).to_pandas() if batches else _frame([dict.fromkeys(ROW_COLUMNS)]).iloc[:0]


def _frame(rows: Any) -> "pd.DataFrame":
    import pandas as pd

    listed: list[Mapping[str, Any]] = list(rows)
    return pd.DataFrame(listed)
