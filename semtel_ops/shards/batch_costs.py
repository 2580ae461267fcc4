"""What batch jobs cost beyond the answers that came of them: billed, and lost. Pure, over rows of the ledger."""

from collections.abc import Iterable, Mapping

from semtel_ops.endpoints import Lane
from semtel_ops.endpoints.model import Price
from semtel_ops.store.batch_ledger import BatchJob

_NOTHING_USD = 1e-9


def lost_usd(jobs: Iterable[BatchJob], prices: Mapping[str, Price]) -> float | None:
    """What answers cost that were billed and lost, by the jobs' records; None if the cost of a job is unknown.

    Args:
        prices: by endpoint. Jobs of other endpoints are left out: without a price, no cost is known anyway.
    """
    total = 0.0
    for job in jobs:
        if job.answered is not None and job.endpoint in prices:
            beyond = _beyond_usd(job, prices[job.endpoint])
            if beyond is None:
                return None
            total += beyond
    return total


def most_lost_usd(jobs: Iterable[BatchJob], prices: Mapping[str, Price], max_output_tokens: int) -> float:
    """The most that lost answers can have cost, for a budget: a missing answer counts with the largest cost of its request.

    A token has at least one byte, and a reply at most `max_output_tokens`.
    """
    total = 0.0
    for job in jobs:
        if job.answered is None or job.endpoint not in prices:
            continue
        beyond = _beyond_usd(job, prices[job.endpoint])
        most = prices[job.endpoint].cost_usd(-(-job.bytes // max(1, job.requests)), max_output_tokens, Lane.BATCH)
        if beyond is None:
            total += most * ((job.missing or 0) + (job.failed or 0))
        elif beyond:
            total += max(beyond, most * (job.missing or 0))
    return total


def _beyond_usd(job: BatchJob, price: Price) -> float | None:
    if job.cost_usd is None:
        return None
    beyond = job.cost_usd - price.cost_usd(job.input_tokens or 0, job.output_tokens or 0, Lane.BATCH)
    return beyond if beyond > _NOTHING_USD else 0.0
