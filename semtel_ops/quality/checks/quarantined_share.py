"""Detects a source with many records that cannot be read."""

from semtel_ops.quality.checks.check import RunCheck
from semtel_ops.quality.evidence import Evidence
from semtel_ops.settings import AlertKind, CheckPolicy, Severity


class QuarantinedShare(RunCheck):
    """Share of the source's records that could not be read."""

    id = "quarantined_share"
    description = "Records that could not be read."
    default = CheckPolicy(severity=Severity.WARN, limit=0.10)
    alert = AlertKind.QUARANTINE

    def observe(self, evidence: Evidence) -> float | None:
        records = evidence.counts.population + evidence.counts.quarantined
        return evidence.counts.quarantined / records if records else None
