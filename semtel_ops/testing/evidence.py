"""Evidence for quality checks from label rows, without a run."""

from collections.abc import Mapping, Sequence
from typing import Any

from semtel_ops.quality import AllowedLabels, Evidence, RunCounts, count_columns, count_rows_by_classifier
from semtel_ops.quality.checks import conditions_of
from semtel_ops.quality.counts import RowCounts
from semtel_ops.quality.drift import LabellerChange, ShareChange
from semtel_ops.settings import QualityConfig
from semtel_ops.store.layout import Lake
from semtel_ops.testing.landed import write_landed


def make_evidence(
    lake: Lake,
    rows: Sequence[Mapping[str, Any]],
    allowed: Sequence[AllowedLabels],
    *,
    urls: Sequence[str] | None = None,
    changes: Sequence[ShareChange] = (),
    labellers: Sequence[LabellerChange] = (),
    conditions: Mapping[str, str] | None = None,
    **counts: Any,
) -> Evidence:
    """Write rows to the lake and count them; with `urls`, count the rows of these files instead.

    Args:
        conditions: as in `count_rows_by_classifier`; None: those of the checks that are active by default.
        counts: fields of `RunCounts` that differ from the defaults here.
    """
    files = write_landed(lake, rows) if urls is None else list(urls)
    columns = count_columns(files)
    countable = all(column.matches for column in columns)
    sampled = len({row["conversation_id"] for row in rows})
    conditions = conditions_of(QualityConfig()) if conditions is None else conditions
    return Evidence(
        week="2026-W47",
        urls=tuple(files),
        allowed=tuple(allowed),
        columns=tuple(columns),
        rows=count_rows_by_classifier(files, allowed, conditions) if countable else RowCounts(0, 0, ()),
        changes=tuple(changes),
        labellers=tuple(labellers),
        counts=RunCounts(**{"sampled": sampled, "population": 1000, "quarantined": 0, "cost_usd": 0.1, **counts}),
    )
