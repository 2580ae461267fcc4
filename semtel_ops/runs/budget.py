"""Division of a run's budget among its shards, so that independent tasks together stay within it."""

from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import ShardRef
from semtel_ops.store.files import read_document


def part_of_budget(plan: RunPlan, shard: ShardRef) -> float | None:
    """A shard's part of the run's budget, in proportion to its work; None if the run has no budget."""
    if plan.config.budget_usd is None:
        return None
    budget = plan.config.budget_usd - (bridge_budget(plan) or 0.0)
    if plan.reprocess is not None:
        return float(budget * shard["asked_rows"] / max(1, plan.reprocess.asked_rows))
    sample = read_document(plan.folder.sample, step="sample")
    return float(budget * shard["conversations"] / max(1, sample["sampled"]))


def bridge_budget(plan: RunPlan) -> float | None:
    """The bridge's part of the run's budget, in proportion to its rows; None without a budget or a bridge."""
    if plan.config.budget_usd is None or plan.bridge is None:
        return None
    sample = read_document(plan.folder.sample, step="sample")
    bridged = plan.bridge.rows * len(plan.bridge.classifiers)
    return float(plan.config.budget_usd * bridged / (bridged + sample["sampled"] * len(plan.classifiers)))
