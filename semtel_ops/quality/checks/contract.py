"""The contract of a week: checks that are always active and always stop the run. They have no settings."""

from collections.abc import Sequence

from semtel_ops.humanize import count, number
from semtel_ops.quality.checks.check import NO_ROWS, ClassifierCheck
from semtel_ops.quality.counts import ClassifierCounts
from semtel_ops.quality.gx import Condition


class _ContractCheck(ClassifierCheck):
    """Counts rows that must not exist; a single row is enough to fail."""

    unit = "rows"
    default = NO_ROWS

    def conditions(self, min_rows: int) -> Sequence[Sequence[Condition]]:  # noqa: ARG002 - any number of rows is checked
        return [[]]


class RowsComplete(_ContractCheck):
    """The number of conversations with a row is the number of sampled conversations."""

    id = "rows_complete"
    description = "Every sampled conversation has a row of every classifier."
    column = "missing_rows"
    unanswered = True

    def observe(self, counts: ClassifierCounts, expected_rows: int) -> float | None:
        return abs(expected_rows - counts.conversations)

    def explain(self, counts: ClassifierCounts, expected_rows: int) -> Sequence[str]:
        if expected_rows == counts.conversations:
            return ()
        return [f"{count(counts.conversations, 'conversation')} have rows, {number(expected_rows)} were sampled"]


class RowsUnique(_ContractCheck):
    """No conversation has two rows of a classifier."""

    id = "rows_unique"
    description = "No conversation has two rows of one classifier."
    column = "duplicate_rows"
    examples_of = "duplicates"

    def observe(self, counts: ClassifierCounts, expected_rows: int) -> float | None:  # noqa: ARG002
        return counts.duplicates


class StatusKnown(_ContractCheck):
    """Every status is in `RowStatus`."""

    id = "status_known"
    description = "Every status is a known status."
    column = "unknown_status_rows"
    examples_of = "unknown_status"

    def observe(self, counts: ClassifierCounts, expected_rows: int) -> float | None:  # noqa: ARG002
        return counts.unknown_status


class LabelKnown(_ContractCheck):
    """Every row that succeeded has a label, and it is one of its classifier's labels."""

    id = "label_known"
    description = "Every row that succeeded has a label of its classifier."
    column = "unknown_label_rows"
    examples_of = "unknown_label"

    def observe(self, counts: ClassifierCounts, expected_rows: int) -> float | None:  # noqa: ARG002
        return counts.unknown_label


CONTRACT = (RowsComplete(), RowsUnique(), StatusKnown(), LabelKnown())
