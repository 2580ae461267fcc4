"""Charts that only the page has, in the style of the report: a metric over weeks, and bars of a run's shards."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from semtel_ops.report.charts import WIDTH, draw, over_rows, row_base, row_words

_HEIGHT = 96
_AXIS = 38  # pixels left of the plot: axis labels up to "$12.5"


def course_chart(
    values: Sequence[dict[str, Any]], weeks: Sequence[str], axis: str, chart_id: str, title: str, description: str
) -> Markup:
    """A line over weeks, with a band where values have an interval, and hollow circles with intervals where they are corrected.

    Each value has `at` (index into `weeks`), `value`, optionally `low` and `high`, optionally `corrected_share`,
    `corrected_low` and `corrected_high`, and `summary`, which the page shows under the pointer.
    Values of different `part` are not joined, and a dashed rule is drawn between them. `axis` is a number format: %, $, s
    (seconds; minutes from 120 s) or a format of d3.
    """
    import altair as alt

    last = len(weeks) - 1
    ticks = _ticks(weeks)
    names = ", ".join(f"'{weeks[at].split('-')[-1]}'" for at in ticks)
    x_axis = alt.Axis(
        values=ticks, labelExpr=f"[{names}][indexof({ticks}, datum.value)]", title=None, domain=False, ticks=False, grid=False,
        labelColor="var(--muted)", labelFontSize=10, labelPadding=6, labelFlush=True, labelOverlap=False,
    )  # fmt: skip
    y_axis = alt.Axis(
        title=None, domain=False, ticks=False, tickCount=3, labelColor="var(--muted)", labelFontSize=10,
        gridColor="var(--track)", minExtent=_AXIS, maxExtent=_AXIS, **_format(axis),
    )  # fmt: skip
    x = alt.X("at:Q", axis=x_axis, scale=alt.Scale(domain=[-0.5, last + 0.5], nice=False))
    scale = alt.Scale(zero=True)
    parts = any("part" in value for value in values)
    base = alt.Chart().encode(x=x, **({"detail": alt.Detail("part:N")} if parts else {}))
    layers = _break_rules(values)
    if any("low" in value for value in values):
        band = base.mark_area(color="var(--accent)", opacity=0.16, clip=True)
        layers.append(band.encode(y=alt.Y("low:Q", axis=y_axis, scale=scale), y2=alt.Y2("high")))
    y = alt.Y("value:Q", axis=y_axis, scale=scale)
    layers.append(base.mark_line(color="var(--accent)", strokeWidth=1.5, strokeJoin="round").encode(y=y))
    end = base.transform_filter(f"datum.at == {values[-1]['at']}")
    layers.append(end.mark_circle(color="var(--accent)", size=34, opacity=1).encode(y=y))
    if any("corrected_share" in value for value in values):
        here = base.transform_filter("isValid(datum.corrected_share)")
        low, high = alt.Y("corrected_low:Q", axis=y_axis, scale=scale), alt.Y2("corrected_high")
        layers.append(here.mark_rule(color="var(--warm)", strokeWidth=1.5).encode(y=low, y2=high))
        point = here.mark_point(shape="circle", size=22, filled=True, fill="var(--card)", strokeWidth=1.5, opacity=1)
        layers.append(
            point.encode(y=alt.Y("corrected_share:Q", axis=y_axis, scale=scale), stroke=alt.StrokeValue("var(--warm)"))
        )
    # An invisible strip for each week: the page shows its summary under the pointer.
    strip = base.mark_bar(opacity=0, width=WIDTH / max(1, len(weeks)), aria=True)
    layers.append(strip.encode(y=alt.YValue(0), y2=alt.Y2Value(_HEIGHT), description=alt.Description("summary:N")))
    chart = alt.layer(*layers, data=alt.Data(values=list(values)), width=WIDTH - _AXIS - 6, height=_HEIGHT)
    return draw(chart, chart_id, title, description)


def _break_rules(values: Sequence[dict[str, Any]]) -> list[Any]:
    """A dashed rule before the first value of each part but the first."""
    import altair as alt

    starts = [value["at"] for before, value in pairwise(values) if before.get("part") != value.get("part")]
    rule = alt.Chart(alt.Data(values=[{"start": at - 0.5} for at in starts])).mark_rule(
        color="var(--muted)", strokeDash=[3, 3], clip=True
    )
    return [rule.encode(x=alt.X("start:Q"))] if starts else []


def bar_chart(values: Sequence[dict[str, Any]], field: str, chart_id: str, title: str) -> Markup:
    """A bar for each value, with its name, note and value as text above it; rescued shards have the warm colour."""
    import altair as alt

    base = row_base()
    top = max([value[field] for value in values] + [1e-9])
    bar = base.mark_bar(height=8, yOffset=9, cornerRadius=2)
    layers = [
        bar.encode(x=alt.XValue(0), x2=alt.X2Value(WIDTH), color=alt.ColorValue("var(--track)")),
        bar.encode(
            x=alt.X(f"{field}:Q", axis=None, scale=alt.Scale(domain=[0, top], nice=False)),
            color=alt.condition("datum.rescued", alt.value("var(--warm)"), alt.value("var(--accent)")),
        ),
        row_words(base, "name", x=0, align="left", limit=150),
        row_words(base, "note", x=WIDTH - 84, fontSize=10, color="var(--muted)"),
        row_words(base, "value", x=WIDTH, fontWeight=600),
    ]
    description = "; ".join(f"{value['name']} {value['value']}, {value['note']}" for value in values)
    return draw(over_rows(list(values), layers, step=36), chart_id, title, description)


def _ticks(weeks: Sequence[str]) -> list[int]:
    """Up to five indices into `weeks`, including the first and the last."""
    last = len(weeks) - 1
    return sorted({round(at * last / 4) for at in range(5)}) if last > 4 else list(range(len(weeks)))


def _format(axis: str) -> dict[str, str]:
    if axis == "%":
        return {"format": "~%"}
    if axis == "$":
        return {"format": "$~r"}
    if axis == "s":
        return {"labelExpr": "datum.value < 120 ? format(datum.value, '~g') + ' s' : format(datum.value / 60, '.0f') + ' min'"}
    return {"format": axis}
