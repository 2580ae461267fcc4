"""Detects label shares that differ from the weeks before."""

from collections.abc import Sequence

from semtel_ops.humanize import points
from semtel_ops.quality.checks.check import LabelCheck
from semtel_ops.quality.drift import ShareChange, beyond
from semtel_ops.quality.gx import Condition
from semtel_ops.quality.results import shown, too_few
from semtel_ops.settings import AlertKind, CheckPolicy, QualityConfig, Severity


class LabelShareChange(LabelCheck):
    """Change of a label's share against the last published weeks, as a difference of shares: 0.15 is 15 percentage points.

    Changes within the sampling error never fail. Weeks of another labeller are not compared; over a bridge, only the users'
    part of the change counts.
    """

    id = "label_share_change"
    description = "Change of a label's share against the last published weeks."
    default = CheckPolicy(severity=Severity.WARN, limit=0.15)
    column = "change_size"
    alert = AlertKind.LABEL_DRIFT

    def describe(self, config: QualityConfig) -> str:
        return f"Change of a label's share against the last {config.history_weeks} published weeks."

    def observe(self, change: ShareChange) -> float | None:
        return abs(change.change) if change.weeks else None

    def conditions(self, min_rows: int) -> Sequence[Sequence[Condition]]:
        return [[("n", ">=", min_rows), ("is_real", "==", "yes")]]

    def explain(self, changes: Sequence[ShareChange], limit: float, min_rows: int) -> Sequence[str]:
        if not any(change.weeks for change in changes):
            return [changes[0].not_compared or "no published week before this one to compare with"]
        if changes[0].n < min_rows:
            return [too_few(changes[0].n, min_rows)]
        details = [
            f"{change.label} {shown(change.before, 'share')} → {shown(change.share, 'share')}{_beside(change)}"
            for change in beyond(changes, limit, min_rows)
        ]
        if len(changes[0].versions) > 1:
            details.append(f"the classifier's versions in these weeks differ: {', '.join(changes[0].versions)}")
        return details


def _beside(change: ShareChange) -> str:
    return (
        "" if change.labeller is None else f" (users; beside it, the labeller changed it by {points(change.labeller)} points)"
    )
