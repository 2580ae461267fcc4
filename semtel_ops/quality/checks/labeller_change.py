"""Detects weeks that another labeller labelled than the week before, or that several did."""

from collections.abc import Sequence

from semtel_ops.quality.checks.check import RunCheck
from semtel_ops.quality.evidence import Evidence
from semtel_ops.quality.gx import Condition
from semtel_ops.settings import CheckPolicy, Severity


class ChangedLabellers(RunCheck):
    """Classifiers whose labeller changed since the last published week, or that several labellers labelled, unexplained.

    A change is explained by an alignment that found both the same, by a bridge, or by a new version of the prompt.
    """

    id = "labeller_change"
    description = "Classifiers whose labeller changed unexplained, or that several labellers labelled."
    unit = "classifiers"
    default = CheckPolicy(severity=Severity.WARN, limit=0.0)

    def observe(self, evidence: Evidence) -> float | None:
        return float(sum(not change.known for change in evidence.labellers))

    def conditions(self, min_rows: int) -> Sequence[Sequence[Condition]]:  # noqa: ARG002 - one row is enough
        return [[]]

    def explain(self, evidence: Evidence) -> Sequence[str]:
        return [f"{change.classifier}: {change.reason}" for change in evidence.labellers if not change.known]
