"""All that the checks look at, gathered before any of them is asked."""

from dataclasses import dataclass

from semtel_ops.quality.counts import AllowedLabels, ColumnFact, RowCounts
from semtel_ops.quality.drift import ShareChange


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


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a run before it is judged.

    Attributes:
        urls: landed files, in the order of the shards.
        columns: of `counts.count_columns`; where one does not match, `rows` is not looked at.
        changes: label shares against the last published weeks.
    """

    week: str
    urls: tuple[str, ...]
    allowed: tuple[AllowedLabels, ...]
    columns: tuple[ColumnFact, ...]
    rows: RowCounts
    changes: tuple[ShareChange, ...]
    counts: RunCounts

    def expected_rows(self, classifier: str) -> int:
        """A row for each sampled conversation of a classifier that was asked, none of any other."""
        return self.counts.sampled if any(each.classifier == classifier for each in self.allowed) else 0
