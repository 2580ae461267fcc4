"""Compare the labellers of an alignment: alignment.json, the ledger, the page."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from semtel_ops.alignment import (
    Alignment,
    AlignmentLabeller,
    Asked,
    CandidateAlignment,
    ClassifierAlignment,
    Labelled,
    judge,
    measure,
    worst,
)
from semtel_ops.alignment.measure import Measured, settle
from semtel_ops.alignment.results import Flips
from semtel_ops.classifiers import ClassifierSpec, load_classifiers
from semtel_ops.clock import Clock, SystemClock
from semtel_ops.errors import StoreError
from semtel_ops.experiments.gate import is_simulated
from semtel_ops.humanize import count
from semtel_ops.report.alignment import render_alignment
from semtel_ops.runs.resources import ledger_of_environment
from semtel_ops.steps.align_answers import RunAnswers, answers_of, most_frequent, service_of
from semtel_ops.steps.align_gold import Gold, gold_of
from semtel_ops.steps.align_labellers import PlannedLabeller
from semtel_ops.steps.align_plan import REPEATS, AlignmentPlan
from semtel_ops.steps.align_records import alignment_records
from semtel_ops.steps.totals import landed_totals
from semtel_ops.store.alignment_ledger import AlignmentLedger
from semtel_ops.store.files import atomic_write, read_json, write_json
from semtel_ops.store.ledger import Ledger


def compare_labellers(alignment: str, *, ledger: Ledger, clock: Clock | None = None) -> dict[str, Any]:
    """Compare every candidate with the incumbent, write alignment.json, and record the results for the model gate.

    Args:
        alignment: URL of plan.json.

    Raises:
        StoreError: a run has not landed.
    """
    plan = AlignmentPlan.load(alignment)
    result = _compared(plan, ledger, datetime.fromtimestamp((clock or SystemClock()).now(), UTC))
    write_json(plan.result_url, TypeAdapter(Alignment).dump_python(result, mode="json"))
    AlignmentLedger(ledger).save(plan.id, alignment_records(plan, result))
    return {
        "alignment": plan.id,
        "plan": plan.url,
        "conversations": result.conversations,
        "requests": result.requests,
        "paid_usd": result.paid_usd,
        "candidates": {
            name: {
                "verdict": found.verdict.value,
                "decision": found.decision.value,
                "reason": found.reason,
                "classifiers": {each.classifier: each.verdict.value for each in found.classifiers.values()},
            }
            for name, found in result.candidates.items()
        },
        "simulated": result.simulated,
        "results": plan.result_url,
    }


def compare_alignment(alignment: str) -> dict[str, Any]:
    """`compare_labellers` with the ledger of this environment."""
    with ledger_of_environment() as ledger:
        return compare_labellers(alignment, ledger=ledger)


def write_alignment_page(alignment: str) -> dict[str, Any]:
    """Write report.html from alignment.json."""
    plan = AlignmentPlan.load(alignment)
    with atomic_write(plan.page_url) as file:
        file.write(render_alignment(read_alignment(plan), plan.base.endpoints).encode())
    return {"page": plan.page_url}


def read_alignment(plan: AlignmentPlan) -> Alignment:
    """The results of an alignment.

    Raises:
        StoreError: nothing was compared yet.
    """
    document = read_json(plan.result_url)
    if document is None:
        raise StoreError(f"{plan.result_url}: does not exist; compare the labellers first")
    return TypeAdapter(Alignment).validate_json(json.dumps(document))


def _compared(plan: AlignmentPlan, ledger: Ledger, now: datetime) -> Alignment:
    frozen = plan.frozen
    earlier = read_json(plan.result_url)
    specs = {each.name + each.role: _specs(plan, each) for each in plan.labellers}
    first = specs[plan.incumbent.name + plan.incumbent.role]
    gold = gold_of(frozen, first, ledger=ledger if plan.request.source is None else None, file=plan.request.gold)
    items = frozenset(spec.id for spec in first if spec.answer_kind.items)
    incumbent = _repeats(plan, plan.incumbent, items)
    candidates = {
        each.name: _candidate(plan, each, first, specs[each.name + each.role], incumbent, _repeats(plan, each, items), gold)
        for each in plan.candidates
    }
    spent = plan.spent_usd()
    compared = [each for found in candidates.values() for each in found.classifiers.values()]
    prices = [asked.cost_usd for each in compared for asked in (each.incumbent, each.candidate)]
    return Alignment(
        id=plan.id,
        # Compared again, as when people have labelled more, the answers are as old as they were.
        measured_at=now if earlier is None else datetime.fromisoformat(earlier["measured_at"]),
        week=frozen.week,
        set_fingerprint=frozen.fingerprint,
        conversations=frozen.conversations,
        margin=plan.request.margin,
        lane=plan.request.lane.value,
        incumbent=_labeller(plan.incumbent),
        candidates=candidates,
        requests=_requests(plan),
        paid_usd=None if None in prices else sum(spent.values()),
        simulated=any(is_simulated(each.model) for each in plan.labellers),
    )


def _specs(plan: AlignmentPlan, labeller: PlannedLabeller) -> tuple[ClassifierSpec, ...]:
    return load_classifiers(Path(labeller.prompts), plan.base.classifiers)


def _repeats(plan: AlignmentPlan, labeller: PlannedLabeller, items: frozenset[str]) -> list[dict[str, RunAnswers]]:
    frozen = plan.frozen
    return [answers_of(plan.run_of(labeller, repeat, frozen), frozen.sample["shards"], items) for repeat in range(REPEATS)]


def _candidate(
    plan: AlignmentPlan,
    candidate: PlannedLabeller,
    before: Sequence[ClassifierSpec],
    after: Sequence[ClassifierSpec],
    incumbent: Sequence[dict[str, RunAnswers]],
    new: Sequence[dict[str, RunAnswers]],
    gold: Gold,
) -> CandidateAlignment:
    measured: list[Measured] = []
    for old, spec in zip(before, after, strict=True):
        labelled = Labelled(
            (incumbent[0][spec.id].answers, incumbent[1][spec.id].answers),
            (new[0][spec.id].answers, new[1][spec.id].answers),
            gold[spec.id],
            frozenset(incumbent[0][spec.id].aside),
        )
        measured.append(measure(_asked(old, spec), labelled, plan.request.margin))
    classifiers = {
        spec.id: _classifier(plan, spec, found, [each[spec.id] for each in incumbent], [each[spec.id] for each in new])
        for spec, found in zip(after, settle(measured), strict=True)
    }
    decides = worst(classifiers.values())
    others = sum(each.verdict is decides.verdict for each in classifiers.values()) - 1
    more = f" (and {count(others, 'more classifier')})" if others else ""
    return CandidateAlignment(
        labeller=_labeller(candidate),
        verdict=decides.verdict,
        decision=decides.decision,
        reason=f"{decides.title}: {decides.reason}{more}",
        classifiers=classifiers,
    )


def _classifier(
    plan: AlignmentPlan, spec: ClassifierSpec, found: Measured, old: Sequence[RunAnswers], new: Sequence[RunAnswers]
) -> ClassifierAlignment:
    before, after = service_of(spec.id, old), service_of(spec.id, new)
    judged = judge(
        found,
        invalid=after.invalid.value,
        unanswered=max(before.unanswered, after.unanswered),
        margin=plan.request.margin,
    )
    return ClassifierAlignment(
        classifier=spec.id,
        title=spec.name,
        verdict=judged.verdict,
        decision=judged.decision,
        reason=judged.reason,
        quality=judged.quality,
        n=found.n,
        incumbent_labeller=next(iter(most_frequent([each.labellers for each in old])), ""),
        candidate_labeller=next(iter(most_frequent([each.labellers for each in new])), ""),
        incumbent_served=most_frequent([each.served for each in old]),
        candidate_served=most_frequent([each.served for each in new]),
        excess_disagreement=found.excess,
        flips=Flips(before.flips, after.flips),
        invalid_share=after.invalid.value,
        homogeneity=found.homogeneity,
        shifts=found.shifts,
        kappa=found.kappa,
        cost_usd=after.cost_usd,
        incumbent=before,
        candidate=after,
        confusions=found.confusions,
        rows_to_decide=judged.rows,
        gold_rows_to_decide=judged.gold_rows,
    )


def _asked(old: ClassifierSpec, new: ClassifierSpec) -> Asked:
    """Labels of either prompt, and of a rubric its verdicts and items."""
    names = {label.id: label.name for spec in (new, old) for label in spec.labels}
    verdicts = dict.fromkeys([*old.label_ids, *new.label_ids])
    labels = {label: names.get(label, label.replace("_", " ").capitalize()) for label in verdicts}
    items = {item: names[item] for item in (*old.item_ids, *new.item_ids)} if new.answer_kind.items else {}
    return Asked(new.id, new.name, labels, items, several=new.answer_kind.several, levels=new.answer_kind.levels)


def _labeller(planned: PlannedLabeller) -> AlignmentLabeller:
    return AlignmentLabeller(planned.name, planned.model, planned.reasoning_effort, planned.prompts, planned.versions)


def _requests(plan: AlignmentPlan) -> int:
    """Requests that this alignment has sent, in all its attempts."""
    return sum(landed_totals(run)["requests"] for _, _, run in plan.runs())
