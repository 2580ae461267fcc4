"""Alignments on record, of models with a labeller."""

from datetime import UTC, datetime
from typing import Any

from semtel_ops.bridging.model_gate import Known
from semtel_ops.labellers import Labeller
from semtel_ops.store.alignment_ledger import AlignmentRecord
from semtel_ops.store.labeller_ledger import LabellerLedger
from semtel_ops.store.ledger import Ledger

MEASURED = datetime(2026, 11, 27, tzinfo=UTC)


def make_alignment(incumbent: Known, model: str, *, endpoint: str = "sim", **fields: Any) -> AlignmentRecord:
    """The record of a model that was compared with a labeller, with the same prompts and strategy.

    Args:
        fields: in place of what it has.
    """
    version, prompts, strategy = incumbent.version or "", incumbent.prompts or "", incumbent.strategy or ""
    effort = incumbent.reasoning_effort
    candidate = Labeller(incumbent.classifier, model, model, version, prompts, effort, strategy)
    defaults: dict[str, Any] = {
        "alignment_id": "nov", "candidate": endpoint, "classifier": incumbent.classifier, "incumbent": "before",
        "incumbent_labeller": incumbent.labeller, "incumbent_model": incumbent.model,
        "incumbent_served_model": incumbent.served_model, "incumbent_version": version, "incumbent_prompts": prompts,
        "incumbent_effort": effort, "candidate_labeller": candidate.id, "candidate_model": model,
        "candidate_served_model": model, "candidate_version": version, "candidate_prompts": prompts,
        "candidate_effort": effort, "strategy": strategy, "set_fingerprint": "f" * 32, "n": 2_000, "margin": 0.02,
        "verdict": "same", "decision": "adopt", "reason": "every label is within the margin", "excess": 0.0, "excess_low": 0.0,
        "excess_high": 0.01, "incumbent_flips": 0.0, "candidate_flips": 0.0, "incumbent_invalid": 0.0, "candidate_invalid": 0.0,
        "kappa_difference": None, "kappa_low": None, "kappa_high": None, "gold_n": 0, "shifts": "[]", "cost_per_1000_usd": 0.1,
        "simulated": True, "measured_at": MEASURED, "url": "file:///page.html",
    }  # fmt: skip
    return AlignmentRecord(**{**defaults, **fields})


def aligned(ledger: Ledger, week: str, model: str, **fields: Any) -> list[AlignmentRecord]:
    """A record for each classifier of a published week: the model against its labeller."""
    labellers = LabellerLedger(ledger)
    ids = [row.labeller for row in labellers.of_weeks([week])]
    return [
        make_alignment(
            Known(
                known.classifier, known.model, known.served_model, known.version, known.prompts, known.reasoning_effort,
                known.strategy, known.labeller,
            ),
            model,
            **fields,
        )
        for known in labellers.labellers(ids)
    ]  # fmt: skip
