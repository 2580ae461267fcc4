"""The change of each label's share from one labeller to another, beside the margin within which it counts as the same."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from semtel_ops.alignment.results import ClassifierAlignment, Shift
from semtel_ops.humanize import percent, points
from semtel_ops.report.charts import MOST_ROWS, WIDTH, draw, over_rows, row_base, row_words

_STEP = 54
_FIRST, _SECOND, _MARK = -18, -3, 15  # pixels from the middle of a row: two lines of text, and the mark below them
_LEAST_REACH = 2.5
"""The scale reaches at least this many margins to both sides."""


def shift_chart(found: ClassifierAlignment, margin: float, chart_id: str) -> Markup:
    """Points with 95% intervals, and thicker their 90% intervals; the band is the margin. Empty without labels."""
    shifts = found.shifts[:MOST_ROWS]
    if not shifts:
        return Markup()
    band = 100 * margin
    ends = [abs(end) for shift in shifts for end in (shift.low, shift.high)]
    reach = max(1.06 * max(ends), _LEAST_REACH * band)
    values = [_row(at, shift, band, reach) for at, shift in enumerate(shifts)]
    description = "; ".join(
        f"{value['name']} {value['value']} points ({value['note']}), {value['under']}, {value['said']}" for value in values
    )
    return draw(_layers(values, reach), chart_id, f"{found.title}: change of each label's share, in points", description)


def _row(at: int, shift: Shift, band: float, reach: float) -> dict[str, Any]:
    said = "inside the margin" if shift.inside else "changed" if shift.shown else "open"
    colour = {"inside the margin": "var(--good)", "changed": "var(--warm)", "open": "var(--noise)"}[said]
    return {
        "k": at,
        "name": f"{shift.title} (item)" if shift.level == "item" else shift.title,
        "under": f"{percent(shift.incumbent)} → {percent(shift.candidate)}",
        "value": points(shift.points / 100),
        "note": f"{points(shift.low / 100)} to {points(shift.high / 100)}",
        "said": said,
        "points": shift.points,
        # Cut at the ends of the scale, as a clipped mark would be drawn over the text beside it.
        "low": max(shift.low, -reach),
        "high": min(shift.high, reach),
        "low_90": max(shift.low_90, -reach),
        "high_90": min(shift.high_90, reach),
        "left": -band,
        "right": band,
        "colour": colour,
        "shape": {"inside the margin": "circle", "changed": "diamond", "open": "square"}[said],
        "fill": "var(--card)" if said == "open" else colour,
        "ink": "var(--muted)" if said == "open" else "var(--ink)",
    }


def _layers(values: Sequence[dict[str, Any]], reach: float) -> Any:
    import altair as alt

    base = row_base()
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    colour, ink = alt.Color("colour:N", scale=None), alt.Color("ink:N", scale=None)
    band = base.mark_bar(height=16, yOffset=_MARK, cornerRadius=2, color="var(--track)")
    point = base.mark_point(yOffset=_MARK, size=62, opacity=1, filled=True, strokeWidth=1.6)
    layers = [
        band.encode(x=alt.X("left:Q", scale=scale, axis=None), x2=alt.X2("right")),
        base.mark_tick(yOffset=_MARK, color="var(--muted)", height=16, thickness=1).encode(x=alt.XValue(WIDTH / 2)),
        base.mark_rule(yOffset=_MARK, strokeWidth=1.5).encode(x=alt.X("low:Q", scale=scale), x2=alt.X2("high"), color=colour),
        base.mark_rule(yOffset=_MARK, strokeWidth=4).encode(
            x=alt.X("low_90:Q", scale=scale), x2=alt.X2("high_90"), color=colour
        ),
        point.encode(
            x=alt.X("points:Q", scale=scale),
            shape=alt.Shape("shape:N", scale=None),
            fill=alt.Fill("fill:N", scale=None),
            stroke=alt.Stroke("colour:N", scale=None),
        ),
        row_words(base, "name", x=0, dy=_FIRST, align="left", limit=WIDTH - 60).encode(color=ink),
        row_words(base, "value", x=WIDTH, dy=_FIRST, fontWeight=600).encode(color=ink),
        row_words(base, "under", x=0, dy=_SECOND, align="left", fontSize=10, color="var(--muted)"),
        row_words(base, "note", x=WIDTH, dy=_SECOND, fontSize=10, color="var(--muted)"),
    ]
    return over_rows(list(values), layers, step=_STEP)
