"""Counts over all landed rows of a run, in SQL.

Rows are never in Python's memory: the schema comes from Parquet footers, the counts from DuckDB, which spills to disk where a
week does not fit in memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from semtel_ops.errors import StoreError
from semtel_ops.store import sql_engine
from semtel_ops.store.seal import open_verified
from semtel_ops.store.tables import LABELS, NEWER_LABELS
from semtel_ops.words import RowStatus

_COLUMNS = ("conversation_id", "classifier", "label", "labels", "status", "truncated_tokens")


@dataclass(frozen=True, slots=True)
class AllowedLabels:
    """Allowed values of a classifier's rows.

    Attributes:
        labels: values of `label` in a row that succeeded.
        items: values in the list `labels`: labels where several may apply, items of a rubric, else none.
    """

    classifier: str
    labels: tuple[str, ...]
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnComparison:
    """A column of the label row compared with the landed files.

    Attributes:
        expected: Arrow type of the label row; `absent` for an additional column.
        actual: Arrow type in the files; `absent` or `given twice` where the column is not there exactly once.
        files: number of files in which the column is like this.
        where: name of the first of these files.
    """

    column: str
    expected: str
    actual: str
    files: int
    where: str

    @property
    def matches(self) -> bool:
        return self.expected == self.actual


@dataclass(frozen=True, slots=True)
class ClassifierCounts:
    """Counts over one classifier's rows.

    Attributes:
        conversations: distinct conversations with a row.
        duplicates: rows in addition to the first row of a conversation.
        most_frequent: rows that succeeded with the most frequent label.
        unknown_status: rows whose status is not in `RowStatus`.
        unknown_label: rows that succeeded with a label that is not allowed, or none.
        by_status: rows of each status except success.
        meeting: name of a condition → rows that meet it.
        examples: up to three conversation ids for each of duplicates, unknown_status, unknown_label, non_success, and for each
            condition.
    """

    classifier: str
    rows: int = 0
    conversations: int = 0
    duplicates: int = 0
    succeeded: int = 0
    most_frequent: int = 0
    unknown_status: int = 0
    unknown_label: int = 0
    by_status: Mapping[str, int] = field(default_factory=dict)
    meeting: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Counts over the rows of a run."""

    rows: int
    truncated_rows: int
    classifiers: tuple[ClassifierCounts, ...]


def count_columns(urls: Sequence[str]) -> list[ColumnComparison]:
    """Compare every file's schema with the label row; equal comparisons of several files are one element."""
    files_of: dict[tuple[str, str, str], list[str]] = {}
    for url in urls:
        for column, expected, actual in _columns_of(url):
            files_of.setdefault((column, expected, actual), []).append(url.rsplit("/", 1)[-1])
    return [ColumnComparison(*key, files=len(files), where=files[0]) for key, files in files_of.items()]


def _columns_of(url: str) -> list[tuple[str, str, str]]:
    try:
        with open_verified(url) as opened:
            schema = opened.metadata.schema.to_arrow_schema()
    except (OSError, StoreError):
        return [("(file)", "Parquet", "unreadable")]
    known = [name for name in LABELS.names if name in schema.names or name not in NEWER_LABELS]
    expected = [(name, LABELS.field(name).type) for name in known]
    columns = [(name, str(type_), _type_name(schema, name, type_)) for name, type_ in expected]
    return columns + [(name, "absent", str(schema.field(name).type)) for name in schema.names if name not in LABELS.names]


def _type_name(schema: pa.Schema, name: str, expected: pa.DataType) -> str:
    indices = schema.get_all_field_indices(name)
    if len(indices) != 1:
        return "absent" if not indices else "given twice"
    actual = schema.field(indices[0]).type
    # The type as text also has the name of a list's items, in which equal types may differ.
    return str(expected if actual.equals(expected) else actual)


def count_rows_by_classifier(
    urls: Sequence[str], allowed: Sequence[AllowedLabels], conditions: Mapping[str, str] | None = None
) -> RowCounts:
    """Count the rows of all files; the files must have the label row's schema.

    A classifier of `allowed` without rows has zeros; all labels of a classifier that is not in `allowed` are unknown.

    Args:
        conditions: name → an SQL condition over label rows; `meeting` has their counts.

    Raises:
        StoreError: the files cannot be read, or a condition is not valid SQL.
    """
    conditions = conditions or {}
    if not urls:
        return RowCounts(0, 0, tuple(ClassifierCounts(allowed_labels.classifier) for allowed_labels in allowed))
    with sql_engine.connect() as con:
        sql_engine.read(con, "landed", urls, LABELS.names if conditions else _COLUMNS, newer=NEWER_LABELS)
        con.register("allowed", _allowed_table(allowed))
        totals = next(sql_engine.records(con, _TOTALS))
        counted = {row["classifier"]: row for row in sql_engine.records(con, _BY_CLASSIFIER)}
        members = {row["classifier"]: row for row in sql_engine.records(con, _MEMBERS)}
        tops = {row["classifier"]: row["most_frequent"] for row in sql_engine.records(con, _MOST_FREQUENT)}
        meeting = {row["classifier"]: row for row in sql_engine.records(con, _meeting_sql(conditions))} if conditions else {}
    names = dict.fromkeys([allowed_labels.classifier for allowed_labels in allowed] + sorted(counted))
    classifiers = [
        _classifier_counts(counted[name], members[name], tops.get(name, 0), _met(conditions, meeting.get(name)))
        if name in counted
        else ClassifierCounts(name)
        for name in names
    ]
    return RowCounts(totals["n"], totals["truncated"], tuple(classifiers))


def _allowed_table(allowed: Sequence[AllowedLabels]) -> pa.Table:
    words = pa.list_(pa.string())
    return pa.table(
        {
            "classifier": pa.array([allowed_labels.classifier for allowed_labels in allowed], pa.string()),
            "allowed_labels": pa.array([list(allowed_labels.labels) for allowed_labels in allowed], words),
            "allowed_items": pa.array([list(allowed_labels.items) for allowed_labels in allowed], words),
        }
    )


def _meeting_sql(conditions: Mapping[str, str]) -> str:
    counts = [
        f"count(*) filter ({condition}) as n_{number}, min(conversation_id, 3) filter ({condition}) as ids_{number}"
        for number, condition in enumerate(conditions.values())
    ]
    return f"select classifier, {', '.join(counts)} from landed group by classifier"  # noqa: S608 - conditions are written in the checks' code


def _met(conditions: Mapping[str, str], row: Mapping[str, Any] | None) -> dict[str, tuple[int, tuple[str, ...]]]:
    """For each condition, how many rows meet it and up to three of their conversations."""
    if row is None:
        return {}
    return {name: (row[f"n_{number}"], tuple(row[f"ids_{number}"] or ())) for number, name in enumerate(conditions)}


def _classifier_counts(
    counted: dict[str, Any], members: dict[str, Any], most_frequent: int, met: Mapping[str, tuple[int, tuple[str, ...]]]
) -> ClassifierCounts:
    examples = {name: counted[f"{name}_ids"] for name in ("unknown_status", "unknown_label", "non_success")}
    examples["duplicates"] = members["ids"]
    examples |= {name: list(ids) for name, (_, ids) in met.items()}
    return ClassifierCounts(
        classifier=counted["classifier"],
        rows=counted["n"],
        conversations=members["conversations"],
        duplicates=counted["n"] - members["conversations"],
        succeeded=counted["succeeded"],
        most_frequent=most_frequent,
        unknown_status=counted["unknown_status"],
        unknown_label=counted["unknown_label"],
        by_status={status.value: counted[status.value] for status in _FAILURES if counted[status.value]},
        meeting={name: count for name, (count, _) in met.items()},
        examples={name: tuple(ids) for name, ids in examples.items() if ids},
    )


_FAILURES = tuple(status for status in RowStatus if status is not RowStatus.SUCCESS)
_KNOWN = ", ".join(f"'{status}'" for status in RowStatus)
_COUNT_FAILURES = ",\n  ".join(f"count(*) filter (status = '{status}') as \"{status}\"" for status in _FAILURES)

_TOTALS = "select count(*) as n, count(*) filter (truncated_tokens > 0) as truncated from landed"

_BY_CLASSIFIER = f"""
with judged as (
  select l.classifier, l.conversation_id, l.status, l.status not in ({_KNOWN}) as odd_status,
    l.status = 'success' and not (
      coalesce(list_contains(a.allowed_labels, l.label), false)
      and coalesce(list_has_all(a.allowed_items, coalesce(l.labels, [])), false)
    ) as odd_label
  from landed l left join allowed a on a.classifier = l.classifier
)
select classifier, count(*) as n,
  count(*) filter (status = 'success') as succeeded,
  count(*) filter (odd_status) as unknown_status,
  count(*) filter (odd_label) as unknown_label,
  {_COUNT_FAILURES},
  min(conversation_id, 3) filter (odd_status) as unknown_status_ids,
  min(conversation_id, 3) filter (odd_label) as unknown_label_ids,
  min(conversation_id, 3) filter (status <> 'success') as non_success_ids
from judged group by classifier
"""  # noqa: S608 - values of an enum in this package

_MEMBERS = """
select classifier, count(*) as conversations, min(conversation_id, 3) filter (n > 1) as ids
from (select classifier, conversation_id, count(*) as n from landed group by classifier, conversation_id)
group by classifier
"""

_MOST_FREQUENT = """
select classifier, max(n) as most_frequent
from (select classifier, label, count(*) as n from landed where status = 'success' group by classifier, label)
group by classifier
"""
