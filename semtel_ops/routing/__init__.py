"""Which lane a shard takes, and why: realtime now, or a batch at a discount that may take a day.

Here: estimates of work, paces learned from earlier runs, and the pure choice. Not here: reading the week or the ledger
(`steps.choose_lane`), doing the work (`realtime`, `batch`).
"""

from semtel_ops.routing.estimate import Load, cost_usd, load_of
from semtel_ops.routing.history import batch_pace, realtime_pace
from semtel_ops.routing.lane import BatchPace, LaneChoice, RealtimePace, RunFacts, choose_lane, route

__all__ = [
    "BatchPace",
    "LaneChoice",
    "Load",
    "RealtimePace",
    "RunFacts",
    "batch_pace",
    "choose_lane",
    "cost_usd",
    "load_of",
    "realtime_pace",
    "route",
]
