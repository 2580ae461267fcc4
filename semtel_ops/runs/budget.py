"""Division of a run's budget among its shards, so that independent tasks together stay within it."""

from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import ShardRef
from semtel_ops.store.files import read_document


def part_of_budget(plan: RunPlan, shard: ShardRef) -> float | None:
    """A shard's part of the run's budget, in proportion to its work; None if the run has no budget."""
    if plan.config.budget_usd is None:
        return None
    if plan.reprocess is not None:
        return float(plan.config.budget_usd * shard["asked_rows"] / max(1, plan.reprocess.asked_rows))
    sample = read_document(plan.folder.sample, step="sample")
    return float(plan.config.budget_usd * shard["conversations"] / max(1, sample["sampled"]))
