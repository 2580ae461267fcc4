"""Plans a shard's next batch jobs: which endpoints get them, in what form, in files of which size; and their ledger entries."""

import hashlib
import math
from collections.abc import Sequence

from semtel_ops.batch.job_file import Caps, JobFile, Target, default_caps, format_dialect, parse_dialect
from semtel_ops.batch.queue import LEARNED_FOR_S, queue_of
from semtel_ops.endpoints import Endpoint
from semtel_ops.endpoints.dialect import Dialect
from semtel_ops.runs.plan import RunPlan
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobState


def batch_targets(
    endpoints: Sequence[Endpoint], ledger: BatchLedger, jobs: Sequence[BatchJob], *, shard: int, number: int, now: float
) -> list[Target]:
    """Endpoints in a shard's order: weighted by `weight`, different for each shard, rotated by one each round.

    Args:
        jobs: of the shard, since it last landed.
        number: of the round, from 1.
        now: seconds since 1970.
    """

    def place(endpoint: Endpoint) -> float:
        digest = hashlib.blake2b(f"{shard}\x00{endpoint.name}".encode(), digest_size=8).digest()
        return -math.log((int.from_bytes(digest) + 1) / 2**64) / endpoint.weight

    ordered = sorted(endpoints, key=place)
    turned = [ordered[(at + number - 1) % len(ordered)] for at in range(len(ordered))]
    return [Target(endpoint, _dialect(endpoint, ledger), _caps(endpoint, ledger, jobs, now)) for endpoint in turned]


def _dialect(endpoint: Endpoint, ledger: BatchLedger) -> Dialect:
    learned = ledger.learned_dialect(queue_of(endpoint))
    return Dialect() if learned is None else parse_dialect(learned)


def _caps(endpoint: Endpoint, ledger: BatchLedger, jobs: Sequence[BatchJob], now: float) -> Caps:
    """Size limits of one file: from the known queue limit, and half the size of files that were too large."""
    limit = endpoint.limits.enqueued_tokens or ledger.learned_limit(queue_of(endpoint), since=now - LEARNED_FOR_S)
    caps = default_caps(endpoint, limit)
    split = [job.requests for job in jobs if job.state is JobState.SPLIT and job.endpoint == endpoint.name]
    return Caps(min([caps.requests, *(max(1, requests // 2) for requests in split)]), caps.bytes, caps.tokens)


def planned_job(plan: RunPlan, shard: int, file: JobFile, *, at: int, number: int, now: float) -> BatchJob:
    """The ledger's entry of a job that is intended.

    Args:
        at: its index among all jobs of the shard.
        number: of the round, from 1.
        now: seconds since 1970.
    """
    run = hashlib.blake2b(f"{plan.url}\x00{plan.run_id}".encode(), digest_size=6).hexdigest()
    endpoint = file.target.endpoint
    return BatchJob(
        job_key=f"{run}-{shard:04d}-{at:03d}-{file.fingerprint[:8]}",
        week=plan.week,
        run_id=plan.run_id,
        shard=shard,
        round=number,
        endpoint=endpoint.name,
        model=endpoint.model,
        queue=queue_of(endpoint),
        fingerprint=file.fingerprint,
        dialect=format_dialect(file.target.dialect),
        input_url=file.url,
        keys_url=file.keys_url,
        requests=file.requests,
        bytes=file.bytes,
        tokens=file.tokens,
        created_at=now,
        touched_at=now,
    )
