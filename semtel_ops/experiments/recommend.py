"""Which cells are worth considering, and which cell to use, given a floor for kappa."""

from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.evaluation import Comparison
from semtel_ops.experiments.results import MAX_INVALID_SHARE, CellResult
from semtel_ops.humanize import coefficient, number, percent


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The cheapest cell that reaches the floor.

    Attributes:
        cell: id of the cell; None where no cell reaches the floor.
        reason: the reason, as a sentence.
    """

    cell: str | None
    reason: str


def price_of(result: CellResult, *, in_tokens: bool) -> float:
    """Price by which cells are compared, per conversation: USD, or tokens where `in_tokens` or its price is unknown."""
    return result.tokens_per_conversation if in_tokens or result.cost_usd is None else result.cost_usd / result.conversations


def priced_in_tokens(results: Sequence[CellResult]) -> bool:
    """Whether cells must be compared by tokens: a price is unknown, or all are 0."""
    return any(result.cost_usd is None for result in results) or not any(result.cost_usd for result in results)


def frontier(results: Sequence[CellResult]) -> list[str]:
    """Ids of the Pareto-optimal cells, cheapest first: no cheaper or equally cheap cell has the same or a higher kappa."""
    in_tokens = priced_in_tokens(results)
    priced = [
        (price_of(result, in_tokens=in_tokens), overall.kappa.value, result.cell.id)
        for result in results
        if (overall := result.overall) is not None and overall.kappa.value is not None
    ]
    best, ids = float("-inf"), []
    for _, kappa, cell_id in sorted(priced, key=lambda cell: (cell[0], -cell[1])):
        if kappa > best:
            best = kappa
            ids.append(cell_id)
    return ids


def shortfall(result: CellResult, *, floor: float, min_n: int) -> str:
    """Why a cell may not be used; empty where every classifier reaches the floor.

    The lower end of kappa's interval must reach the floor, because an optimization has to be shown to do no harm. At least
    `min_n` comparisons are needed, because the interval of a small sample without a single difference has a width of 0.
    """
    if not result.compared:
        return "nothing to compare with"
    if result.invalid.share > MAX_INVALID_SHARE:
        return f"{percent(result.invalid.share)} of its rows have no label"
    failing = [each for each in result.compared if each.classifier is not None and _below_floor(each, floor, min_n)]
    if not failing:
        return ""
    worst = min(failing, key=lambda each: -2.0 if each.kappa.low is None else each.kappa.low)
    more = f", and {len(failing) - 1} more" if len(failing) > 1 else ""
    if worst.kappa.low is None:
        return f"kappa of {worst.classifier} is not defined: only one label occurred{more}"
    if worst.kappa.n < min_n:
        return f"{worst.classifier} was compared {worst.kappa.n} times; {min_n} are needed{more}"
    return f"kappa of {worst.classifier} has a lower bound of {coefficient(worst.kappa.low)}{more}"


def _below_floor(comparison: Comparison, floor: float, min_n: int) -> bool:
    kappa = comparison.kappa
    return kappa.low is None or kappa.low < floor or kappa.n < min_n


def recommend(results: Sequence[CellResult], *, floor: float, min_n: int, against: str = "plain") -> Recommendation:
    """The cheapest cell whose every classifier reaches the floor.

    Args:
        against: what labels were compared with. Against `plain`, the baseline itself needs no evidence; against `golden`, it
            must reach the floor like any other cell.
    """
    in_tokens = priced_in_tokens(results)
    exempt = [result for result in results if result.baseline and against == "plain"]
    usable = [result for result in results if result in exempt or not shortfall(result, floor=floor, min_n=min_n)]
    if not usable:
        return Recommendation(None, f"No strategy reaches a kappa of {coefficient(floor)} with every classifier.")
    best = min(usable, key=lambda result: (price_of(result, in_tokens=in_tokens), result.cell.id))
    if best.baseline:
        best_price = price_of(best, in_tokens=in_tokens)
        others = [result for result in results if not result.baseline]
        cheaper = [result for result in others if price_of(result, in_tokens=in_tokens) < best_price]
        by_classifier = (each for result in cheaper for each in result.compared if each.classifier is not None)
        most = max((each.kappa.n for each in by_classifier), default=min_n)
        if most < min_n:
            reason = f"Stay with plain requests: {number(most)} compared conversations are too few, {number(min_n)} are needed."
            return Recommendation(best.cell.id, reason)
        why = f"that is cheaper reaches a kappa of {coefficient(floor)} with every classifier" if cheaper else "is cheaper"
        return Recommendation(best.cell.id, f"Stay with plain requests: no strategy {why}.")
    baseline = next((result for result in results if result.baseline), None)
    plain_price = price_of(baseline, in_tokens=in_tokens) if baseline else 0.0
    saved = 1 - price_of(best, in_tokens=in_tokens) / plain_price if plain_price else 0.0
    less = f"{percent(saved, 0)} {'fewer tokens' if in_tokens else 'lower cost'}" if saved > 0 else ""
    saving = f", with {less} than plain requests" if less else ""
    return Recommendation(
        best.cell.id, f"The cheapest strategy with a kappa of at least {coefficient(floor)} for every classifier{saving}."
    )
