"""Which lane a shard takes, and why: realtime, flex (cheaper and slower) or batch (cheaper, up to a day).

Here: estimates of work, rates measured in earlier runs, the choice as a pure function, and whether a batch is late. Not here:
reading the week or the ledger (`steps.route`, `shards.batch_deadline`), doing the work (`realtime`, `batch`).
"""

from semtel_ops.routing.estimate import Load, cost_usd, load_of
from semtel_ops.routing.history import batch_pace, flex_pace, realtime_pace
from semtel_ops.routing.lane import BatchPace, LaneChoice, RealtimePace, RoutingInputs, choose_lane, route
from semtel_ops.routing.lateness import Lateness, Work, judge

__all__ = [
    "BatchPace",
    "LaneChoice",
    "Lateness",
    "Load",
    "RealtimePace",
    "RoutingInputs",
    "Work",
    "batch_pace",
    "choose_lane",
    "cost_usd",
    "flex_pace",
    "judge",
    "load_of",
    "realtime_pace",
    "route",
]
