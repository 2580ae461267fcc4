"""Detects rows without a label."""

from collections.abc import Sequence

from semtel_ops.humanize import tally
from semtel_ops.quality.checks.check import ClassifierCheck
from semtel_ops.quality.counts import ClassifierCounts
from semtel_ops.quality.gx import Condition
from semtel_ops.settings import CheckPolicy, Severity


class NonSuccessShare(ClassifierCheck):
    """Share of a classifier's rows that have no label.

    Where no row has a label, the check also applies to fewer rows than `min_rows`.
    """

    id = "non_success_share"
    description = "Rows without a label."
    default = CheckPolicy(severity=Severity.STOP, limit=0.05)
    examples_of = "non_success"
    unanswered = True

    def observe(self, counts: ClassifierCounts, expected_rows: int) -> float | None:  # noqa: ARG002
        return (counts.rows - counts.succeeded) / counts.rows if counts.rows else None

    def conditions(self, min_rows: int) -> Sequence[Sequence[Condition]]:
        return [[("rows", ">=", min_rows)], [("succeeded", "==", 0)]]

    def explain(self, counts: ClassifierCounts, expected_rows: int) -> Sequence[str]:  # noqa: ARG002
        by_status = dict(sorted(counts.by_status.items(), key=lambda item: -item[1]))
        return [tally(by_status)] if by_status else ()
