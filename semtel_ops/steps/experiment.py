"""Compare the cells of an experiment, record the results in the ledger, and write its report."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from semtel_ops.classifiers import ClassifierSpec, load_classifiers
from semtel_ops.clock import Clock, SystemClock
from semtel_ops.endpoints.catalog import ResolveConnection
from semtel_ops.errors import StoreError
from semtel_ops.evaluation import Share, compare, flips, golden_labels, read_labels
from semtel_ops.evaluation.comparison import Labels
from semtel_ops.evaluation.intervals import clustered_share
from semtel_ops.experiments import CellResult, Experiment, frontier, recommend
from semtel_ops.experiments.gate import is_simulated
from semtel_ops.experiments.results import ExperimentClassifier, time_note
from semtel_ops.humanize import count, estimate
from semtel_ops.labellers import prompt_fingerprints, strategy_fingerprint
from semtel_ops.report.experiment import render_experiment
from semtel_ops.runs.documents import CellForecast, ExperimentConclusions, ExperimentForecast
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import LogProgress, Progress
from semtel_ops.runs.refs import CellRef
from semtel_ops.runs.resources import ledger_of_environment
from semtel_ops.settings import Settings
from semtel_ops.steps.experiment_cell import compress_s, forecast_cell, measure_cell
from semtel_ops.steps.experiment_plan import ExperimentPlan, plan_experiment
from semtel_ops.steps.totals import asked_from_nothing
from semtel_ops.store.experiment_ledger import ExperimentLedger, ExperimentRecord
from semtel_ops.store.files import atomic_write, list_files, read_json, write_json
from semtel_ops.store.journal import spent_by_run
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_open import open_ledger


def run_experiment(
    request: dict[str, Any], *, experiment_id: str, out: str, settings: Settings, progress: Progress, reuse: str | None = None
) -> dict[str, Any]:
    """Run an experiment in this process: plan, forecast, measure cell after cell, compare, record, write the report.

    The forecast is shown before any request is sent; a dry run ends there.
    """
    refs = plan_experiment(request, experiment_id=experiment_id, out=out, settings=settings, reuse=reuse)
    to_ask = forecast_experiment(refs, progress=progress)
    if not to_ask:
        return {"experiment": experiment_id, "dry_run": True, **read_json(f"{out}/forecast.json")}
    for at, ref in enumerate(to_ask, start=1):
        progress.say(f"cell {at} of {len(to_ask)}: {ref['name']}")
        measure_cell(ref, progress=progress)
    with open_ledger(settings.database_url.get_secret_value()) as ledger:
        compared = compare_cells(to_ask[0]["experiment"], ledger=ledger)
    return {**compared, **write_page(to_ask[0]["experiment"])}


def forecast_experiment(
    refs: Sequence[CellRef], *, resolve_connection: ResolveConnection | None = None, progress: Progress | None = None
) -> list[CellRef]:
    """Forecast requests and cost of every cell, write forecast.json, and return the cells to run: none in a dry run."""
    plan = ExperimentPlan.load(refs[0]["experiment"])
    progress = progress or LogProgress()
    forecasts = [forecast_cell(ref, resolve_connection=resolve_connection) for ref in refs]
    for line in forecast_lines(forecasts):
        progress.say(line)
    document: ExperimentForecast = {"cells": forecasts}
    write_json(f"{plan.out}/forecast.json", document)
    return [] if plan.base.dry_run else list(refs)


def forecast_lines(cells: Sequence[CellForecast]) -> list[str]:
    """The forecast as lines of text: one per cell, and the sum, which counts requests shared by cells repeatedly."""
    lines = [
        f"forecast {cell['name']}: {_volume(cell['requests'], cell['input_tokens'])}, {estimate(cell['cost_usd'])}"
        for cell in cells
    ]
    costs = [cell["cost_usd"] for cell in cells]
    known = [cost for cost in costs if cost is not None]
    cost = sum(known) if len(known) == len(costs) else None
    requests, reused = sum(cell["requests"] for cell in cells), sum(cell["reused"] for cell in cells)
    tokens = sum(cell["input_tokens"] for cell in cells)
    return [
        *lines,
        f"forecast: at most {_volume(requests, tokens)}, {estimate(cost)}; {count(reused, 'answer')} reused",
    ]


def _volume(requests: int, input_tokens: int) -> str:
    return f"{count(requests, 'request')}, {count(input_tokens, 'input token')}"


def compare_cells(experiment: str, *, ledger: Ledger, clock: Clock | None = None) -> dict[str, Any]:
    """Compare every cell with the baseline, write experiment.json, and record the results for the strategy gate.

    Args:
        experiment: URL of plan.json.

    Raises:
        StoreError: a cell has not landed.
    """
    plan = ExperimentPlan.load(experiment)
    specs = load_classifiers(plan.base.prompts, plan.base.classifiers)
    result = _measured(plan, specs, datetime.fromtimestamp((clock or SystemClock()).now(), UTC))
    recommendation = recommend(result.cells, floor=result.floor, min_n=result.min_n, against=result.baseline)
    chosen = next((cell for cell in plan.cells if cell.id == recommendation.cell and not cell.plain), None)
    settings = chosen.settings(plan.base.config) if chosen is not None else None
    conclusions: ExperimentConclusions = {
        "frontier": frontier(result.cells),
        "recommended": {"cell": recommendation.cell, "reason": recommendation.reason, "settings": settings},
    }
    write_json(plan.result_url, {**TypeAdapter(Experiment).dump_python(result, mode="json"), **conclusions})
    ExperimentLedger(ledger).save(plan.id, _records(plan, result, specs))
    return {
        "experiment": plan.id,
        "plan": plan.url,
        "sampled": result.sampled,
        "cells": len(result.cells),
        "recommended": recommendation.cell,
        "reason": recommendation.reason,
        "settings": settings,
        "simulated": result.simulated,
        "results": plan.result_url,
    }


def compare_experiment(experiment: str) -> dict[str, Any]:
    """`compare_cells` with the ledger of this environment."""
    with ledger_of_environment() as ledger:
        return compare_cells(experiment, ledger=ledger)


def write_page(experiment: str) -> dict[str, Any]:
    """Write report.html from experiment.json."""
    plan = ExperimentPlan.load(experiment)
    document = read_json(plan.result_url)
    if document is None:
        raise StoreError(f"{plan.result_url}: does not exist; compare the cells first")
    settings = document.pop("recommended")["settings"]
    result = TypeAdapter(Experiment).validate_json(json.dumps(document))
    with atomic_write(plan.page_url) as file:
        file.write(render_experiment(result, settings).encode())
    return {"page": plan.page_url}


def _measured(plan: ExperimentPlan, specs: Sequence[ClassifierSpec], now: datetime) -> Experiment:
    config, sampled = plan.config, plan.sample["sampled"]
    ids = [spec.id for spec in specs]
    plain = plan.cells[0]
    first = _labels(plan.run_of(plain, 0))
    baseline: Labels = first
    if config.baseline == "golden":
        folder = plan.base.folder.conversations_folder
        baseline = golden_labels(list_files(folder, ".parquet"), specs)
    spent = spent_by_run(plan.base.journal_url, f"{plan.id}.")
    results: list[CellResult] = []
    for cell in plan.cells:
        runs = [plan.run_of(cell, repeat) for repeat in range(config.repeats)]
        repeats = [_labels(run) for run in runs]
        judged = _judged(repeats, cell == plain, config.baseline)
        totals = asked_from_nothing(runs[0])
        paid_usd = sum(spent.get(run.run_id, 0.0) for run in runs)
        results.append(
            CellResult(
                cell=cell,
                baseline=cell == plain,
                compared=tuple(pair for labels in judged for pair in compare(baseline, labels, ids)),
                flips=tuple(flips(repeats, ids)),
                invalid=_invalid(repeats),
                conversations=sampled,
                **totals,
                compress_s=compress_s(plan, cell),
                paid_usd=None if totals["cost_usd"] is None else paid_usd,
            )
        )
    return Experiment(
        id=plan.id,
        measured_at=now,
        sampled=sampled,
        repeats=config.repeats,
        baseline=config.baseline,
        floor=plan.floor,
        min_n=plan.base.config.strategy_gate.min_n,
        tpm=config.tpm,
        classifiers=tuple(ExperimentClassifier(spec.id, spec.name, spec.version) for spec in specs),
        simulated=any(is_simulated(cell.model) for cell in plan.cells),
        cells=tuple(replace(result, note=time_note(result, results, config.tpm)) for result in results),
    )


def _judged(repeats: Sequence[Labels], plain: bool, baseline: str) -> Sequence[Labels]:
    """The repeat of a cell that is compared.

    The first repeat of the plain cell is the baseline. In its own first repeat, a cell's separate requests (repairs, answers
    marked by the grader) are identical to the baseline's and would always agree. The second repeat has another seed, as that
    of the plain cell has, whose agreement is the most that any cell can reach.
    """
    if baseline == "golden":
        return repeats[:1]
    return repeats[1:2] if len(repeats) > 1 or plain else repeats[:1]


def _labels(run: RunPlan) -> Labels:
    urls = list_files(run.folder.landed_folder, ".parquet")
    if not urls:
        raise StoreError(f"run {run.run_id} of the experiment has no rows; its cell is incomplete, run it again")
    return read_labels(urls)


def _invalid(repeats: Sequence[Labels]) -> Share:
    """Share of rows without a label; the rows of a conversation form a cluster."""
    missing: dict[str, int] = {}
    rows: dict[str, int] = {}
    for labels in repeats:
        for (conversation, _), label in labels.items():
            rows[conversation] = rows.get(conversation, 0) + 1
            missing[conversation] = missing.get(conversation, 0) + (label is None)
    return clustered_share([missing[name] for name in rows], list(rows.values()))


def _records(plan: ExperimentPlan, result: Experiment, specs: Sequence[ClassifierSpec]) -> list[ExperimentRecord]:
    """One ledger row per strategy and classifier; none for plain requests, which need no evidence."""
    records = []
    for measured in result.cells:
        run = plan.run_of(measured.cell, 0)
        prompts = prompt_fingerprints(specs, run.config.strategy, run.prompts)
        flipped = {flip.classifier: flip.share.share for flip in measured.flips}
        records += [
            ExperimentRecord(
                experiment_id=plan.id,
                cell=measured.cell.id,
                classifier=agreement.classifier,
                model=measured.cell.model,
                prompts=prompts[agreement.classifier],
                strategy_fingerprint=strategy_fingerprint(run.config.strategy, run.config.tokens),
                strategy=json.dumps(measured.cell.settings(plan.base.config)),
                baseline=result.baseline,
                kappa=agreement.kappa.value,
                kappa_low=agreement.kappa.low,
                kappa_high=agreement.kappa.high,
                n=agreement.kappa.n,
                agreement=agreement.agreement.share,
                flip_share=flipped.get(agreement.classifier),
                invalid_share=measured.invalid.share,
                cost_per_1000_usd=None if measured.cost_usd is None else 1000 * measured.cost_usd / measured.conversations,
                simulated=is_simulated(measured.cell.model),
                measured_at=result.measured_at,
                url=plan.page_url,
            )
            for agreement in measured.compared
            if agreement.classifier is not None
        ]
    return records
