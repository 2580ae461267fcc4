"""Approval of reprocesses: summarize what publication would change, and record the decision."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from semtel_ops.errors import QualityGateError, ReconciliationError
from semtel_ops.humanize import count, money, number
from semtel_ops.runs.documents import ChangeCounts, ReprocessDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import ledger_of
from semtel_ops.steps.close import close_run
from semtel_ops.steps.run_state import advance, is_labelled_again
from semtel_ops.store import sql_engine
from semtel_ops.store.files import list_files, read_json, write_json
from semtel_ops.store.ledger_tables import RunState

APPROVE, REJECT = "Approve", "Reject"

log = logging.getLogger(__name__)

_COLUMNS = ("conversation_id", "classifier", "status", "label", "labels", "carried_from")
_CHANGES = """
  select now.classifier,
         count(*) as rows,
         count(*) filter (where now.carried_from is null) as asked,
         count(*) filter (where before.conversation_id is null) as added,
         count(*) filter (where before.status = 'success' and now.status = 'success'
           and (now.label is distinct from before.label or now.labels is distinct from before.labels)) as relabelled,
         count(*) filter (where before.status <> 'success' and now.status = 'success') as mended,
         count(*) filter (where before.status = 'success' and now.status <> 'success') as lost,
         count(*) filter (where now.status <> 'success') as not_success
  from now left join before using (conversation_id, classifier)
  group by all order by now.classifier
"""


def summarize_changes(verdicts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Compare every week that passed the gate with its published run, and determine whether approval is required.

    Args:
        verdicts: manifests of `validate_run`, in any order.

    Returns:
        `runs` to publish, `ask`, and `subject` and `body` of the approval request, in Markdown: counts and costs, no text.
    """
    passed = sorted((verdict for verdict in verdicts if not verdict["stopped"]), key=lambda verdict: str(verdict["week"]))
    weeks = [_week(RunPlan.load(verdict["run"]), str(verdict["verdict"])) for verdict in passed]
    replaced = [week for week in weeks if week["replaces"] is not None]
    for week in weeks:
        log.info("week %s: %s", week["week"], _line(week))
    return {
        "runs": [verdict["run"] for verdict in passed],
        "ask": any(week["approval"] for week in replaced),
        "subject": f"Replace published labels with {count(len(weeks), 'reprocessed week')}?",
        "body": _body(weeks),
    }


def record_decision(runs: Sequence[str], answer: Mapping[str, Any] | None) -> list[str]:
    """Record the decision about these runs, and return those to publish: all or none of them.

    `answer` is None if no approval was required. A rejected run is not a failure: its week stays unchanged.
    """
    by = _who(answer)
    rejected = answer is not None and REJECT in answer["chosen_options"]
    message = None if not rejected else "not approved in time" if by is None else f"rejected by {by}"
    for url in runs:
        plan = RunPlan.load(url)
        document: ReprocessDocument = read_json(plan.folder.reprocess)
        write_json(plan.folder.reprocess, {**document, "decided_by": by, "rejected": rejected})
        with ledger_of(plan) as ledger:
            if rejected:
                advance(ledger, plan, state=RunState.REJECTED, finished_at=datetime.now(UTC), message=message)
            else:
                ledger.save_run(plan.week, plan.run_id, approved_by=by)
        if rejected:
            log.info("week %s: run %s is not published: %s", plan.week, plan.run_id, message)
    return [] if rejected else list(runs)


def close_reprocess(runs: Sequence[str]) -> dict[str, Any]:
    """Record the final state of every week's run; raise if any of them failed.

    Raises:
        QualityGateError, ReconciliationError: of the first week that failed, after all were closed.
    """
    closed: list[dict[str, Any]] = []
    failed: list[QualityGateError | ReconciliationError] = []
    for url in runs:
        try:
            closed.append(_rejected(RunPlan.load(url)) or close_run(url))
        except (QualityGateError, ReconciliationError) as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return {"weeks": closed}


def _rejected(plan: RunPlan) -> dict[str, Any] | None:
    """The manifest of a rejected run; None of any other."""
    with ledger_of(plan) as ledger:
        record = ledger.run(plan.week, plan.run_id)
    if record is None:
        return None
    shown = {"run": plan.url, "week": plan.week, "state": record.state.value, "message": record.message}
    if record.state is RunState.REJECTED:
        return shown
    # A published run that was labelled again keeps its state: what was rejected is the second attempt.
    document: ReprocessDocument | None = read_json(plan.folder.reprocess)
    again = document is not None and document.get("rejected", False) and is_labelled_again(plan)
    return shown if again else None


def _week(plan: RunPlan, verdict: str) -> dict[str, Any]:
    if plan.reprocess is None:
        raise ReconciliationError(f"run {plan.run_id} of week {plan.week} is not a reprocess; publish it as a weekly run")
    with ledger_of(plan) as ledger:
        published = ledger.published_run(plan.week)
    replaces = None if published is None or published.run_id == plan.run_id else published.run_id
    totals = read_json(plan.folder.totals)
    changes = _changes(plan, replaces or plan.reprocess.base_run)
    document: ReprocessDocument = read_json(plan.folder.reprocess)
    document["replaces"], document["changes"] = replaces, changes
    write_json(plan.folder.reprocess, document)
    return {
        "week": plan.week,
        "verdict": verdict,
        "replaces": replaces,
        "approval": plan.reprocess.approval,
        "requested_by": plan.reprocess.requested_by,
        "reason": plan.reprocess.reason,
        "cost_usd": totals["cost_usd"],
        "classifiers": changes,
    }


def _changes(plan: RunPlan, before: str) -> list[ChangeCounts]:
    """Differences from the rows of another run, one row per classifier."""
    with sql_engine.connect() as con:
        for name, run_id in (("now", plan.run_id), ("before", before)):
            sql_engine.read(con, name, list_files(plan.paths.run(plan.week, run_id).landed_folder, ".parquet"), _COLUMNS)
        rows = list(sql_engine.records(con, _CHANGES))
    return cast("list[ChangeCounts]", rows)


def _body(weeks: Sequence[Mapping[str, Any]]) -> str:
    if not weeks:
        return ""
    lines = [f"**{_plain(weeks[0]['requested_by'])}** requested this reprocess: {_plain(weeks[0]['reason'])}", ""]
    lines += ["| week | classifier | rows | labelled again | label changed | recovered | newly failed | without label |"]
    lines += ["|---|---|--:|--:|--:|--:|--:|--:|"]
    for week in weeks:
        for changes in week["classifiers"]:
            numbers = " | ".join(
                number(changes[name]) for name in ("rows", "asked", "relabelled", "mended", "lost", "not_success")
            )
            lines.append(f"| {week['week']} | {changes['classifier']} | {numbers} |")
    return "\n".join([*lines, "", *(f"- {week['week']}: {_line(week)}" for week in weeks)])


def _line(week: Mapping[str, Any]) -> str:
    place = "nothing is published yet" if week["replaces"] is None else f"replaces run {week['replaces']}"
    return f"cost {money(week['cost_usd'])}; quality gate: {week['verdict']}; {place}"


def _plain(text: str) -> str:
    """Text with all characters escaped that have a meaning in Markdown, HTML or tables."""
    return "".join(f"&#{ord(char)};" if char in "<>&|`*_[]()#!\\~" else " " if char.isspace() else char for char in text)


def _who(answer: Mapping[str, Any] | None) -> str | None:
    user = (answer or {}).get("responded_by_user") or {}
    return str(user["name"] or user["id"]) if user else None
