"""Classifiers that a combined run asks in separate requests, because their combined labels disagreed with separate ones.

A shard decides once, when it is first opened, from the shards of its run that have landed and from what earlier runs wrote in
the ledger (`RunPlan.unbundled`). The decision is stored with the shard's counts, so that a restart sends the same requests.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import cast

from semtel_ops.evaluation import Share, share_of
from semtel_ops.humanize import number, percent
from semtel_ops.runs.documents import StrategyDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.shards.comparison_counts import AGREE, DIFFER, ComparisonCounts, merged
from semtel_ops.store.files import list_files, read_json, write_json

log = logging.getLogger(__name__)


def unbundled_for(plan: RunPlan, shard: int) -> tuple[str, ...]:
    """The shard's decision, made now or before."""
    if not plan.config.strategy.combine:
        return ()
    url = plan.folder.strategy(shard)
    decision: StrategyDocument | None = read_json(url)
    if decision is not None:
        return tuple(decision["unbundled"])
    disagreed = disagreeing(comparisons_of(plan), plan)
    unbundled = tuple(name for name in plan.classifiers if name in plan.unbundled or name in disagreed)
    for name, share in disagreed.items():
        log.warning(
            "shard %d: %s is asked in separate requests: %s", shard, name, in_words(share, plan.config.strategy.shadow_floor)
        )
    if not plan.dry_run:
        document: StrategyDocument = {"unbundled": list(unbundled)}
        write_json(url, document)
    return unbundled


def write_comparisons(plan: RunPlan, shard: int, comparisons: ComparisonCounts, unbundled: Sequence[str]) -> None:
    """Record the comparisons of a finished shard; a plain run has none."""
    if not plan.config.strategy.plain:
        document = cast("StrategyDocument", {"unbundled": list(unbundled), **comparisons.as_json()})
        write_json(plan.folder.strategy(shard), document)


def comparisons_of(plan: RunPlan) -> ComparisonCounts:
    """The counts of all landed shards of a run."""
    return merged(_written(plan))


def unbundled_of(plan: RunPlan) -> tuple[str, ...]:
    """Classifiers that any shard of a run asked separately."""
    names = {name for comparisons in _written(plan) for name in comparisons["unbundled"]}
    return tuple(name for name in plan.classifiers if name in names)


def disagreeing(comparisons: ComparisonCounts, plan: RunPlan) -> dict[str, Share]:
    """Classifiers whose combined labels agree with separate ones less than the floor, given enough comparisons."""
    config = plan.config.strategy
    shares = {name: agreement(comparisons.shadow, name) for name in plan.classifiers}
    return {name: share for name, share in shares.items() if share.n >= config.shadow_min and share.share < config.shadow_floor}


def agreement(counted: Mapping[tuple[str, ...], int], *key: str) -> Share:
    """The share of compared answers that agree, with its interval."""
    agreed, differed = counted.get((*key, AGREE), 0), counted.get((*key, DIFFER), 0)
    n = agreed + differed
    return share_of(agreed, n, n, n)


def in_words(share: Share, floor: float) -> str:
    return (
        f"its combined answers agree with separate ones in {percent(share.share)} of {number(share.n)} "
        f"({percent(share.low)} to {percent(share.high)}), below the floor of {percent(floor, 0)}"
    )


def _written(plan: RunPlan) -> list[StrategyDocument]:
    urls = list_files(plan.folder.strategy_folder, ".json")
    return [comparisons for comparisons in map(read_json, urls) if comparisons is not None]
