"""The bridge of a run, as its later steps read it, and what it cost the run."""

from semtel_ops.runs.documents import BridgeCost, BridgeDocument, TotalsDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.store.files import read_document, read_json


def built_bridge(plan: RunPlan) -> BridgeDocument | None:
    """The run's bridge.json; None for a run without a bridge.

    Raises:
        StoreError: the plan wants a bridge, and it was not built or was removed.
    """
    if plan.bridge is not None:
        document: BridgeDocument = read_document(plan.folder.bridge, step="bridge")
        return document
    # A reprocess has the bridge of its base run.
    kept: BridgeDocument | None = read_json(plan.folder.bridge)
    return kept


def bridge_cost(plan: RunPlan, *, needed: bool = True) -> BridgeCost | None:
    """What the run paid for its bridge; None before it is built, and for a reprocess, whose base run paid for it.

    Args:
        needed: if not, a damaged document counts as absent.
    """
    if plan.bridge is None:
        return None
    document: BridgeDocument | None = read_json(plan.folder.bridge, needed=needed)
    if document is None:
        return None
    return {
        "requests": document["requests"],
        "reused": document["reused"],
        "input_tokens": document["input_tokens"],
        "output_tokens": document["output_tokens"],
        "cost_usd": document["paid_usd"],
    }


def week_cost(totals: TotalsDocument) -> float | None:
    """USD that a run paid for the rows of its week, without its bridge; None where a model has no known price."""
    bridge, cost_usd = totals.get("bridge"), totals["cost_usd"]
    return cost_usd if bridge is None or cost_usd is None else cost_usd - (bridge["cost_usd"] or 0.0)
