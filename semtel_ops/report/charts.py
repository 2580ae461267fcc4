"""The page's charts: Altair, rendered to SVG when the page is built, so that the page needs no script.

Colours are the page's CSS variables, so the same SVG works in light mode, dark mode and print. Charts have the width of a card
on a phone; wide screens show several charts side by side. Each row has its numbers as text above its mark, so nothing depends
on colour, and the table under each chart contains the same numbers.
"""

import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from semtel_ops.humanize import interval, number, percent, points
from semtel_ops.report.corrected import corrected_words
from semtel_ops.report.model import ClassifierSection, EndpointLimits, LabelRow, SliceSection

WIDTH = 320
"""Pixels: a card's inner width on a 390 px phone."""

MOST_ROWS = 14
"""Maximum number of labels in a chart; the table has all labels."""

_LOG_SCALE_RATIO = 30
"""Ratio of the highest value to the lowest from which a scale is logarithmic; a linear scale would hide small steps."""

_STEP = 42
_BAR = 8
_NAME_WIDTH = 158
_LIFT, _DROP = -9, 9  # pixels: text above the middle of a row, marks below it

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"
_OPENING = re.compile(r"<svg[^>]*?width=\"(\d+(?:\.\d+)?)\"[^>]*?viewBox=\"([^\"]*)\"[^>]*>")


def share_chart(section: ClassifierSection) -> Markup:
    """Bars with 95% intervals; a hollow diamond at the share of the previous published week.

    Below a bar, a hollow circle with its interval at the corrected share.
    """
    rows = section.rows[:MOST_ROWS]
    ends = [row.share.high for row in rows] + [row.previous.share for row in rows if row.previous]
    top = max(ends + [row.corrected.high for row in rows if row.corrected], default=1.0)
    values = [_share_row(at, row) for at, row in enumerate(rows)]
    title = f"{section.info.title}: share of each label"
    description = "; ".join(_said(row) for row in rows)
    # A margin beyond the longest interval, so that its end stays visible.
    return draw(_share_layers(values, min(1.0, 1.03 * top)), f"share-{section.info.id}", title, description)


def change_chart(changes: Sequence[tuple[ClassifierSection, LabelRow]], reach: float, chart_id: str) -> Markup:
    """Differences from the previous week on a scale from -`reach` to `reach`; grey where not significant."""
    values = [_change_row(at, section, row) for at, (section, row) in enumerate(changes)]
    description = "; ".join(f"{value['name']} ({value['under']}) {value['value']} points ({value['note']})" for value in values)
    return draw(_change_layers(values, reach), chart_id, "Change of shares since the previous published week", description)


def slice_chart(section: SliceSection, best: str, worst: str) -> Markup:
    """Shares of the best and the worst outcome in each slice, as dots with intervals."""
    values = [
        {
            "k": at,
            "name": row.name,
            "note": f"n = {number(row.n)}",
            **_ends("best", row.shares.get(best)),
            **_ends("worst", row.shares.get(worst)),
        }
        for at, row in enumerate(section.rows[:MOST_ROWS])
    ]
    description = "; ".join(
        f"{value['name']} {value['best_text']} and {value['worst_text']}, {value['note']}" for value in values
    )
    title = f"{section.title} by {section.by_title.lower()}"
    return draw(_slice_layers(values), f"slice-{section.by_classifier}", title, description)


def trend_chart(section: ClassifierSection, weeks: dict[str, dict[str, float]]) -> Markup:
    """Shares of the six largest labels over the published weeks and this week, in a small panel per label."""
    largest = sorted(section.rows, key=lambda row: -row.share.share)[:6]
    values = [
        {"label": row.name, "order": at, "week": week.split("-")[-1], "place": place, "share": shares.get(row.label, 0.0)}
        for at, row in enumerate(largest)
        for place, (week, shares) in enumerate(sorted(weeks.items()))
    ]
    description = "; ".join(
        f"{row.name} " + ", ".join(percent(shares.get(row.label, 0.0)) for _week, shares in sorted(weeks.items()))
        for row in largest
    )
    return draw(
        _trend_layers(values, len(weeks)),
        f"trend-{section.info.id}",
        f"{section.info.title} over the last published weeks",
        description,
    )


def limit_chart(limits: EndpointLimits, chart_id: str) -> Markup:
    """Concurrency limit over time, as a stepped line per task; empty where no limit changed."""
    if limits.lowest is None or limits.highest is None:
        return Markup()
    per_unit, unit = _time_unit(max(course.points[-1].at_s for course in limits.courses))
    values = [
        {"task": task, "at": at_s / per_unit, "limit": max(1.0, limit)}
        for task, course in enumerate(limits.courses)
        for at_s, limit in course.points
    ]
    logarithmic = limits.highest >= _LOG_SCALE_RATIO * max(1.0, limits.lowest)
    description = (
        f"between {number(limits.lowest)} and {number(limits.highest)} concurrent requests, last {number(min(limits.last))}"
    )
    description += "" if min(limits.last) == max(limits.last) else f" to {number(max(limits.last))}"
    chart = _limit_layers(values, unit, len(limits.courses), logarithmic=logarithmic)
    return draw(chart, chart_id, f"{limits.name}: concurrent requests", description)


def _time_unit(seconds: float) -> tuple[float, str]:
    """Seconds per unit of a time axis of this length, and the unit's name."""
    return (1.0, "seconds") if seconds < 300 else (60.0, "minutes") if seconds < 5 * 3600 else (3600.0, "hours")


def _share_row(at: int, row: LabelRow) -> dict[str, Any]:
    return {
        "k": at,
        "name": row.name,
        "value": percent(row.share.share),
        "note": _evidence(row),
        "share": row.share.share,
        "low": row.share.low,
        "high": row.share.high,
        "previous": row.previous.share if row.previous else None,
        "corrected": row.corrected.share if row.corrected else None,
        "corrected_low": row.corrected.low if row.corrected else None,
        "corrected_high": row.corrected.high if row.corrected else None,
    }


def _said(row: LabelRow) -> str:
    words = f"{row.name} {percent(row.share.share)} ({_evidence(row)})"
    return words if row.corrected is None else f"{words}, corrected {corrected_words(row.corrected)}"


def _evidence(row: LabelRow) -> str:
    return f"{interval(row.share.low, row.share.high)}, n = {number(row.n)}"


def _change_row(at: int, section: ClassifierSection, row: LabelRow) -> dict[str, Any]:
    change = row.change
    if change is None or row.previous is None:
        raise ValueError("only compared rows have a change")
    colour = "var(--noise)" if not row.is_real else "var(--accent)" if change.change > 0 else "var(--warm)"
    return {
        "k": at,
        "name": row.name,
        "under": section.info.title,
        "value": points(change.change),
        "note": f"{points(change.low)} to {points(change.high)}",
        "change": change.change,
        "low": change.low,
        "high": change.high,
        "colour": colour,
        "ink": "var(--ink)" if row.is_real else "var(--muted)",
    }


def _ends(prefix: str, share: Any) -> dict[str, Any]:
    if share is None:
        return {prefix: None, f"{prefix}_low": None, f"{prefix}_high": None, f"{prefix}_text": percent(0.0)}
    return {
        prefix: share.share,
        f"{prefix}_low": share.low,
        f"{prefix}_high": share.high,
        f"{prefix}_text": percent(share.share),
    }


def _share_layers(values: list[dict[str, Any]], top: float) -> Any:
    import altair as alt

    base = row_base()
    is_corrected = any(value["corrected"] is not None for value in values)
    scale = alt.Scale(domain=[0, top], nice=False)
    low, high = alt.X("low:Q", scale=scale), alt.X("high:Q", scale=scale)
    bar = base.mark_bar(height=_BAR, yOffset=_DROP, cornerRadius=2)
    cap = base.mark_tick(yOffset=_DROP, color="var(--whisker)", height=6, thickness=1.5)
    before = base.mark_point(yOffset=_DROP, shape="diamond", size=34, filled=True, fill="var(--card)", strokeWidth=1.3)
    layers = [
        bar.encode(x=alt.XValue(0), x2=alt.X2Value(WIDTH), color=alt.ColorValue("var(--track)")),
        bar.encode(x=alt.X("share:Q", scale=scale, axis=None), color=alt.ColorValue("var(--accent)")),
        base.mark_rule(yOffset=_DROP, color="var(--whisker)", strokeWidth=1.5).encode(x=low, x2=alt.X2("high")),
        cap.encode(x=low),
        cap.encode(x=high),
        before.transform_filter("datum.previous != null").encode(
            x=alt.X("previous:Q", scale=scale), stroke=alt.StrokeValue("var(--ink)")
        ),
        *(_corrected_layers(base, scale) if is_corrected else ()),
        row_words(base, "name", x=0, align="left", limit=_NAME_WIDTH),
        row_words(base, "note", x=WIDTH - 50, fontSize=10, color="var(--muted)"),
        row_words(base, "value", x=WIDTH, fontWeight=600),
    ]
    return over_rows(values, layers, step=_STEP + 10 if is_corrected else _STEP)


def _corrected_layers(base: Any, scale: Any) -> list[Any]:
    """The corrected share below the bar. A hollow circle, so that it differs from other marks without its colour."""
    import altair as alt

    drop = _DROP + 11
    here = base.transform_filter("datum.corrected != null")
    low, high = alt.X("corrected_low:Q", scale=scale), alt.X2("corrected_high")
    point = here.mark_point(yOffset=drop, shape="circle", size=34, opacity=1, filled=True, fill="var(--card)", strokeWidth=1.8)
    return [
        here.mark_rule(yOffset=drop, color="var(--warm)", strokeWidth=1.8).encode(x=low, x2=high),
        point.encode(x=alt.X("corrected:Q", scale=scale), stroke=alt.StrokeValue("var(--warm)")),
    ]


def _change_layers(values: list[dict[str, Any]], reach: float) -> Any:
    import altair as alt

    base, drop = row_base(), _DROP + 8
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    colour, ink = alt.Color("colour:N", scale=None), alt.Color("ink:N", scale=None)
    first, second = _LIFT - 7, _LIFT + 8
    layers = [
        # A short tick: a line over the full height would cross the text.
        base.mark_tick(yOffset=drop, color="var(--muted)", height=14, thickness=1).encode(x=alt.XValue(WIDTH / 2)),
        base.mark_rule(yOffset=drop, strokeWidth=2).encode(
            x=alt.X("low:Q", scale=scale, axis=None), x2=alt.X2("high"), color=colour
        ),
        base.mark_circle(yOffset=drop, size=64, opacity=1).encode(x=alt.X("change:Q", scale=scale), color=colour),
        row_words(base, "name", x=0, dy=first, align="left", limit=WIDTH - 60).encode(color=ink),
        row_words(base, "value", x=WIDTH, dy=first, fontWeight=600).encode(color=ink),
        row_words(base, "under", x=0, dy=second, align="left", limit=WIDTH / 2, fontSize=10, color="var(--muted)"),
        row_words(base, "note", x=WIDTH, dy=second, fontSize=10, color="var(--muted)"),
    ]
    return over_rows(values, layers, step=_STEP + 14)


def _slice_layers(values: list[dict[str, Any]]) -> Any:
    import altair as alt

    base = row_base()
    scale = alt.Scale(domain=[0, 1], nice=False)
    axis = alt.Axis(
        values=[0, 0.25, 0.5, 0.75, 1], format=".0%", title=None, domain=False, ticks=False, labelColor="var(--muted)",
        gridColor="var(--track)", labelFontSize=10,
    )  # fmt: skip
    layers = []
    # Shapes differ too, so that nothing depends on colour.
    for end, colour, shape in (("worst", "var(--warm)", "square"), ("best", "var(--accent)", "circle")):
        here = base.transform_filter(f"datum.{end} != null")
        low = alt.X(f"{end}_low:Q", scale=scale, axis=axis)
        point = here.mark_point(yOffset=_DROP, size=58, opacity=1, filled=True, shape=shape, color=colour)
        layers += [
            here.mark_rule(yOffset=_DROP, strokeWidth=2, color=colour).encode(x=low, x2=alt.X2(f"{end}_high")),
            point.encode(x=alt.X(f"{end}:Q", scale=scale)),
        ]
    layers += [
        row_words(base, "name", x=0, align="left", limit=_NAME_WIDTH),
        row_words(base, "note", x=WIDTH - 100, fontSize=10, color="var(--muted)"),
        row_words(base, "best_text", x=WIDTH - 50, fontWeight=600, color="var(--accent-ink)"),
        row_words(base, "worst_text", x=WIDTH, fontWeight=600, color="var(--warm-ink)"),
    ]
    return over_rows(values, layers)


def _trend_layers(values: list[dict[str, Any]], weeks: int) -> Any:
    import altair as alt

    last = weeks - 1
    x = alt.X("place:Q", axis=None, scale=alt.Scale(domain=[0, last], nice=False))
    y = alt.Y("share:Q", axis=None, scale=alt.Scale(zero=True))
    base = alt.Chart().encode(x=x, y=y)
    layers = alt.layer(
        base.mark_area(color="var(--accent)", opacity=0.12),
        base.mark_line(color="var(--accent)", strokeWidth=1.5),
        base.transform_filter(f"datum.place == {last}").mark_circle(color="var(--accent)", size=28, opacity=1),
        width=WIDTH / 2 - 26,
        height=34,
        data=alt.Data(values=values),
    )
    header = alt.Header(
        title=None, labelFontSize=11, labelColor="var(--muted)", labelAnchor="start", labelLimit=130, labelPadding=2
    )
    return layers.facet(
        facet=alt.Facet("label:N", sort=alt.EncodingSortField("order"), header=header),
        columns=2,
        spacing={"row": 6, "column": 28},
    ).resolve_scale(y="independent")


def _limit_layers(values: list[dict[str, Any]], unit: str, courses: int, *, logarithmic: bool) -> Any:
    import altair as alt

    quiet = {"labelColor": "var(--muted)", "labelFontSize": 10, "domain": False, "ticks": False, "tickCount": 4}
    named = {"titleColor": "var(--muted)", "titleFontSize": 10, "titleFontWeight": 400}
    x_axis = alt.Axis(**quiet, **named, grid=False, title=f"{unit} since the first change of the task")
    y_axis = alt.Axis(**quiet, title=None, gridColor="var(--track)", format=",~r" if logarithmic else ",d")
    scale = alt.Scale(type="log", nice=False) if logarithmic else alt.Scale(zero=True)
    return (
        alt.Chart(alt.Data(values=values), width=WIDTH - 40, height=110)
        .mark_line(interpolate="step-after", color="var(--accent)", strokeWidth=1.5, opacity=1 if courses == 1 else 0.55)
        .encode(
            x=alt.X("at:Q", axis=x_axis, scale=alt.Scale(nice=False)),
            y=alt.Y("limit:Q", axis=y_axis, scale=scale),
            detail="task:N",
        )
    )


def row_base() -> Any:
    """A chart with a row per value, evenly spaced, in the order of the values."""
    import altair as alt

    y = alt.Y("k:O", axis=None, sort=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    return alt.Chart().encode(y=y)


def row_words(base: Any, field: str, *, x: float, dy: float = _LIFT, align: str = "right", **style: Any) -> Any:
    """A field as text, by default above the row's mark."""
    import altair as alt

    style = {"fontSize": 12, "color": "var(--ink)", **style}
    return base.mark_text(align=align, baseline="middle", dy=dy, **style).encode(x=alt.XValue(x), text=alt.Text(f"{field}:N"))


def over_rows(values: list[dict[str, Any]], layers: Sequence[Any], step: int = _STEP) -> Any:
    """Layers over the same values. The values are attached once, because Altair would copy them into every layer."""
    import altair as alt

    return alt.layer(*layers, data=alt.Data(values=values), width=WIDTH, height=alt.Step(step))


def draw(chart: Any, chart_id: str, title: str, description: str) -> Markup:
    """SVG that scales with its card, with title and description for screen readers."""
    import vl_convert

    spec = chart.configure(aria=False, background="transparent", padding=2, font="system-ui, sans-serif").configure_view(
        stroke=None
    )
    # Validation against the schema would take longer than rendering, and the specifications are our own.
    svg = vl_convert.vegalite_to_svg(_drawable(spec.to_dict(validate=False)))
    name = re.sub(r"[^A-Za-z0-9_-]", "-", chart_id)
    title, description = _NOT_XML.sub(_UNREADABLE, title), _NOT_XML.sub(_UNREADABLE, description)
    return Markup(_OPENING.sub(lambda match: _opening(match, name, title, description), svg, count=1))  # noqa: S704


def _drawable(value: Any) -> Any:
    """The specification without characters that no XML may contain: on one of them, vl-convert ends the whole process."""
    if isinstance(value, str):
        return _NOT_XML.sub(_UNREADABLE, value)
    if isinstance(value, dict):
        return {name: _drawable(inner) for name, inner in value.items()}
    return [_drawable(inner) for inner in value] if isinstance(value, list) else value


def _opening(match: re.Match[str], name: str, title: str, description: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="{match[2]}" style="max-width:{match[1]}px" '
        f'role="img" aria-labelledby="{name}-title {name}-said">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-said">{escape(description)}</desc>'
    )
