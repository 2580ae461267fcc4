"""Charts of an experiment: each cell is a point, with quality on the y axis and cost on the x axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from semtel_ops.humanize import coefficient, money, number, percent
from semtel_ops.report.charts import WIDTH, draw

_HEIGHT = 230
_MARGIN = 44  # of the value axis
_LOG_SCALE_RATIO = 4
"""Ratio of the highest price to the lowest from which the price axis is logarithmic."""


@dataclass(frozen=True, slots=True)
class Point:
    """One cell in a chart.

    Attributes:
        number: row of the cell in the table.
        price: tokens per conversation, or USD per 1,000 conversations.
        low, high: the 95% interval of `value`.
        best: the cell is on the frontier.
    """

    number: int
    name: str
    price: float
    value: float
    low: float
    high: float
    best: bool = False
    baseline: bool = False
    chosen: bool = False


def frontier_chart(
    points: Sequence[Point], chart_id: str, title: str, *, in_tokens: bool, floor: float | None = None, as_percent: bool = False
) -> Markup:
    """Points with intervals; a solid line joins the frontier, a dashed line is the floor. Empty without points."""
    if not points:
        return Markup()
    description = "; ".join(
        f"{point.number}: {point.name}, {_point_text(point, in_tokens=in_tokens, as_percent=as_percent)}" for point in points
    )
    return draw(_layers(points, in_tokens=in_tokens, floor=floor, as_percent=as_percent), chart_id, title, description)


def _point_text(point: Point, *, in_tokens: bool, as_percent: bool) -> str:
    value, low, high = (percent(part) if as_percent else coefficient(part) for part in (point.value, point.low, point.high))
    return f"{value} ({low} to {high}) at {number(point.price) if in_tokens else money(point.price)}"


def _layers(points: Sequence[Point], *, in_tokens: bool, floor: float | None, as_percent: bool) -> Any:
    import altair as alt

    values = [
        {
            "number": str(point.number), "price": point.price, "value": point.value, "low": point.low, "high": point.high,
            "colour": "var(--accent)" if point.best else "var(--warm)" if point.baseline else "var(--noise)",
            "ink": "var(--ink)" if point.best or point.baseline or point.chosen else "var(--muted)",
            "best": point.best, "baseline": point.baseline, "chosen": point.chosen,
        }
        for point in points
    ]  # fmt: skip
    bottom = min([point.low for point in points] + ([floor] if floor is not None else []))
    top = max(point.high for point in points)
    domain = [0 if as_percent else bottom - 0.04 * (top - bottom), min(1.0, top + 0.06 * (top - bottom))]
    quiet = {"labelColor": "var(--muted)", "labelFontSize": 10, "domain": False, "ticks": False, "tickCount": 5}
    named = {"titleColor": "var(--muted)", "titleFontSize": 10, "titleFontWeight": 400}
    price_title = "tokens per conversation" if in_tokens else "cost per 1,000 conversations"
    x_axis = alt.Axis(**quiet, **named, grid=False, title=price_title, format="~s" if in_tokens else "$~r")
    y_axis = alt.Axis(**quiet, title=None, gridColor="var(--track)", format=".0%" if as_percent else ".2~f")
    prices = [point.price for point in points]
    logarithmic = min(prices) > 0 and max(prices) >= _LOG_SCALE_RATIO * min(prices)
    price_scale = alt.Scale(type="log", nice=False, padding=14) if logarithmic else alt.Scale(zero=True, nice=False, padding=14)
    x = alt.X("price:Q", axis=x_axis, scale=price_scale)
    scale = alt.Scale(domain=domain, nice=False, zero=False)
    y = alt.Y("value:Q", axis=y_axis, scale=scale)
    base = alt.Chart().encode(x=x)
    colour = alt.Color("colour:N", scale=None)
    layers = [
        base.transform_filter("datum.best").mark_line(color="var(--accent)", strokeWidth=1.2, opacity=0.5).encode(y=y),
        base.mark_rule(strokeWidth=1.3).encode(y=alt.Y("low:Q", scale=scale), y2=alt.Y2("high"), color=colour),
        base.transform_filter("datum.chosen").mark_point(size=210, strokeWidth=1.6, color="var(--good)").encode(y=y),
        base.transform_filter("!datum.baseline").mark_circle(size=52, opacity=1).encode(y=y, color=colour),
        base.transform_filter("datum.baseline")
        .mark_point(size=60, opacity=1, filled=True, shape="diamond", color="var(--warm)")
        .encode(y=y),
        base.mark_text(align="left", dx=7, dy=-6, fontSize=10).encode(
            y=y, text="number:N", color=alt.Color("ink:N", scale=None)
        ),
    ]
    if floor is not None:
        level = alt.Chart(alt.Data(values=[{"floor": floor}]))
        layers.append(
            level.mark_rule(strokeDash=[4, 3], strokeWidth=1.2, color="var(--ink)").encode(y=alt.Y("floor:Q", scale=scale))
        )
    return alt.layer(*layers, data=alt.Data(values=values), width=WIDTH - _MARGIN, height=_HEIGHT)
