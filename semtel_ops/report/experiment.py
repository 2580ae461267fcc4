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
        number: its place in the table, which the charts show.
        lowest: the classifier whose interval reaches lowest.
        saved: share of the baseline's price that it saves; negative where it costs more.
        shortfall: why it may not be used; empty where it may.
        details: what is cut and which model, where that differs between cells.
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
        settings: lines of pipeline.yaml that make the recommended cell's strategy; None where there is nothing to paste.
    """
    found = recommend(experiment.cells, floor=experiment.floor, min_n=experiment.min_n, against=experiment.baseline)
    rows = _rows(experiment, found)
    in_tokens = priced_in_tokens(experiment.cells)
    template = templates().get_template("experiment.html.j2")
    return str(
        template.render(
            experiment=experiment,
            rows=rows,
            recommended=next((row for row in rows if row.chosen), None),
            reason=found.reason,
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
    """What the table says, in sentences; only what was measured."""
    plain = next((row for row in rows if row.result.baseline), None)
    said: list[str] = []
    if plain is not None and plain.overall is not None and plain.overall.kappa.value is not None:
        ceiling = coefficient(plain.overall.kappa.value)
        reference = "their own repeat" if against == "plain" else "the golden labels"
        said.append(f"Plain requests agree with {reference} at a kappa of {ceiling}, the ceiling for any strategy.")
    if plain is not None:
        said += [_cheaper(row, plain) for row in _tens(rows, plain)[:1]]
    said += [sentence for row in rows if (sentence := _graded(row, rows))][:1]
    return said


def _tens(rows: Sequence[CellRow], plain: CellRow) -> list[CellRow]:
    """Cells that differ from plain requests only in how many conversations share a request, the nearest to ten first."""
    packed = [row for row in rows if _twin(row, plain, pack=row.result.cell.pack) and row.result.cell.pack > 1]
    return sorted(packed, key=lambda row: abs(row.result.cell.pack - 10))


def _twin(row: CellRow, other: CellRow, **differs: Any) -> bool:
    """Whether two cells are alike in all but the given fields, which the first has as given."""
    fields = ("pack", "grader", "combine", "truncation", "max_tokens", "compression", "compression_rate", "model")
    one, two = row.result.cell, other.result.cell
    return all(getattr(one, name) == differs.get(name, getattr(two, name)) for name in fields)


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
    """What a grader changes, for the cell of ten per request if there is one, else for any."""
    cell = row.result.cell
    if not cell.grader or (cell.pack != 10 and any(one.result.cell.pack == 10 for one in rows)):
        return ""
    bare = next((other for other in rows if _twin(other, row, grader=False)), None)
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


def _rows(experiment: Experiment, found: Recommendation) -> list[CellRow]:
    in_tokens = priced_in_tokens(experiment.cells)
    best = set(frontier(experiment.cells))
    baseline = next((result for result in experiment.cells if result.baseline), None)
    standard = price_of(baseline, in_tokens=in_tokens) if baseline else 0.0
    rows = []
    for place, result in enumerate(experiment.cells, start=1):
        price = price_of(result, in_tokens=in_tokens)
        judged = [one for one in result.compared if one.classifier is not None]
        exempt = result.baseline and experiment.baseline == "plain"
        rows.append(
            CellRow(
                number=place,
                result=result,
                overall=result.overall,
                lowest=min(judged, key=lambda one: -2.0 if one.kappa.low is None else one.kappa.low, default=None),
                flips=result.overall_flips,
                by_classifier={one.classifier: one for one in judged if one.classifier is not None},
                flips_by_classifier={one.classifier: one for one in result.flips if one.classifier is not None},
                price=price if in_tokens else 1000 * price,
                saved=1 - price / standard if standard and not result.baseline else None,
                per_minute=result.conversations_per_minute(experiment.tpm),
                best=result.cell.id in best,
                chosen=result.cell.id == found.cell,
                shortfall="" if exempt else shortfall(result, floor=experiment.floor, min_n=experiment.min_n),
                details=_details(result, experiment.cells),
            )
        )
    return rows


def _details(result: CellResult, cells: Sequence[CellResult]) -> str:
    """Truncation, compression and model, where cells differ in them."""
    cell = result.cell
    shown = []
    if len({one.cell.model for one in cells}) > 1:
        shown.append(cell.model)
    if len({(one.cell.truncation, one.cell.max_tokens) for one in cells}) > 1:
        shown.append(f"{cell.truncation} {number(cell.max_tokens)}")
    if len({(one.cell.compression, one.cell.compression_rate) for one in cells}) > 1:
        rate = f" {cell.compression_rate:g}" if cell.uses_rate else ""
        shown.append(f"{cell.compression}{rate}")
    return " · ".join(shown)


def _charts(rows: Sequence[CellRow], experiment: Experiment, *, in_tokens: bool) -> list[tuple[str, str, Any]]:
    """(heading, sentence, picture)."""
    over_all = _points([(row, row.overall) for row in rows])
    lowest = _points([(row, row.lowest) for row in rows])
    flips = [
        _point(row, row.flips.share.share, row.flips.share.low, row.flips.share.high) for row in rows if row.flips is not None
    ]
    pictures = [
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
    return [picture for picture in pictures if picture[2]]


def _points(judged: Sequence[tuple[CellRow, Comparison | None]]) -> list[Point]:
    points = []
    for row, one in judged:
        if one is not None and one.kappa.value is not None and one.kappa.low is not None and one.kappa.high is not None:
            points.append(_point(row, one.kappa.value, one.kappa.low, one.kappa.high))
    return points


def _point(row: CellRow, value: float, low: float, high: float) -> Point:
    result = row.result
    return Point(
        row.number, result.cell.shared, row.price, value, low, high,
        best=row.best, baseline=result.baseline, chosen=row.chosen,
    )  # fmt: skip


def _shown_columns(rows: Sequence[CellRow]) -> set[str]:
    """Columns that some cell has something to say in."""
    return {
        name
        for name, said in (
            ("details", any(row.details for row in rows)),
            ("flips", any(row.flips for row in rows)),
            ("invalid", any(row.result.invalid.share for row in rows)),
            ("compress", len({row.result.cell.compression for row in rows}) > 1),
            ("cost", any(row.result.cost_usd for row in rows)),
        )
        if said
    }


def _paid(cells: Sequence[CellResult]) -> float | None:
    paid = [cell.paid_usd for cell in cells]
    return None if any(one is None for one in paid) else sum(one for one in paid if one is not None)
