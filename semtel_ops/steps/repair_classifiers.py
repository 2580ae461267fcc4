"""Repair the prompts of several classifiers for one labeller, one after the other, within one budget."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypedDict

from semtel_ops.repair import SearchConfig
from semtel_ops.repair.result import Reference, Repair
from semtel_ops.runs.resources import Resources
from semtel_ops.steps.repair import RepairForecast, forecast_repair, repair
from semtel_ops.steps.repair_answers import SetLabeller
from semtel_ops.steps.repair_setup import RepairOptions
from semtel_ops.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class RepairReference:
    """What a classifier's prompt is compared with.

    Attributes:
        labels: conversation id → right label, as `evaluation.comparison.spelled` writes it.
    """

    is_of: Reference
    labels: Mapping[str, str]


class RepairSummary(TypedDict):
    """A repair as a command prints it.

    Attributes:
        verdict: better, not_shown or no_winner.
        reason: the verdict as a sentence.
        page: path of repair.md.
        prompt: path of the proposed prompt; None if there is none.
        command: what a person pastes to use it; None if there is none.
        spent_usd: cost of this repair.
    """

    verdict: str
    reason: str
    page: str
    prompt: str | None
    command: str | None
    spent_usd: float


def repair_classifiers(
    labeller: SetLabeller,
    references: Mapping[str, RepairReference],
    *,
    out: str,
    ledger: Ledger,
    options: RepairOptions | None = None,
    resources: Resources | None = None,
) -> dict[str, Repair]:
    """Repair each classifier in OUT/<classifier>, in the order of `references`; the same again asks nothing.

    What one does not spend of `options.search.budget_usd` is left for the next.

    Raises:
        ConfigError: as `repair`, before the classifier's first request.
        BudgetExceededError: as `repair`.
    """
    options, found = options or RepairOptions(), dict[str, Repair]()
    for classifier, reference in references.items():
        own = replace(options, search=_within(options.search, sum(each.spent_usd for each in found.values())))
        found[classifier] = repair(
            labeller, classifier, reference.labels, reference_is=reference.is_of, out=f"{out.rstrip('/')}/{classifier}",
            ledger=ledger, options=own, resources=resources,
        )  # fmt: skip
    return found


def forecast_repairs(
    labeller: SetLabeller,
    references: Mapping[str, RepairReference],
    *,
    out: str,
    options: RepairOptions | None = None,
    resources: Resources | None = None,
) -> dict[str, RepairForecast]:
    """Forecast each repair. Sends no requests."""
    return {
        classifier: forecast_repair(
            labeller, classifier, reference.labels, out=f"{out.rstrip('/')}/{classifier}", options=options, resources=resources
        )
        for classifier, reference in references.items()
    }


def summary_of(found: Repair, out: str) -> RepairSummary:
    """The summary of a repair in OUT/<classifier>."""
    return {
        "verdict": found.verdict.value,
        "reason": found.reason,
        "page": f"{out.rstrip('/')}/{found.classifier}/repair.md",
        "prompt": found.prompt,
        "command": found.command,
        "spent_usd": found.spent_usd,
    }


def _within(search: SearchConfig, spent_usd: float) -> SearchConfig:
    if search.budget_usd is None:
        return search
    return replace(search, budget_usd=max(0.0, search.budget_usd - spent_usd))
