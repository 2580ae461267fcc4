"""Close a run: record its final state, with a message that explains a failure."""

import logging
from datetime import UTC, datetime
from typing import Any

from semtel_ops.errors import QualityGateError, ReconciliationError
from semtel_ops.humanize import count, money, number
from semtel_ops.report.reprocessed import read_reprocessed
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import ledger_of
from semtel_ops.steps.run_state import is_labelled_again
from semtel_ops.store.files import read_json
from semtel_ops.store.ledger_tables import RunState

log = logging.getLogger(__name__)


def close_run(run: str) -> dict[str, Any]:
    """Record the run's final state and return its totals; raise if the run failed.

    Raises:
        QualityGateError: the gate stopped it.
        ReconciliationError: it was not gathered or not published.
    """
    plan = RunPlan.load(run)
    folder = plan.folder
    if plan.dry_run:
        return {"run": run, "state": RunState.DRY_RUN.value, **(read_json(folder.forecast) or {})}
    totals, quality = read_json(folder.totals), read_json(folder.quality)
    reprocessed = read_reprocessed(read_json(folder.reprocess))
    if reprocessed is not None:
        log.info("run %s is a reprocess of run %s: %s", plan.run_id, reprocessed.base_run, " ".join(reprocessed.sentences))
    with ledger_of(plan) as ledger:
        record = ledger.run(plan.week, plan.run_id)
        state = record.state if record is not None else RunState.PLANNED
        problem = _problem(plan, state, totals, quality)
        if problem is not None:
            final = RunState.STOPPED if isinstance(problem, QualityGateError) else RunState.FAILED
            if state is RunState.PUBLISHED:
                # The week's labels are those of the earlier attempt, and its row tells of them.
                ledger.save_run(plan.week, plan.run_id, message=f"labelled again and not published: {problem}"[:1000])
            else:
                ledger.save_run(plan.week, plan.run_id, state=final, finished_at=datetime.now(UTC), message=str(problem)[:1000])
            raise problem
        ledger.save_run(plan.week, plan.run_id, finished_at=datetime.now(UTC), message=None)
    log.info(
        "week %s is published: %s sampled, %s of %s landed, cost %s", plan.week, count(totals["sampled"], "conversation"),
        number(totals["landed_rows"]), count(totals["expected_rows"], "row"), money(totals["cost_usd"]),
    )  # fmt: skip
    return {"run": run, "week": plan.week, "state": state.value, "report": plan.folder.week_report, **totals}


def _problem(
    plan: RunPlan, state: RunState, totals: dict[str, Any] | None, quality: dict[str, Any] | None
) -> QualityGateError | ReconciliationError | None:
    """Why the run failed, or None if it is published."""
    if totals is None:
        return ReconciliationError(f"week {plan.week}: its rows were not gathered; see the first failed task, then clear it")
    if quality is not None and quality["verdict"] == "stop":
        failed = [check for check in quality["checks"] if not check["passed"] and check["severity"] == "stop"]
        shown = "; ".join(f"{check['id']}: {check['observed']}, expected {check['expected']}" for check in failed[:3])
        return QualityGateError(
            f"week {plan.week}: the quality gate stopped publication: {shown}; "
            f"see {plan.folder.week_report}, fix the cause, then clear the run"
        )
    if state is RunState.PUBLISHED and is_labelled_again(plan):
        return ReconciliationError(
            f"week {plan.week} was labelled again and not published again: its labels are those published before; "
            "see the first failed task, then clear it"
        )
    if state is not RunState.PUBLISHED:
        return ReconciliationError(f"week {plan.week} was not published; see the first failed task, then clear it")
    return None
