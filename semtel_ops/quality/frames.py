"""The small pandas frames that Great Expectations judges, and the bounded look at the rows themselves.

    columns       one row a column of the landed files: the type found and the type of the contract
    classifiers   one row a classifier: counts over all its rows
    labels        one row a classifier and label: its share now and before
    run           one row: all rows of the run
    rows          the first ROWS_LOOKED_AT landed rows, in the order of the shards

The middle three have a column for each check, and hold what is true of every row. The last is for what only rows show; a larger
week is not read into memory, and the result says how many of its rows were looked at.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from semtel_ops.quality.checks import ActiveCheck, ClassifierCheck, LabelCheck, RunCheck
from semtel_ops.quality.counts import ColumnFact
from semtel_ops.quality.drift import ShareChange
from semtel_ops.quality.evidence import Evidence
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


def columns_frame(facts: Sequence[ColumnFact]) -> "pd.DataFrame":
    return _frame(
        {"column": fact.column, "expected": fact.expected, "found": fact.found, "files": fact.files} for fact in facts
    )


def classifiers_frame(evidence: Evidence, checks: Sequence[ActiveCheck]) -> "pd.DataFrame":
    """Counts of each classifier, and the number of each check."""
    return _frame(
        {
            "classifier": each.classifier,
            "expected_rows": evidence.expected_rows(each.classifier),
            "rows": each.rows,
            "conversations": each.conversations,
            "succeeded": each.succeeded,
            **{
                active.column: active.check.observe(each, evidence.expected_rows(each.classifier))
                for active in checks
                if isinstance(active.check, ClassifierCheck)
            },
        }
        for each in evidence.rows.classifiers
    )


def labels_frame(changes: Sequence[ShareChange], checks: Sequence[ActiveCheck]) -> "pd.DataFrame":
    """Shares of each label, and the number of each check."""
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
    """The number of each check."""
    numbers = {active.column: active.check.observe(evidence) for active in checks if isinstance(active.check, RunCheck)}
    return _frame([{"week": evidence.week, "rows": evidence.rows.rows, **numbers}])


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
