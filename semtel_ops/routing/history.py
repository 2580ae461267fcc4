"""Rates of the lanes: measured if there is enough history, else configured, else assumed. No I/O."""

from collections.abc import Sequence
from statistics import median, quantiles

from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.humanize import count
from semtel_ops.routing.lane import BatchPace, RealtimePace
from semtel_ops.settings import RoutingConfig
from semtel_ops.store.batch_ledger import BatchJob
from semtel_ops.store.lane_ledger import LaneRecord, ShardPace

_RUNS = 5
_JOBS = 50
_LEAST_JOBS = 5
# A run shorter than this never filled the endpoints: it shows what was wanted of them, not what they can do.
_LEAST_SECONDS, _LEAST_REQUESTS = 60.0, 500
_TPM_USED = 0.8
"""Fraction of a configured quota assumed usable: admission counts maximum reply lengths, and others use the quota too."""


def realtime_pace(
    records: Sequence[LaneRecord],
    endpoints: Sequence[Endpoint],
    config: RoutingConfig,
    *,
    this_run: Sequence[ShardPace] = (),
) -> RealtimePace | None:
    """The pace of all realtime endpoints together; None where there are none.

    Args:
        records: of any lane and endpoints, the latest first; those of other endpoints are ignored.
        this_run: results of this run so far; if they suffice, earlier runs are ignored.
    """
    names = endpoint_names(endpoints, Lane.REALTIME)
    if not names:
        return None
    mine = [pace for pace in this_run if pace.endpoints == names]
    seconds = _union_s([(pace.began_at, pace.ended_at) for pace in mine])
    if seconds >= _LEAST_SECONDS and sum(pace.requests for pace in mine) >= _LEAST_REQUESTS:
        return RealtimePace(sum(pace.tokens for pace in mine) / seconds, "measured in this run")
    measured = _measured(records, Lane.REALTIME, names)
    if measured is not None:
        return measured
    quotas = [endpoint.limits.tpm for endpoint in endpoints if Lane.REALTIME in endpoint.lanes]
    if all(quota is not None for quota in quotas):
        return RealtimePace(sum(quota or 0 for quota in quotas) * _TPM_USED / 60, "from limits.tpm")
    return RealtimePace(config.tokens_per_minute / 60, "assumed: routing.tokens_per_minute")


def flex_pace(
    records: Sequence[LaneRecord], endpoints: Sequence[Endpoint], config: RoutingConfig, realtime: RealtimePace | None
) -> RealtimePace | None:
    """The pace of all flex endpoints together; None where there are none. Unmeasured, a share of what realtime does."""
    names = endpoint_names(endpoints, Lane.FLEX)
    if not names:
        return None
    rate = config.tokens_per_minute / 60 if realtime is None else realtime.tokens_per_s
    return _measured(records, Lane.FLEX, names) or RealtimePace(rate * config.flex_pace, "assumed: routing.flex_pace")


def _measured(records: Sequence[LaneRecord], lane: Lane, names: str) -> RealtimePace | None:
    """The median rate of the latest informative runs of a lane at the same endpoints."""
    like = [record for record in records if record.lane == lane and record.endpoints == names]
    telling = [record for record in like if record.seconds >= _LEAST_SECONDS and record.requests >= _LEAST_REQUESTS][:_RUNS]
    if not telling:
        return None
    rate = median(record.tokens / record.seconds for record in telling)
    return RealtimePace(rate, f"measured in {count(len(telling), 'run')}")


def batch_pace(jobs: Sequence[BatchJob], *, held_tokens: int, queue_tokens: int | None, config: RoutingConfig) -> BatchPace:
    """How long a job takes: the 90th percentile of the latest.

    Args:
        jobs: of the queues that would be used, in any state; only ended ones count.
        held_tokens: what jobs of all runs have in these queues now.
        queue_tokens: total capacity of the queues, or None if unknown.
    """
    ended = [job for job in jobs if job.submitted_at is not None and job.finished_at is not None and job.answered is not None]
    latest = sorted(ended, key=lambda job: job.submitted_at.timestamp() if job.submitted_at else 0.0)[-_JOBS:]
    assumed_s = config.batch_hours * 3_600
    if len(latest) < _LEAST_JOBS:
        return BatchPace(assumed_s, "assumed: routing.batch_hours", queue_tokens, held_tokens)
    took = quantiles([_seconds(job, assumed_s) for job in latest], n=10, method="inclusive")[8]
    return BatchPace(took, f"90th percentile of the latest {len(latest)} jobs", queue_tokens, held_tokens)


def _union_s(spans: Sequence[tuple[float, float]]) -> float:
    """How long any of some spans lasted: shards run at the same time, or hours apart."""
    total, until = 0.0, float("-inf")
    for began, ended in sorted(spans):
        total += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return total


def endpoint_names(endpoints: Sequence[Endpoint], lane: Lane) -> str:
    """The endpoints of a lane as `lane_record` names them."""
    return ",".join(sorted(endpoint.name for endpoint in endpoints if lane in endpoint.lanes))


def _seconds(job: BatchJob, assumed_s: float) -> float:
    assert job.submitted_at is not None
    assert job.finished_at is not None
    took = (job.finished_at - job.submitted_at).total_seconds()
    # A cancelled job would have taken an unknown time longer.
    return max(took, assumed_s) if job.provider_status in {"cancelled", "expired"} else took
