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
# A run with less than this did not load the endpoints fully: it shows its demand, not their capacity.
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
    """The rate of all realtime endpoints together; None if there are none.

    Args:
        records: of earlier runs, latest first; records of other lanes and endpoints are ignored.
        this_run: shards of this run that have landed; if they are enough, `records` is ignored.
    """
    names = endpoint_names(endpoints, Lane.REALTIME)
    if not names:
        return None
    shards = [pace for pace in this_run if pace.endpoints == names]
    seconds = _union_s([(pace.began_at, pace.ended_at) for pace in shards])
    if seconds >= _LEAST_SECONDS and sum(pace.requests for pace in shards) >= _LEAST_REQUESTS:
        return RealtimePace(sum(pace.tokens for pace in shards) / seconds, "measured in this run")
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
    """The rate of all flex endpoints together; None if there are none. Unless measured, a fraction of the realtime rate."""
    names = endpoint_names(endpoints, Lane.FLEX)
    if not names:
        return None
    rate = config.tokens_per_minute / 60 if realtime is None else realtime.tokens_per_s
    return _measured(records, Lane.FLEX, names) or RealtimePace(rate * config.flex_pace, "assumed: routing.flex_pace")


def _measured(records: Sequence[LaneRecord], lane: Lane, names: str) -> RealtimePace | None:
    """The median rate of the latest informative runs of a lane at the same endpoints."""
    same = [record for record in records if record.lane == lane and record.endpoints == names]
    latest = [record for record in same if record.seconds >= _LEAST_SECONDS and record.requests >= _LEAST_REQUESTS][:_RUNS]
    if not latest:
        return None
    rate = median(record.tokens / record.seconds for record in latest)
    return RealtimePace(rate, f"measured in {count(len(latest), 'run')}")


def batch_pace(jobs: Sequence[BatchJob], *, held_tokens: int, queue_tokens: int | None, config: RoutingConfig) -> BatchPace:
    """How long a batch job takes: the 90th percentile of the latest jobs, or the configured time if there are too few.

    Args:
        jobs: of the queues that would be used, in any state and order; only ended jobs count.
        held_tokens: tokens that jobs of all runs have in these queues now.
        queue_tokens: total capacity of the queues; None if unknown.
    """
    ended = [job for job in jobs if job.submitted_at is not None and job.finished_at is not None and job.answered is not None]
    latest = sorted(ended, key=lambda job: job.submitted_at.timestamp() if job.submitted_at else 0.0)[-_JOBS:]
    assumed_s = config.batch_hours * 3_600
    if len(latest) < _LEAST_JOBS:
        return BatchPace(assumed_s, "assumed: routing.batch_hours", queue_tokens, held_tokens)
    turnaround_s = quantiles([_seconds(job, assumed_s) for job in latest], n=10, method="inclusive")[8]
    return BatchPace(turnaround_s, f"90th percentile of the latest {len(latest)} jobs", queue_tokens, held_tokens)


def _union_s(spans: Sequence[tuple[float, float]]) -> float:
    """Seconds covered by at least one of the spans, since shards may overlap or be hours apart."""
    total, until = 0.0, float("-inf")
    for began, ended in sorted(spans):
        total += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return total


def endpoint_names(endpoints: Sequence[Endpoint], lane: Lane) -> str:
    """The names of a lane's endpoints in the form of the ledger's table `lane_record`."""
    return ",".join(sorted(endpoint.name for endpoint in endpoints if lane in endpoint.lanes))


def _seconds(job: BatchJob, assumed_s: float) -> float:
    assert job.submitted_at is not None
    assert job.finished_at is not None
    elapsed_s = (job.finished_at - job.submitted_at).total_seconds()
    # A cancelled or expired job would have taken longer, by an unknown time.
    return max(elapsed_s, assumed_s) if job.provider_status in {"cancelled", "expired"} else elapsed_s
