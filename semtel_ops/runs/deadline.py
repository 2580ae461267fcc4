"""When a run's rows should have landed."""

from datetime import UTC, datetime

from semtel_ops.runs.plan import RunPlan
from semtel_ops.store.files import read_json


def due_at(plan: RunPlan) -> datetime | None:
    """The configured deadline, or None; the default target of a run is not a deadline."""
    if plan.deadline is not None:
        return plan.deadline
    lanes = read_json(plan.folder.lanes)
    if lanes is None or plan.config.routing.deadline_hours is None:
        return None
    return datetime.fromtimestamp(lanes["deadline"], UTC)
