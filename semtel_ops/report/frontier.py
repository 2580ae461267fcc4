"""Charts of an experiment: each cell as a point, quality upwards, cost to the right; drawn as `charts` draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from semtel_ops.humanize import coefficient, money, number, percent
from semtel_ops.report.charts import WIDTH, draw

_HEIGHT = 230
_MARGIN = 44  # of the value axis
_DECADE = 4
"""Dearest over cheapest from which the price axis is logarithmic: below, points lie far enough apart."""


@dataclass(frozen=True, slots=True)
class Point:
    """One cell in a picture.

    Attributes:
        number: its row in the table.
        low, high: the 95% interval of `value`.
        best: on the frontier.
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
    """Points with intervals; a line joins those that no other beats, a dashed one is the floor. Empty without points."""
    if not points:
        return Markup()
    said = "; ".join(f"{one.number}: {one.name}, {_said(one, in_tokens=in_tokens, as_percent=as_percent)}" for one in points)
    return draw(_layers(points, in_tokens=in_tokens, floor=floor, as_percent=as_percent), chart_id, title, said)


def _said(one: Point, *, in_tokens: bool, as_percent: bool) -> str:
    value, low, high = (percent(part) if as_percent else coefficient(part) for part in (one.value, one.low, one.high))
    return f"{value} ({low} to {high}) at {number(one.price) if in_tokens else money(one.price)}"


def _layers(points: Sequence[Point], *, in_tokens: bool, floor: float | None, as_percent: bool) -> Any:
    import altair as alt

    values = [
        {
            "number": str(one.number), "price": one.price, "value": one.value, "low": one.low, "high": one.high,
            "colour": "var(--accent)" if one.best else "var(--warm)" if one.baseline else "var(--noise)",
            "ink": "var(--ink)" if one.best or one.baseline or one.chosen else "var(--muted)",
            "best": one.best, "baseline": one.baseline, "chosen": one.chosen,
        }
        for one in points
    ]  # fmt: skip
    bottom = min([one.low for one in points] + ([floor] if floor is not None else []))
    top = max(one.high for one in points)
    domain = [0 if as_percent else bottom - 0.04 * (top - bottom), min(1.0, top + 0.06 * (top - bottom))]
    quiet = {"labelColor": "var(--muted)", "labelFontSize": 10, "domain": False, "ticks": False, "tickCount": 5}
    named = {"titleColor": "var(--muted)", "titleFontSize": 10, "titleFontWeight": 400}
    of = "tokens per conversation" if in_tokens else "cost per 1,000 conversations"
    x_axis = alt.Axis(**quiet, **named, grid=False, title=of, format="~s" if in_tokens else "$~r")
    y_axis = alt.Axis(**quiet, title=None, gridColor="var(--track)", format=".0%" if as_percent else ".2~f")
    prices = [one.price for one in points]
    spread = min(prices) > 0 and max(prices) >= _DECADE * min(prices)
    of_price = alt.Scale(type="log", nice=False, padding=14) if spread else alt.Scale(zero=True, nice=False, padding=14)
    x = alt.X("price:Q", axis=x_axis, scale=of_price)
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
