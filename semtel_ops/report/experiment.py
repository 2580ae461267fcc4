"""An `Experiment` as one HTML page, in the style of the weekly report: no script, nothing loaded from the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from semtel_ops import __version__
from semtel_ops.evaluation import Comparison, Flips
from semtel_ops.experiments import CellResult, Experiment, Recommendation, frontier, recommend
from semtel_ops.experiments.recommend import price_of, priced_in_tokens, shortfall
from semtel_ops.humanize import coefficient, number, percent
from semtel_ops.report.frontier import Point, frontier_chart
from semtel_ops.report.render import templates


@dataclass(frozen=True, slots=True)
class CellRow:
    """A cell as the page lists it.

    Attributes:
        number: row in the table, starting at 1; the charts show it.
        lowest: comparison of the classifier with the lowest lower bound of kappa.
        price: per conversation in tokens, or in USD per 1,000 conversations.
        saved: share of the baseline's price that the cell saves; negative where it costs more.
        per_minute: conversations per minute at the experiment's token rate.
        shortfall: why the cell must not be used; empty where it can be.
        details: truncation, compression and model, where they differ between cells.
    """

    number: int
    result: CellResult
    overall: Comparison | None
    lowest: Comparison | None
    flips: Flips | None
    by_classifier: Mapping[str, Comparison]
    flips_by_classifier: Mapping[str, Flips]
    price: float
    saved: float | None
    per_minute: float
    best: bool
    chosen: bool
    shortfall: str
    details: str


def render_experiment(experiment: Experiment, settings: Mapping[str, Any] | None) -> str:
    """The page's HTML.

    Args:
        settings: lines of pipeline.yaml for the recommended cell's strategy; None where there are none to change.
    """
    recommendation = recommend(experiment.cells, floor=experiment.floor, min_n=experiment.min_n, against=experiment.baseline)
    rows = _rows(experiment, recommendation)
    in_tokens = priced_in_tokens(experiment.cells)
    template = templates().get_template("experiment.html.j2")
    return str(
        template.render(
            experiment=experiment,
            rows=rows,
            recommended=next((row for row in rows if row.chosen), None),
            reason=recommendation.reason,
            findings=findings(rows, experiment.baseline),
            settings=yaml.safe_dump(dict(settings), sort_keys=False).strip() if settings else "",
            charts=_charts(rows, experiment, in_tokens=in_tokens),
            in_tokens=in_tokens,
            paid_usd=_paid(experiment.cells),
            shown=_shown_columns(rows),
            software=f"semtel-ops {__version__}",
        )
    )


def findings(rows: Sequence[CellRow], against: str) -> list[str]:
    """The findings of the table in sentences; what was not measured is left out."""
    plain = next((row for row in rows if row.result.baseline), None)
    sentences: list[str] = []
    if plain is not None and plain.overall is not None and plain.overall.kappa.value is not None:
        ceiling = coefficient(plain.overall.kappa.value)
        reference = "their own repeat" if against == "plain" else "the golden labels"
        sentences.append(f"Plain requests agree with {reference} at a kappa of {ceiling}, the ceiling for any strategy.")
    if plain is not None:
        sentences += [_cheaper(row, plain) for row in _packed_only(rows, plain)[:1]]
    sentences += [sentence for row in rows if (sentence := _graded(row, rows))][:1]
    return sentences


def _packed_only(rows: Sequence[CellRow], plain: CellRow) -> list[CellRow]:
    """Cells that differ from plain requests only in the number of conversations per request, the nearest to ten first."""
    packed = [row for row in rows if _equals_except(row, plain, pack=row.result.cell.pack) and row.result.cell.pack > 1]
    return sorted(packed, key=lambda row: abs(row.result.cell.pack - 10))


def _equals_except(row: CellRow, other: CellRow, **values: Any) -> bool:
    """Whether the first cell equals the second except in the given fields, where it must have the given values."""
    fields = ("pack", "grader", "combine", "truncation", "max_tokens", "compression", "compression_rate", "model")
    cell, reference = row.result.cell, other.result.cell
    return all(getattr(cell, name) == values.get(name, getattr(reference, name)) for name in fields)


def _cheaper(row: CellRow, plain: CellRow) -> str:
    tokens = 1 - row.result.input_tokens / plain.result.input_tokens
    requests = 1 - row.result.requests / plain.result.requests
    fewer = f"{percent(tokens, 0)} fewer input tokens and {percent(requests, 0)} fewer requests"
    words = f"{row.result.cell.pack} conversations per request take {fewer}"
    if row.flips is None or plain.flips is None:
        return f"{words}."
    return (
        f"{words}; {percent(row.flips.share.share)} of their labels change between repeats, compared with"
        f" {percent(plain.flips.share.share)} for plain requests."
    )


def _graded(row: CellRow, rows: Sequence[CellRow]) -> str:
    """The effect of a grader, as a sentence; empty without a grader, and for other sizes where a cell packs ten."""
    cell = row.result.cell
    if not cell.grader or (cell.pack != 10 and any(other.result.cell.pack == 10 for other in rows)):
        return ""
    bare = next((other for other in rows if _equals_except(other, row, grader=False)), None)
    if bare is None or row.overall is None or bare.overall is None:
        return ""
    after, before = row.overall.kappa.value, bare.overall.kappa.value
    if after is None or before is None:
        return ""
    more = row.result.tokens_per_conversation / bare.result.tokens_per_conversation - 1
    return (
        f"The grader {'raises' if after >= before else 'lowers'} the kappa of {cell.pack} conversations per request from"
        f" {coefficient(before)} to {coefficient(after)}, for {percent(more, 0)} more tokens."
    )


def _rows(experiment: Experiment, recommendation: Recommendation) -> list[CellRow]:
    in_tokens = priced_in_tokens(experiment.cells)
    best = set(frontier(experiment.cells))
    baseline = next((result for result in experiment.cells if result.baseline), None)
    standard = price_of(baseline, in_tokens=in_tokens) if baseline else 0.0
    rows = []
    for position, result in enumerate(experiment.cells, start=1):
        price = price_of(result, in_tokens=in_tokens)
        comparisons = {comparison.classifier: comparison for comparison in result.compared if comparison.classifier is not None}
        exempt = result.baseline and experiment.baseline == "plain"
        rows.append(
            CellRow(
                number=position,
                result=result,
                overall=result.overall,
                lowest=min(comparisons.values(), key=_lower_bound, default=None),
                flips=result.overall_flips,
                by_classifier=comparisons,
                flips_by_classifier={flips.classifier: flips for flips in result.flips if flips.classifier is not None},
                price=price if in_tokens else 1000 * price,
                saved=1 - price / standard if standard and not result.baseline else None,
                per_minute=result.conversations_per_minute(experiment.tpm),
                best=result.cell.id in best,
                chosen=result.cell.id == recommendation.cell,
                shortfall="" if exempt else shortfall(result, floor=experiment.floor, min_n=experiment.min_n),
                details=_details(result, experiment.cells),
            )
        )
    return rows


def _lower_bound(comparison: Comparison) -> float:
    # Below every kappa, which is at least -1.
    return -2.0 if comparison.kappa.low is None else comparison.kappa.low


def _details(result: CellResult, cells: Sequence[CellResult]) -> str:
    """Model, truncation and compression, where cells differ in them."""
    cell = result.cell
    shown = []
    if len({other.cell.model for other in cells}) > 1:
        shown.append(cell.model)
    if len({(other.cell.truncation, other.cell.max_tokens) for other in cells}) > 1:
        shown.append(f"{cell.truncation} {number(cell.max_tokens)}")
    if len({(other.cell.compression, other.cell.compression_rate) for other in cells}) > 1:
        rate = f" {cell.compression_rate:g}" if cell.uses_rate else ""
        shown.append(f"{cell.compression}{rate}")
    return " · ".join(shown)


def _charts(rows: Sequence[CellRow], experiment: Experiment, *, in_tokens: bool) -> list[tuple[str, str, Any]]:
    """(heading, sentence, chart); charts without points are left out."""
    over_all = _points([(row, row.overall) for row in rows])
    lowest = _points([(row, row.lowest) for row in rows])
    flips = [
        _point(row, row.flips.share.share, row.flips.share.low, row.flips.share.high) for row in rows if row.flips is not None
    ]
    cards = [
        (
            "Agreement against cost",
            "Mean kappa of the classifiers.",
            frontier_chart(over_all, "overall", "Mean kappa against cost", in_tokens=in_tokens),
        ),
        (
            "Worst classifier",
            f"Lowest kappa of any classifier. Dashed: the floor, {coefficient(experiment.floor)}.",
            frontier_chart(lowest, "lowest", "Lowest kappa against cost", in_tokens=in_tokens, floor=experiment.floor),
        ),
        (
            "Changed labels",
            "Share of pairs of repeats whose labels differ.",
            frontier_chart(flips, "flips", "Changed labels against cost", in_tokens=in_tokens, as_percent=True),
        ),
    ]
    return [card for card in cards if card[2]]


def _points(comparisons: Sequence[tuple[CellRow, Comparison | None]]) -> list[Point]:
    points = []
    for row, comparison in comparisons:
        kappa = comparison.kappa if comparison is not None else None
        if kappa is not None and kappa.value is not None and kappa.low is not None and kappa.high is not None:
            points.append(_point(row, kappa.value, kappa.low, kappa.high))
    return points


def _point(row: CellRow, value: float, low: float, high: float) -> Point:
    result = row.result
    return Point(
        row.number, result.cell.shared, row.price, value, low, high,
        best=row.best, baseline=result.baseline, chosen=row.chosen,
    )  # fmt: skip


def _shown_columns(rows: Sequence[CellRow]) -> set[str]:
    """Names of the optional columns in which at least one cell has something to show."""
    return {
        name
        for name, is_shown in (
            ("details", any(row.details for row in rows)),
            ("flips", any(row.flips for row in rows)),
            ("invalid", any(row.result.invalid.share for row in rows)),
            ("compress", len({row.result.cell.compression for row in rows}) > 1),
            ("cost", any(row.result.cost_usd for row in rows)),
        )
        if is_shown
    }


def _paid(cells: Sequence[CellResult]) -> float | None:
    amounts = [cell.paid_usd for cell in cells]
    return None if any(amount is None for amount in amounts) else sum(amount for amount in amounts if amount is not None)
