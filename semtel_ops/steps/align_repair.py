"""Repair the prompts of candidates that an alignment found worse: proposals for a person, never adopted by themselves."""

from collections.abc import Mapping
from pathlib import Path

from semtel_ops.alignment import CandidateAlignment, Decision
from semtel_ops.classifiers import load_classifiers
from semtel_ops.repair import SearchConfig
from semtel_ops.repair.result import Reference
from semtel_ops.runs.resources import Resources
from semtel_ops.steps.align_answers import RunAnswers, answers_of
from semtel_ops.steps.align_compare import read_alignment
from semtel_ops.steps.align_gold import gold_of
from semtel_ops.steps.align_labellers import PlannedLabeller
from semtel_ops.steps.align_plan import REPEATS, AlignmentPlan
from semtel_ops.steps.repair import RepairForecast
from semtel_ops.steps.repair_answers import SetLabeller
from semtel_ops.steps.repair_classifiers import (
    RepairReference,
    RepairSummary,
    forecast_repairs,
    repair_classifiers,
    summary_of,
)
from semtel_ops.steps.repair_setup import RepairOptions
from semtel_ops.store.ledger import Ledger

Summaries = dict[str, dict[str, RepairSummary]]
"""Candidate → classifier → repair."""


def repair_candidates(alignment: str, *, ledger: Ledger, resources: Resources) -> Summaries:
    """Search a better prompt for every classifier whose decision is `adjust`, within what is left of the budget.

    The reference is people's labels where there are any, else the labels that the incumbent gave twice. Killed and started
    again, it goes on, and pays nothing twice.

    Args:
        alignment: URL of plan.json, of an alignment that was compared.

    Raises:
        ConfigError: too few rows, or too small a budget.
        BudgetExceededError: choosing or confirming costs more than forecast; what was paid is kept.
    """
    plan = AlignmentPlan.load(alignment)
    result = read_alignment(plan)
    summaries: Summaries = {}
    spent_usd = 0.0
    for planned in plan.candidates:
        references = _references(plan, result.candidates[planned.name], ledger)
        if not references:
            continue
        out = f"{plan.out}/repair/{planned.name}"
        found = repair_classifiers(
            _labeller(plan, planned), references, out=out, ledger=ledger, resources=resources,
            options=RepairOptions(search=SearchConfig(budget_usd=_left(plan, spent_usd))),
        )  # fmt: skip
        spent_usd += sum(each.spent_usd for each in found.values())
        summaries[planned.name] = {classifier: summary_of(repair, out) for classifier, repair in found.items()}
    return summaries


def forecast_candidates(plan: AlignmentPlan, *, ledger: Ledger, resources: Resources) -> dict[str, dict[str, RepairForecast]]:
    """Forecast what `repair_candidates` would do, by candidate and classifier. Sends no requests.

    Raises:
        StoreError: nothing was compared yet, so it is not known which prompts need a repair.
    """
    result = read_alignment(plan)
    options = RepairOptions(search=SearchConfig(budget_usd=_left(plan, 0.0)))
    return {
        planned.name: forecast_repairs(
            _labeller(plan, planned), references, out=f"{plan.out}/repair/{planned.name}", options=options, resources=resources
        )
        for planned in plan.candidates
        if (references := _references(plan, result.candidates[planned.name], ledger))
    }


def _labeller(plan: AlignmentPlan, planned: PlannedLabeller) -> SetLabeller:
    frozen = plan.frozen
    run = plan.run_of(planned, 0, frozen)
    return SetLabeller(run, frozen, lane=plan.request.lane, reuse=plan.reuse, journal=plan.base.journal_url)


def _references(plan: AlignmentPlan, found: CandidateAlignment, ledger: Ledger) -> dict[str, RepairReference]:
    names = [each.classifier for each in found.classifiers.values() if each.decision is Decision.ADJUST]
    if not names:
        return {}
    frozen = plan.frozen
    specs = load_classifiers(Path(plan.incumbent.prompts), names)
    gold = gold_of(frozen, specs, ledger=ledger if plan.request.source is None else None, file=plan.request.gold)
    items = frozenset(spec.id for spec in specs if spec.answer_kind.items)
    repeats = [
        answers_of(plan.run_of(plan.incumbent, repeat, frozen), frozen.sample["shards"], items) for repeat in range(REPEATS)
    ]
    return {name: _reference(gold[name], [each[name] for each in repeats]) for name in names}


def _reference(gold: Mapping[str, str], repeats: list[RunAnswers]) -> RepairReference:
    if gold:
        return RepairReference(Reference.GOLD, gold)
    first, again = (each.answers for each in repeats)
    same = {
        name: answer.category for name, answer in first.items() if name in again and again[name].category == answer.category
    }
    return RepairReference(Reference.INCUMBENT, same)


def _left(plan: AlignmentPlan, repairs_usd: float) -> float | None:
    """The budget less what the alignment itself has paid, and the repairs of candidates before."""
    total = plan.base.config.budget_usd
    if total is None:
        return None
    return max(0.0, total - sum(plan.spent_usd().values()) - repairs_usd)
