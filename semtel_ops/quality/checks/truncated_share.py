"""Detects a token budget that is too small for the conversations."""

from semtel_ops.quality.checks.check import RunCheck
from semtel_ops.quality.evidence import Evidence
from semtel_ops.settings import CheckPolicy, Severity


class TruncatedShare(RunCheck):
    """Share of the rows whose conversation was truncated."""

    id = "truncated_share"
    description = "Rows whose conversation was truncated."
    default = CheckPolicy(severity=Severity.WARN, limit=0.25)

    def observe(self, evidence: Evidence) -> float | None:
        return evidence.rows.truncated_rows / evidence.rows.rows if evidence.rows.rows else None
