"""Detects a model that always gives the same answer."""

from collections.abc import Sequence

from semtel_ops.quality.checks.check import ClassifierCheck
from semtel_ops.quality.counts import ClassifierCounts
from semtel_ops.quality.gx import Condition
from semtel_ops.settings import CheckPolicy, Severity


class ConstantOutputShare(ClassifierCheck):
    """Share of a classifier's rows with its most frequent label. Detects a model that always gives the same answer."""

    id = "constant_output_share"
    description = "Rows with the most frequent label: a model that always gives the same answer."
    default = CheckPolicy(severity=Severity.WARN, limit=0.98)

    def observe(self, counts: ClassifierCounts, expected_rows: int) -> float | None:  # noqa: ARG002
        return counts.most_frequent / counts.succeeded if counts.succeeded else None

    def conditions(self, min_rows: int) -> Sequence[Sequence[Condition]]:
        return [[("succeeded", ">=", min_rows)]]
