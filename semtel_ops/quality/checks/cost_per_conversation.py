"""Detects a run that costs more than expected."""

from collections.abc import Sequence

from semtel_ops.quality.checks.check import RunCheck
from semtel_ops.quality.evidence import Evidence
from semtel_ops.settings import CheckPolicy, Severity


class CostPerConversation(RunCheck):
    """Cost in USD of labelling one conversation with all classifiers."""

    id = "cost_per_conversation_usd"
    description = "Cost of labelling a conversation with all classifiers."
    unit = "usd"
    default = CheckPolicy(severity=Severity.WARN, limit=0.05)

    def observe(self, evidence: Evidence) -> float | None:
        counts = evidence.counts
        return counts.cost_usd / counts.sampled if counts.cost_usd is not None and counts.sampled else None

    def explain(self, evidence: Evidence) -> Sequence[str]:
        return ["not judged: a model has no known price"] if evidence.counts.cost_usd is None else ()
