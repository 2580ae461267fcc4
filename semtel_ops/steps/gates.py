"""The gates of a run in the ledger, before anything is paid for: its labeller, and its strategy."""

from datetime import datetime

from semtel_ops.endpoints.catalog import ResolveConnection
from semtel_ops.experiments.gate import needs_proof
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.model_gate import apply_model_gate
from semtel_ops.steps.strategy_gate import apply_strategy_gate
from semtel_ops.store.ledger import Ledger


def apply_gates(
    plan: RunPlan, *, ledger: Ledger, now: datetime, resolve_connection: ResolveConnection | None = None
) -> RunPlan:
    """The plan with a strategy that is proven and a labeller that is aligned.

    The strategy is part of the labeller, so it is decided first; evidence for it holds for a model, so it is decided again for
    the model that the run is held to.

    Raises:
        ConfigError: as the gates do.
    """
    proof = needs_proof(plan.config.strategy, plan.config.tokens)
    proven = apply_strategy_gate(plan, ledger=ledger, now=now) if proof else plan
    gated = apply_model_gate(proven, ledger=ledger, now=now, resolve_connection=resolve_connection)
    if not (proof and gated.held):
        return gated
    held = plan.model_copy(update={"model_gate": gated.model_gate, "endpoint_names": gated.endpoint_names})
    return apply_strategy_gate(held, ledger=ledger, now=now)
