"""Run one cell of an experiment: label the sample with the cell's strategy, once for each repeat."""

import logging
from typing import Any, cast

from semtel_ops.endpoints.catalog import ResolveConnection
from semtel_ops.experiments import Cell
from semtel_ops.humanize import count, money
from semtel_ops.runs.documents import CellForecast
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import LogProgress, Progress
from semtel_ops.runs.refs import CellRef, ShardForecast, ShardManifest, ShardRef
from semtel_ops.runs.resources import Resources
from semtel_ops.steps.classify import check_shard, classify_shard
from semtel_ops.steps.experiment_plan import ExperimentPlan
from semtel_ops.steps.set_run import begin_run, prepared_manifest
from semtel_ops.store.journal import spent_by_run

log = logging.getLogger(__name__)


def forecast_cell(ref: CellRef, *, resolve_connection: ResolveConnection | None = None) -> CellForecast:
    """Forecast requests and cost of a cell over all its repeats, without stored answers. Sends no requests."""
    plan, cell = _of(ref)
    resources = Resources(resolve_connection=resolve_connection)
    total: CellForecast = {**ref, "requests": 0, "reused": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0}
    for repeat in range(plan.config.repeats):
        _run, shards = _begin(plan, cell, repeat, dry_run=True)
        for shard in shards:
            forecast = cast("ShardForecast", classify_shard(shard, resources=resources))
            total["requests"] += forecast["requests"]
            total["reused"] += forecast["reused"]
            total["input_tokens"] += forecast["input_tokens"]
            total["output_tokens"] += forecast["output_tokens"]
            cost_usd, more_usd = total["cost_usd"], forecast["cost_usd"]
            total["cost_usd"] = None if cost_usd is None or more_usd is None else cost_usd + more_usd
    return total


def measure_cell(
    ref: CellRef, *, resolve_connection: ResolveConnection | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Write the rows of every repeat of a cell. Resumes after an interruption; a second call sends no requests.

    Raises:
        BudgetExceededError: the next request could cost more than is left of the experiment's budget.
    """
    plan, cell = _of(ref)
    resources = Resources(resolve_connection=resolve_connection, progress=progress or LogProgress())
    requests, cost_usd, seconds = 0, 0.0, 0.0
    for repeat in range(plan.config.repeats):
        run, shards = _begin(plan, cell, repeat)
        for shard in shards:
            landed = cast("ShardManifest", classify_shard(shard, resources=resources, budget_usd=_left(plan, run)))
            check_shard(landed)
            requests += landed["requests"]
            cost_usd += landed["cost_usd"] or 0.0
            seconds += landed["seconds"]
    log.info("cell %s: %s, %s", cell.id, count(requests, "request"), money(cost_usd))
    return {**ref, "requests": requests, "cost_usd": cost_usd, "seconds": round(seconds, 3)}


def compress_s(plan: ExperimentPlan, cell: Cell) -> float:
    """How long it took to compress the sample as this cell does."""
    run = plan.run_of(cell, 0)
    return sum(float(prepared_manifest(run, shard["shard"])["compress_s"]) for shard in plan.shards)


def _of(ref: CellRef) -> tuple[ExperimentPlan, Cell]:
    plan = ExperimentPlan.load(ref["experiment"])
    return plan, plan.cells[ref["cell"]]


def _begin(plan: ExperimentPlan, cell: Cell, repeat: int, *, dry_run: bool = False) -> tuple[RunPlan, list[ShardRef]]:
    """The run of a repeat and its shards, ready to be asked. Plain requests are the same as those of weekly runs."""
    run = plan.run_of(cell, repeat)
    if dry_run:
        run = run.model_copy(update={"run_id": f"{run.run_id}.forecast", "dry_run": True})
    return run, begin_run(run, plan.sample, reuse=plan.reuse if repeat == 0 and cell.pack == 1 else None)


def _left(plan: ExperimentPlan, run: RunPlan) -> float | None:
    """Budget of one run of the experiment: the total less the cost of the other runs."""
    budget_usd = plan.base.config.budget_usd
    if budget_usd is None:
        return None
    spent = spent_by_run(run.journal_url, f"{plan.id}.")
    return max(0.0, budget_usd - sum(cost for run_id, cost in spent.items() if run_id != run.run_id))
