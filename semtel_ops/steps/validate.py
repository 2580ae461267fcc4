"""Validate a run: judge its landed rows and write down the verdict that publication asks for."""

import logging
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, cast

from semtel_ops.classifiers import ClassifierSpec, load_classifiers
from semtel_ops.errors import ConfigError, QualityGateError, StoreError
from semtel_ops.humanize import count
from semtel_ops.quality import (
    AllowedLabels,
    CheckResult,
    Evidence,
    RunCounts,
    Verdict,
    assess,
    count_columns,
    count_rows_by_classifier,
    decide,
)
from semtel_ops.quality.checks import conditions_of
from semtel_ops.quality.counts import RowCounts
from semtel_ops.quality.docs import publish_docs
from semtel_ops.quality.gate import stop_message
from semtel_ops.quality.gx import Validator
from semtel_ops.runs.built_bridge import week_cost
from semtel_ops.runs.documents import CheckDocument, QualityDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import ledger_of
from semtel_ops.steps.run_state import advance, save_checks
from semtel_ops.steps.share_changes import WeekChanges, week_changes
from semtel_ops.store.files import list_files, read_json, write_json
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.store.run_name import slug

log = logging.getLogger(__name__)


def validate_run(run: str) -> dict[str, Any]:
    """Run every check, write quality.json, the data docs and the results in the ledger. Idempotent.

    A stop is a verdict, not an exception: hand the manifest to `raise_if_stopped` where the caller should fail.

    Raises:
        ConfigError: the run is a dry run.
        StoreError: the run was not gathered.
    """
    plan = RunPlan.load(run)
    if plan.dry_run:
        raise ConfigError(
            "dry_run", True, f"run {plan.run_id} sent no requests, so it has nothing to validate; start a run without dry_run"
        )
    results, docs = _judge(plan)
    verdict = decide(results)
    checks = [cast("CheckDocument", result.as_dict()) for result in results]
    if plan.ledger:
        _record(plan, verdict, checks)
    document: QualityDocument = {"verdict": verdict.outcome.value, "checks": checks}
    write_json(plan.folder.quality, document)
    _say(plan, verdict, len(checks))
    return {
        "run": run,
        "week": plan.week,
        "verdict": verdict.outcome.value,
        "stopped": verdict.stopped,
        "failed": list(verdict.failed),
        "checks": len(checks),
        "data_docs": docs,
        "message": stop_message(plan.week, results, plan.folder.week_report) if verdict.stopped else None,
    }


def raise_if_stopped(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of `validate_run`, unless the gate stopped the run.

    Raises:
        QualityGateError: with the failed checks, observed values, bounds, and what to do.
    """
    if manifest["stopped"]:
        raise QualityGateError(str(manifest["message"]))
    return dict(manifest)


def allowed_labels(spec: ClassifierSpec) -> AllowedLabels:
    """Allowed labels of a classifier."""
    return AllowedLabels(spec.id, spec.label_ids, spec.list_ids)


def _judge(plan: RunPlan) -> tuple[list[CheckResult], str]:
    """All results, and the URL of the data docs."""
    evidence = _evidence(plan)
    with tempfile.TemporaryDirectory(prefix="semtel-docs-") as folder:
        suites = Validator(slug(plan.run_id), folder)
        results = assess(evidence, plan.config.quality, suites)
        suites.build_docs()
        return results, publish_docs(folder, plan.folder.data_docs)


def _evidence(plan: RunPlan) -> Evidence:
    totals, sample = read_json(plan.folder.totals), read_json(plan.folder.sample) or {}
    if totals is None:
        raise StoreError(f"run {plan.run_id} of week {plan.week} was not gathered; run `gather` before `validate`")
    urls = list_files(plan.folder.landed_folder, ".parquet")
    allowed = tuple(map(allowed_labels, load_classifiers(plan.prompts, plan.classifiers)))
    columns = count_columns(urls)
    countable = all(column.matches for column in columns)
    changes = week_changes(plan, urls) if countable and urls else WeekChanges([], [])
    return Evidence(
        week=plan.week,
        urls=tuple(urls),
        allowed=allowed,
        columns=tuple(columns),
        rows=count_rows_by_classifier(urls, allowed, conditions_of(plan.config.quality)) if countable else RowCounts(0, 0, ()),
        changes=tuple(changes.shares),
        labellers=tuple(changes.labellers),
        counts=RunCounts(
            sampled=totals["sampled"],
            population=sample.get("population", totals["sampled"]),
            quarantined=totals["quarantined"],
            cost_usd=week_cost(totals),
        ),
    )


def _record(plan: RunPlan, verdict: Verdict, checks: Sequence[Mapping[str, Any]]) -> None:
    with ledger_of(plan) as ledger:
        save_checks(ledger, plan, checks)
        state = RunState.STOPPED if verdict.stopped else RunState.VALIDATED
        advance(ledger, plan, verdict=verdict.outcome.value, state=state)


def _say(plan: RunPlan, verdict: Verdict, checks: int) -> None:
    for reason in verdict.reasons:
        log.warning("%s", reason)
    log.info("week %s: verdict %s, %d of %s failed", plan.week, verdict.outcome, len(verdict.reasons), count(checks, "check"))
