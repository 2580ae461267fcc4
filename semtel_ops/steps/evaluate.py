"""Evaluate a run: its labels against the golden ones its conversations came with."""

from dataclasses import asdict
from typing import Any, cast

from semtel_ops.classifiers import load_classifiers
from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.gold import compare_with_gold
from semtel_ops.runs.documents import CoefficientDocument, GoldDocument, ShareDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.store.files import list_files, write_json


def evaluate_run(run: str) -> dict[str, Any]:
    """Agreement and kappa for each classifier that has golden labels; also written to gold.json of the run.

    Raises:
        ConfigError: no conversation of the run carries a golden label.
    """
    plan = RunPlan.load(run)
    specs = load_classifiers(plan.prompts, plan.classifiers)
    results = compare_with_gold(
        list_files(plan.folder.landed_folder, ".parquet"),
        list_files(plan.folder.conversations_folder, ".parquet"),
        specs,
    )
    if not results:
        raise ConfigError(
            "golden labels", None, f"are missing: records need `labels` under a classifier's id ({', '.join(plan.classifiers)})"
        )
    shown: dict[str, GoldDocument] = {
        result.classifier: {
            "n": result.accuracy.n,
            "agreement": cast("ShareDocument", asdict(result.accuracy)),
            "kappa": cast("CoefficientDocument", asdict(result.kappa)),
            "weighted_kappa": cast("CoefficientDocument", asdict(result.weighted)) if result.weighted else None,
            "unanswered": result.unanswered,
            "unreadable": result.unreadable,
        }
        for result in results
    }
    write_json(plan.folder.gold, shown)
    return {"run": run, "week": plan.week, **shown}
