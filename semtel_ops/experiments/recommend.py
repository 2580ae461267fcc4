"""Which cells are worth considering, and which one to use under a stated floor."""

from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.evaluation import Comparison
from semtel_ops.experiments.results import MOST_INVALID, CellResult
from semtel_ops.humanize import coefficient, number, percent


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The cheapest cell that reaches the floor.

    Attributes:
        cell: its id; None where none does.
        reason: why, in a sentence.
    """

    cell: str | None
    reason: str


def price_of(result: CellResult, *, in_tokens: bool) -> float:
    """What a cell is ordered by: its money, or its tokens where any cell's price is unknown."""
    return result.tokens_per_conversation if in_tokens or result.cost_usd is None else result.cost_usd / result.conversations


def priced_in_tokens(results: Sequence[CellResult]) -> bool:
    """Whether money cannot order the cells: a price is unknown, or nothing costs anything."""
    return any(result.cost_usd is None for result in results) or not any(result.cost_usd for result in results)


def frontier(results: Sequence[CellResult]) -> list[str]:
    """Ids of the cells that no other beats: none costs as little or less and agrees as much or more; cheapest first."""
    in_tokens = priced_in_tokens(results)
    known = [
        (price_of(result, in_tokens=in_tokens), overall.kappa.value, result.cell.id)
        for result in results
        if (overall := result.overall) is not None and overall.kappa.value is not None
    ]
    best, found = float("-inf"), []
    for _, kappa, name in sorted(known, key=lambda one: (one[0], -one[1])):
        if kappa > best:
            best = kappa
            found.append(name)
    return found


def shortfall(result: CellResult, *, floor: float, min_n: int) -> str:
    """Why a cell may not be used; empty where every classifier reaches the floor.

    It is the lower end of kappa's interval that must reach it: an optimisation has to prove that it does no harm, and a small
    sample proves nothing. And since a sample without a single error has an interval of no width, it must have a size.
    """
    if not result.compared:
        return "nothing to compare with"
    if result.invalid.share > MOST_INVALID:
        return f"{percent(result.invalid.share)} of its rows have no label"
    low = [one for one in result.compared if one.classifier is not None and _under(one, floor, min_n)]
    if not low:
        return ""
    worst = min(low, key=lambda one: -2.0 if one.kappa.low is None else one.kappa.low)
    more = f", and {len(low) - 1} more" if len(low) > 1 else ""
    if worst.kappa.low is None:
        return f"kappa of {worst.classifier} is not defined: only one label occurred{more}"
    if worst.kappa.n < min_n:
        return f"{worst.classifier} was compared {worst.kappa.n} times; {min_n} are needed{more}"
    return f"kappa of {worst.classifier} has a lower bound of {coefficient(worst.kappa.low)}{more}"


def _under(one: Comparison, floor: float, min_n: int) -> bool:
    return one.kappa.low is None or one.kappa.low < floor or one.kappa.n < min_n


def recommend(results: Sequence[CellResult], *, floor: float, min_n: int, against: str = "plain") -> Recommendation:
    """The cheapest cell whose every classifier reaches the floor.

    Args:
        against: what labels were compared with. Against `plain` calls these need no proof; against `golden` labels they do.
    """
    in_tokens = priced_in_tokens(results)
    proven = [result for result in results if result.baseline and against == "plain"]
    fit = [*proven, *(one for one in results if one not in proven and not shortfall(one, floor=floor, min_n=min_n))]
    if not fit:
        return Recommendation(None, f"No strategy reaches a kappa of {coefficient(floor)} with every classifier.")
    best = min(fit, key=lambda result: (price_of(result, in_tokens=in_tokens), result.cell.id))
    if best.baseline:
        others = [result for result in results if not result.baseline]
        cheaper = [one for one in others if price_of(one, in_tokens=in_tokens) < price_of(best, in_tokens=in_tokens)]
        most = max((one.kappa.n for result in cheaper for one in result.compared if one.classifier is not None), default=min_n)
        if most < min_n:
            reason = f"Stay with plain requests: {number(most)} compared conversations are too few, {number(min_n)} are needed."
            return Recommendation(best.cell.id, reason)
        why = f"that is cheaper reaches a kappa of {coefficient(floor)} with every classifier" if cheaper else "is cheaper"
        return Recommendation(best.cell.id, f"Stay with plain requests: no strategy {why}.")
    baseline = next((result for result in results if result.baseline), None)
    saved = 1 - price_of(best, in_tokens=in_tokens) / price_of(baseline, in_tokens=in_tokens) if baseline else None
    less = f"{percent(saved, 0)} {'fewer tokens' if in_tokens else 'lower cost'}" if saved else ""
    saving = f", with {less} than plain requests" if less else ""
    return Recommendation(
        best.cell.id, f"The cheapest strategy with a kappa of at least {coefficient(floor)} for every classifier{saving}."
    )
