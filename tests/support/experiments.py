"""Results of experiments, made up: for tests of what is concluded from them and of the page that shows them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from semtel_ops.evaluation import Coefficient, Comparison, Flips, share_of
from semtel_ops.experiments import Cell, CellResult, Experiment
from semtel_ops.experiments.results import ExperimentClassifier
from semtel_ops.store.experiment_ledger import ExperimentRecord

MEASURED_AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def make_cell(pack: int = 1, **fields: Any) -> Cell:
    defaults: dict[str, Any] = {
        "pack": pack,
        "grader": False,
        "combine": False,
        "truncation": "turns",
        "max_tokens": 3_000,
        "compression": "rules",
        "compression_rate": 0.5,
        "model": "gpt-4o-mini",
    }
    return Cell(**{**defaults, **fields})


def make_compared(classifier: str | None, kappa: float | None, *, half: float = 0.05, n: int = 300) -> Comparison:
    """Agreement is made to fit kappa."""
    agreed = round(n * (1.0 if kappa is None else (1 + kappa) / 2))
    low, high = (None, None) if kappa is None else (max(kappa - half, -1.0), min(kappa + half, 1.0))
    return Comparison(classifier, share_of(agreed, n, n, n), Coefficient(kappa, low, high, n), 0)


def make_result(
    cell: Cell | None = None,
    *,
    kappas: Mapping[str, float | None] | None = None,
    cost_usd: float | None = 1.0,
    n: int = 300,
    half: float = 0.05,
    invalid: int = 0,
    flip_share: float | None = 0.05,
    **fields: Any,
) -> CellResult:
    """A cell's result with the given kappa of each classifier; over all, their mean."""
    cell = cell or make_cell()
    kappas = {"topic": 0.9, "knowledge_work": 0.85} if kappas is None else kappas
    known = [kappa for kappa in kappas.values() if kappa is not None]
    compared = [make_compared(name, kappa, half=half, n=n) for name, kappa in kappas.items()]
    mean = sum(known) / len(known) if known else None
    rows = n * max(1, len(kappas))
    names: list[str | None] = [*kappas, None]
    defaults: dict[str, Any] = {
        "baseline": cell.plain,
        "compared": (*compared, make_compared(None, mean, half=half, n=n)) if kappas else (),
        "flips": () if flip_share is None else tuple(Flips(name, share_of(flip_share * n, n, n, n), 2, n) for name in names),
        "invalid": share_of(invalid, rows, rows, rows),
        "conversations": n,
        "requests": rows // cell.pack,
        "input_tokens": 400 * rows // cell.pack,
        "output_tokens": 10 * rows,
        "cost_usd": cost_usd,
        "compress_s": 1.5,
        "paid_usd": None if cost_usd is None else 2 * cost_usd,
    }
    return CellResult(cell=cell, **{**defaults, **fields})


def make_experiment(cells: Sequence[CellResult], **fields: Any) -> Experiment:
    names = dict.fromkeys(one.classifier for result in cells for one in result.compared if one.classifier is not None)
    defaults: dict[str, Any] = {
        "id": "packing-november",
        "measured_at": MEASURED_AT,
        "sampled": 300,
        "repeats": 2,
        "baseline": "plain",
        "floor": 0.7,
        "min_n": 100,
        "tpm": 2_000_000,
        "classifiers": tuple(ExperimentClassifier(name, name.replace("_", " ").capitalize(), "1.0.0") for name in names),
        "simulated": False,
    }
    return Experiment(cells=tuple(cells), **{**defaults, **fields})


def make_record(classifier: str = "topic", **fields: Any) -> ExperimentRecord:
    defaults: dict[str, Any] = {
        "experiment_id": "packing-november",
        "cell": make_cell(10).id,
        "model": "gpt-4o-mini",
        "prompts": "p",
        "strategy_fingerprint": "s",
        "strategy": "{}",
        "baseline": "plain",
        "kappa": 0.85,
        "kappa_low": 0.8,
        "kappa_high": 0.9,
        "n": 300,
        "agreement": 0.9,
        "flip_share": 0.05,
        "invalid_share": 0.0,
        "cost_per_1000_usd": 0.4,
        "simulated": False,
        "measured_at": MEASURED_AT,
        "url": "lake/experiments/packing-november/report.html",
    }
    return ExperimentRecord(classifier=classifier, **{**defaults, **fields})
