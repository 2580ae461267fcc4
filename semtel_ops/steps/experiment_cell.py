"""Run one cell of an experiment: label the sample with the cell's strategy, once for each repeat."""

import logging
from typing import Any, cast

from semtel_ops.clock import SystemClock
from semtel_ops.endpoints.catalog import ResolveConnection
from semtel_ops.experiments import Cell
from semtel_ops.humanize import count, money
from semtel_ops.labellers import tokens_fingerprint
from semtel_ops.runs.documents import CellForecast
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import LogProgress, Progress
from semtel_ops.runs.refs import CellRef, ShardForecast, ShardManifest, ShardRef
from semtel_ops.runs.resources import Resources, classifiers_of
from semtel_ops.shards.rows import ShardRows
from semtel_ops.steps.classify import check_shard, classify_shard
from semtel_ops.steps.experiment_plan import ExperimentPlan
from semtel_ops.steps.prepare import prepare_shard
from semtel_ops.store.files import exists, read_json, write_json
from semtel_ops.store.journal import import_outcomes, spent_by_run
from semtel_ops.store.parquet import atomic_parquet, read_batches
from semtel_ops.store.rooted import encode
from semtel_ops.store.tables import PREPARED

log = logging.getLogger(__name__)


def forecast_cell(ref: CellRef, *, resolve_connection: ResolveConnection | None = None) -> CellForecast:
    """Forecast requests and cost of a cell over all its repeats, without stored answers. Sends no requests."""
    plan, cell = _of(ref)
    resources = Resources(resolve_connection=resolve_connection)
    total: CellForecast = {**ref, "requests": 0, "reused": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0}
    for repeat in range(plan.config.repeats):
        run = _begin(plan, cell, repeat, dry_run=True)
        if repeat == 0 and cell.pack == 1:
            _borrow(plan, run)
        for shard in plan.shards:
            forecast = cast("ShardForecast", classify_shard({**shard, "run": run.url}, resources=resources))
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
        run = _begin(plan, cell, repeat)
        if repeat == 0 and cell.pack == 1:
            _borrow(plan, run)
        for shard in plan.shards:
            asked: ShardRef = {**shard, "run": run.url}
            landed = cast("ShardManifest", classify_shard(asked, resources=resources, budget_usd=_left(plan, run)))
            check_shard(landed)
            requests += landed["requests"]
            cost_usd += landed["cost_usd"] or 0.0
            seconds += landed["seconds"]
    log.info("cell %s: %s, %s", cell.id, count(requests, "request"), money(cost_usd))
    return {**ref, "requests": requests, "cost_usd": cost_usd, "seconds": round(seconds, 3)}


def compress_s(plan: ExperimentPlan, cell: Cell) -> float:
    """How long it took to compress the sample as this cell does."""
    run = _preparing(plan, cell)
    return sum(float(_prepared(run, shard["shard"])["compress_s"]) for shard in plan.shards)


def _of(ref: CellRef) -> tuple[ExperimentPlan, Cell]:
    plan = ExperimentPlan.load(ref["experiment"])
    return plan, plan.cells[ref["cell"]]


def _begin(plan: ExperimentPlan, cell: Cell, repeat: int, *, dry_run: bool = False) -> RunPlan:
    """Write what a run has before it asks: its plan, the sample, the prepared conversations."""
    run = plan.run_of(cell, repeat)
    if dry_run:
        run = run.model_copy(update={"run_id": f"{run.run_id}.forecast", "dry_run": True})
    run.save()
    write_json(run.folder.sample, encode(plan.sample, run.lake))
    prepared = _preparing(plan, cell)
    for shard in plan.shards:
        number = shard["shard"]
        _prepare(prepared, shard)
        _copy(prepared.paths.run(run.week, prepared.run_id).prepared(number), run.folder.prepared(number))
    return run


def _preparing(plan: ExperimentPlan, cell: Cell) -> RunPlan:
    """The run under whose name conversations lie as they are prepared for this cell, and for all that cut text alike.

    LLMLingua-2 takes minutes for a sample: it is not done again for each cell and repeat.
    """
    run = plan.run_of(cell, 0)
    return run.model_copy(update={"run_id": f"{plan.id}.prepared.{tokens_fingerprint(run.config.tokens)[:12]}"})


def _prepare(run: RunPlan, shard: ShardRef) -> None:
    number = shard["shard"]
    if exists(run.folder.prepared(number)) and _prepared(run, number):
        return
    run.save()
    own: ShardRef = {**shard, "run": run.url}
    write_json(_prepared_url(run, number), encode(prepare_shard(own), run.lake))


def _prepared(run: RunPlan, number: int) -> dict[str, Any]:
    """Manifest of a prepared shard; empty before preparation."""
    return read_json(_prepared_url(run, number)) or {}


def _prepared_url(run: RunPlan, number: int) -> str:
    return run.folder.path(f"prepared-{number:04d}.json")


def _copy(source: str, target: str) -> None:
    with atomic_parquet(target, PREPARED) as copy:
        for batch in read_batches(source):
            copy.write_batch(batch)


def _borrow(plan: ExperimentPlan, run: RunPlan) -> None:
    """Take over what weekly runs have paid for: their plain calls are the same requests."""
    if plan.reuse is None:
        return
    specs = classifiers_of(run)
    for shard in plan.shards:
        rows = ShardRows(run, {**shard, "run": run.url}, specs, run.models, LogProgress(), SystemClock())
        plans = list(rows.plans())
        keys = {request_plan.request.key(model) for request_plan in plans for model in run.models}
        imported = import_outcomes(
            plan.reuse, run.journal_url, keys, frames={request_plan.request.frame.fingerprint for request_plan in plans}
        )
        if imported:
            log.info("%s of earlier runs reused", count(imported, "answer"))


def _left(plan: ExperimentPlan, run: RunPlan) -> float | None:
    """Budget of one run of the experiment: the total less the cost of the other runs."""
    budget_usd = plan.base.config.budget_usd
    if budget_usd is None:
        return None
    spent = spent_by_run(run.journal_url, f"{plan.id}.")
    return max(0.0, budget_usd - sum(cost for run_id, cost in spent.items() if run_id != run.run_id))
