"""The input of all checks, collected before they run."""

from dataclasses import dataclass

from semtel_ops.quality.counts import AllowedLabels, ColumnComparison, RowCounts
from semtel_ops.quality.drift import LabellerChange, ShareChange


@dataclass(frozen=True, slots=True)
class RunCounts:
    """Counts of earlier steps.

    Attributes:
        sampled: conversations of the sample; every classifier should have a row for each.
        population: records of the week that could be read, before sampling.
        quarantined: records that could not be read.
        cost_usd: what the run paid; None where a model has no known price.
    """

    sampled: int
    population: int
    quarantined: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the checks of a run are based on.

    Attributes:
        urls: landed files, in the order of the shards.
        columns: result of `count_columns`; where a column does not match, `rows` is ignored.
        changes: label shares against the last published weeks.
        labellers: classifiers whose labeller changed, or that several labelled.
    """

    week: str
    urls: tuple[str, ...]
    allowed: tuple[AllowedLabels, ...]
    columns: tuple[ColumnComparison, ...]
    rows: RowCounts
    changes: tuple[ShareChange, ...]
    counts: RunCounts
    labellers: tuple[LabellerChange, ...] = ()

    def expected_rows(self, classifier: str) -> int:
        """How many rows a classifier should have: one per sampled conversation, 0 if the run does not have the classifier."""
        return self.counts.sampled if any(labels.classifier == classifier for labels in self.allowed) else 0
