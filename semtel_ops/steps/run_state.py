"""Progress of a run in the ledger. A published run that is labelled again keeps its row until it is published again.

Its row, rows, shares and checks in SQL belong to one publication, and readers of SQL see them together. That it is labelled
again is noted in its folder (`rerun.json`) instead.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from semtel_ops.runs.documents import TotalsDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.store.files import exists, read_json, write_json
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_rows import RunFields
from semtel_ops.store.ledger_tables import RunState


def begin(ledger: Ledger, plan: RunPlan, **fields: Unpack[RunFields]) -> None:
    """Record that a run was planned; a published run stays published, and its folder says that it is labelled again."""
    if is_published(ledger, plan):
        write_json(plan.folder.rerun, {"run_id": plan.run_id, "week": plan.week})
        return
    fields["state"], fields["finished_at"], fields["message"] = RunState.PLANNED, None, None
    ledger.save_run(plan.week, plan.run_id, **fields)


def advance(ledger: Ledger, plan: RunPlan, **fields: Unpack[RunFields]) -> None:
    """Change the row of a run, unless it is published."""
    if not is_published(ledger, plan):
        ledger.save_run(plan.week, plan.run_id, **fields)


def save_checks(ledger: Ledger, plan: RunPlan, checks: Sequence[Mapping[str, Any]]) -> None:
    """Replace the check results of a run, unless it is published."""
    if not is_published(ledger, plan):
        ledger.save_quality(plan.week, plan.run_id, checks)


def is_published(ledger: Ledger, plan: RunPlan) -> bool:
    """Whether the week's labels are those of this run."""
    record = ledger.run(plan.week, plan.run_id)
    return record is not None and record.state is RunState.PUBLISHED


def is_labelled_again(plan: RunPlan) -> bool:
    """Whether a published run was planned again and is not published again yet."""
    return exists(plan.folder.rerun)


def totals_fields(plan: RunPlan) -> RunFields:
    """The counts of totals.json, as columns of the run."""
    totals: TotalsDocument | None = read_json(plan.folder.totals)
    if totals is None:
        return {}
    return {
        "sampled": totals.get("sampled"),
        "landed": totals.get("landed_rows"),
        "succeeded": totals.get("by_status", {}).get("success", 0),
        "requests": totals.get("requests"),
        "reused": totals.get("reused"),
        "input_tokens": totals.get("input_tokens"),
        "output_tokens": totals.get("output_tokens"),
        "cost_usd": totals.get("cost_usd"),
        "seconds": totals.get("seconds"),
        "simulated": totals.get("simulated"),
    }
