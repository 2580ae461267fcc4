"""Results of an alignment as rows of the ledger."""

import json
from typing import Any

from pydantic import TypeAdapter

from semtel_ops.alignment import Alignment, ClassifierAlignment
from semtel_ops.steps.align_labellers import PlannedLabeller
from semtel_ops.steps.align_plan import AlignmentPlan
from semtel_ops.store.alignment_ledger import AlignmentRecord

_SHIFTS: TypeAdapter[Any] = TypeAdapter(tuple[Any, ...])


def alignment_records(plan: AlignmentPlan, result: Alignment) -> list[AlignmentRecord]:
    """One row per candidate and classifier."""
    return [
        _record(plan, result, candidate, found)
        for candidate in plan.candidates
        for found in result.candidates[candidate.name].classifiers.values()
    ]


def _record(plan: AlignmentPlan, result: Alignment, new: PlannedLabeller, found: ClassifierAlignment) -> AlignmentRecord:
    old, name = plan.incumbent, found.classifier
    return AlignmentRecord(
        alignment_id=plan.id,
        candidate=new.name,
        classifier=name,
        incumbent=old.name,
        incumbent_labeller=found.incumbent_labeller,
        incumbent_model=old.model,
        incumbent_served_model=next(iter(found.incumbent_served), old.model),
        incumbent_version=old.versions[name],
        incumbent_prompts=old.fingerprints[name],
        incumbent_effort=old.reasoning_effort,
        candidate_labeller=found.candidate_labeller,
        candidate_model=new.model,
        candidate_served_model=next(iter(found.candidate_served), new.model),
        candidate_version=new.versions[name],
        candidate_prompts=new.fingerprints[name],
        candidate_effort=new.reasoning_effort,
        strategy=new.strategy,
        set_fingerprint=result.set_fingerprint,
        n=found.n,
        margin=result.margin,
        verdict=found.verdict.value,
        decision=found.decision.value,
        reason=found.reason,
        excess=found.excess_disagreement.value,
        excess_low=found.excess_disagreement.low,
        excess_high=found.excess_disagreement.high,
        incumbent_flips=found.flips.incumbent.value,
        candidate_flips=found.flips.candidate.value,
        incumbent_invalid=found.incumbent.invalid.value,
        candidate_invalid=found.candidate.invalid.value,
        kappa_difference=found.kappa.value if found.kappa else None,
        kappa_low=found.kappa.low if found.kappa else None,
        kappa_high=found.kappa.high if found.kappa else None,
        gold_n=found.kappa.n if found.kappa else 0,
        shifts=json.dumps(_SHIFTS.dump_python(found.shifts, mode="json")),
        cost_per_1000_usd=found.candidate.cost_per_1000_usd,
        simulated=result.simulated,
        measured_at=result.measured_at,
        url=plan.page_url,
    )
