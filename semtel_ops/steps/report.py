"""Write a run's report, also if the run was stopped or failed: that is when it is read most."""

import hashlib
import logging
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from semtel_ops.classifiers import load_classifiers
from semtel_ops.clock import Clock, SystemClock
from semtel_ops.errors import SemtelError
from semtel_ops.evaluation.gold import GoldResult, compare_with_gold
from semtel_ops.report.classifier_info import load_classifier_info
from semtel_ops.report.collect import ReportInputs, collect
from semtel_ops.report.links import reprocess_link
from semtel_ops.report.model import Agreement
from semtel_ops.report.render import render
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import ledger_of
from semtel_ops.steps.erased_runs import keeps_publication
from semtel_ops.steps.relabel_offer import relabel_offer
from semtel_ops.steps.run_state import is_labelled_again
from semtel_ops.steps.totals import check_counted
from semtel_ops.store.files import atomic_write, exists, list_files, read_json
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_tables import RunState

log = logging.getLogger(__name__)


def report_run(run: str, *, airflow_url: str | None = None, clock: Clock | None = None) -> dict[str, Any]:
    """Write the run's report and the week's; return their URLs. A second call writes the same report with a later date.

    Args:
        airflow_url: Airflow's web server, for links to its forms. `alerts.airflow_url` in pipeline.yaml takes precedence.

    A published run from whose sample conversations were erased keeps its report. A dry run, or a reprocess that is not
    published, does not replace an existing report of the week.
    """
    plan = RunPlan.load(run)
    if keeps_publication(plan) and exists(plan.folder.report):
        log.warning(
            "week %s, run %s: conversations were forgotten since it was published; its report stays, without them", plan.week,
            plan.run_id,
        )  # fmt: skip
        weeks, own = plan.folder.week_report, plan.folder.report
        return {"run": run, "week": plan.week, "state": RunState.PUBLISHED, "report": weeks, "run_report": own, "bytes": 0}
    offer, base_url = relabel_offer(plan), plan.config.alerts.airflow_url or airflow_url
    now = datetime.fromtimestamp((clock or SystemClock()).now(), UTC)
    inputs = ReportInputs(
        lake=plan.paths,
        week=plan.week,
        run_id=plan.run_id,
        classifiers=load_classifier_info(plan.prompts, plan.classifiers),
        min_slice=plan.config.publish.min_slice,
        config_fingerprint=config_fingerprint(plan),
        dry_run=plan.dry_run,
        labeller_note=plan.model_gate.note if plan.model_gate else None,
        align_command=plan.model_gate.command if plan.model_gate else None,
        relabel_offer=None if offer is None else offer.sentence,
        relabel_form=None if offer is None or base_url is None else reprocess_link(base_url, offer.form),
    )
    # Until a published run is published again, its report and the week's tell of what is published.
    again = plan.ledger and is_labelled_again(plan)
    own = plan.folder.rerun_report if again else plan.folder.report
    opened = ledger_of(plan) if plan.ledger else nullcontext()
    with opened as ledger:
        if not again and _is_published(plan, ledger):
            check_counted(plan)
        report = collect(inputs, ledger, now=now, agreement=_agreement(plan))
        if again:
            stopped = (read_json(plan.folder.quality) or {}).get("verdict") == "stop"
            report = replace(report, state=RunState.STOPPED if stopped else RunState.FAILED)
        page = render(report).encode()
        _write(own, page)
        weeks = plan.folder.week_report
        # An unpublished reprocess keeps the report of the published run.
        beside = again or plan.dry_run or (plan.reprocess is not None and report.state != RunState.PUBLISHED)
        if not beside or not exists(weeks):
            _write(weeks, page)
        if ledger is not None and not again and ledger.run(plan.week, plan.run_id) is not None:
            ledger.save_run(plan.week, plan.run_id, report_url=own, config_fingerprint=inputs.config_fingerprint)
    log.info("week %s, run %s (%s): report at %s", plan.week, plan.run_id, report.state, own)
    return {"run": run, "week": plan.week, "state": report.state, "report": weeks, "run_report": own, "bytes": len(page)}


def _is_published(plan: RunPlan, ledger: Ledger | None) -> bool:
    record = None if ledger is None else ledger.run(plan.week, plan.run_id)
    return record is not None and record.state is RunState.PUBLISHED


def config_fingerprint(plan: RunPlan) -> str:
    """32 hex digits that differ when anything in the run's configuration does."""
    spelled = f"{plan.config.model_dump_json()}\x00{','.join(plan.classifiers)}"
    return hashlib.blake2b(spelled.encode(), digest_size=16).hexdigest()


def _agreement(plan: RunPlan) -> list[Agreement]:
    """Agreement with golden labels; empty if the source has none or a prompt file is missing."""
    landed = list_files(plan.folder.landed_folder, ".parquet")
    conversations = list_files(plan.folder.conversations_folder, ".parquet")
    try:
        specs = load_classifiers(plan.prompts, plan.classifiers)
        results = compare_with_gold(landed, conversations, specs)
    except SemtelError as error:
        log.warning("not compared with golden labels: %s", error)
        return []
    titles = {spec.id: spec.name for spec in specs}
    return [_compared(result, titles[result.classifier]) for result in results if result.accuracy.n]


def _compared(result: GoldResult, title: str) -> Agreement:
    # On a scale, a label that is one level off is nearly right; the weighted coefficient takes that into account.
    kappa = result.weighted or result.kappa
    return Agreement(result.classifier, title, result.accuracy, kappa.value, kappa.low, kappa.high)


def _write(url: str, page: bytes) -> None:
    with atomic_write(url) as file:
        file.write(page)
