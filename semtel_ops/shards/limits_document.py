"""limits/shard=NNNN.json: what a task of a shard measured of its endpoints, for the report and for tasks that follow."""

from collections.abc import Sequence
from dataclasses import asdict
from math import inf
from typing import cast

from semtel_ops.concurrency import EndpointLimiter
from semtel_ops.runs.documents import EndpointState, LimitChange, LimitsDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.shards.limit_news import all_changes
from semtel_ops.store.files import read_json, write_json

_SHARDS_READ = 8


def write_limits(plan: RunPlan, shard: int, limiters: Sequence[EndpointLimiter]) -> None:
    """Write a shard's document; an attempt without changes, and so without calls, keeps that of an earlier attempt."""
    changes = all_changes(limiters)
    if changes:
        content: LimitsDocument = {
            "endpoints": [cast("EndpointState", asdict(limiter.snapshot())) for limiter in limiters],
            "changes": [cast("LimitChange", asdict(change)) for change in changes],
        }
        write_json(plan.folder.limits(shard), content)


def answered_s_ago(plan: RunPlan, shard: int, now: float) -> dict[str, float]:
    """Endpoint → seconds since it answered a task of this shard or of the few before it, which have probably just ended.

    `now`: seconds since 1970.
    """
    ago: dict[str, float] = {}
    for number in range(shard, max(-1, shard - _SHARDS_READ), -1):
        document: LimitsDocument | None = read_json(plan.folder.limits(number), needed=False)
        for state in document["endpoints"] if document else ():
            answered_at = state.get("answered_at")
            if answered_at is not None:
                ago[state["endpoint"]] = min(now - answered_at, ago.get(state["endpoint"], inf))
    return ago
