"""The chart of a classifier's labellers: a row for each, the weeks that it labelled, and the breaks between them."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from semtel_ops.humanize import count, percent
from semtel_ops.page.breaks import Break
from semtel_ops.report.charts import WIDTH, draw
from semtel_ops.store.labeller_ledger import WeeklyLabeller

ROWS_DRAWN = 8
"""Labellers in a chart, the latest; the table has all of them."""

_STEP = 34
_HEAD = 14  # pixels above the first row: the numbers of the breaks
_FULL = 0.99
"""Part of a week's conversations from which a labeller is drawn as the only one."""


def timeline_values(
    weeks: Sequence[str], labelled: Mapping[str, Sequence[WeeklyLabeller]], names: Mapping[str, str], breaks: Sequence[Break]
) -> dict[str, Any]:
    """The values of a timeline.

    Args:
        weeks: all weeks of the axis, oldest first.
        labelled: week → who labelled it, who labelled most first.
        names: labeller → its name for people.
        breaks: those of the classifier, oldest first; numbered from 1.
    """
    last_seen = {row.labeller: week for week in sorted(labelled) for row in labelled[week]}
    latest = sorted(last_seen, key=lambda one: (last_seen[one], one))[-ROWS_DRAWN:]
    first_seen = {row.labeller: week for week in sorted(labelled, reverse=True) for row in labelled[week]}
    order = sorted(latest, key=lambda one: (first_seen[one], last_seen[one], one))
    bars = [bar for at, one in enumerate(order) for bar in _bars(weeks, labelled, one, names.get(one, "not recorded"), at)]
    rows = [
        {"k": at, "name": names.get(one, "not recorded"), "note": count(_weeks_of(labelled, one), "week")}
        for at, one in enumerate(order)
    ]
    marks = [
        {"at": weeks.index(one.week), "number": str(number), "summary": one.sentence}
        for number, one in enumerate(breaks, start=1)
        if one.week in weeks
    ]
    return {"weeks": list(weeks), "rows": rows, "bars": bars, "marks": marks}


def timeline_chart(values: Mapping[str, Any], chart_id: str, title: str) -> Markup:
    """Bars over weeks, a row per labeller; a dashed line with its number at each break."""
    import altair as alt

    weeks, rows = values["weeks"], values["rows"]
    height = _HEAD + _STEP * len(rows)
    x_scale = alt.Scale(domain=[-0.5, len(weeks) - 0.5], nice=False, padding=0)
    y_scale = alt.Scale(domain=[0, height], range=[0, height], nice=False)
    ends = [-0.5, len(weeks) - 0.5]
    axis = alt.Axis(
        values=ends, labelExpr=f"datum.value < 0 ? '{weeks[0]}' : '{weeks[-1]}'", title=None, domain=False, ticks=False,
        grid=False, labelColor="var(--muted)", labelFontSize=10, labelPadding=4, labelFlush=True, labelOverlap=False,
    )  # fmt: skip
    bars = alt.Chart(alt.Data(values=[{**bar, "y": _top(bar["k"]) + 22} for bar in values["bars"]]))
    texts = alt.Chart(alt.Data(values=[{**row, "y": _top(row["k"]) + 8} for row in rows]))
    marks = alt.Chart(alt.Data(values=list(values["marks"])))
    y = alt.Y("y:Q", axis=None, scale=y_scale)
    # A break lies between two weeks: before the first week of the new labeller.
    between = marks.transform_calculate(edge="datum.at - 0.5").encode(x=alt.X("edge:Q", axis=axis, scale=x_scale))
    layers = [
        bars.mark_bar(height=8, cornerRadius=2, color="var(--accent)", aria=True).encode(
            x=alt.X("start:Q", axis=axis, scale=x_scale), x2=alt.X2("end"), y=y,
            opacity=alt.Opacity("part:Q", scale=alt.Scale(domain=[0, 1], range=[0.25, 1]), legend=None),
            description=alt.Description("summary:N"),
        ),
        between.mark_rule(color="var(--muted)", strokeDash=[3, 2], strokeWidth=1.2).encode(
            y=alt.YValue(_HEAD - 3), y2=alt.Y2Value(height)
        ),
        between.mark_text(color="var(--ink)", fontSize=10, fontWeight=600, baseline="middle").encode(
            y=alt.YValue(5), text=alt.Text("number:N")
        ),
        *_words(texts, y, "name", x=0, align="left", fontSize=11.5, color="var(--ink)", limit=WIDTH - 64),
        *_words(texts, y, "note", x=WIDTH, align="right", fontSize=10, color="var(--muted)"),
        # An invisible strip over each break: the page shows its summary under the pointer.
        between.mark_bar(opacity=0, width=14, aria=True).encode(
            y=alt.YValue(0), y2=alt.Y2Value(height), description=alt.Description("summary:N")
        ),
    ]  # fmt: skip
    description = "; ".join(value["summary"] for name in ("bars", "marks") for value in values[name])
    return draw(alt.layer(*layers, width=WIDTH, height=height), chart_id, title, description)


def _words(texts: Any, y: Any, field: str, *, x: float, **style: Any) -> list[Any]:
    """A field as text, above a halo that keeps the lines of breaks off its letters."""
    import altair as alt

    place = texts.encode(x=alt.XValue(x), y=y, text=alt.Text(f"{field}:N"))
    halo = {**style, "color": "var(--card)", "stroke": "var(--card)", "strokeWidth": 4}
    return [place.mark_text(baseline="middle", **one) for one in (halo, style)]


def _top(row: int) -> float:
    return _HEAD + _STEP * row


def _bars(
    weeks: Sequence[str], labelled: Mapping[str, Sequence[WeeklyLabeller]], labeller: str, name: str, row: int
) -> list[dict[str, Any]]:
    """Spans of weeks in a row that a labeller labelled alone, and the weeks that it shared."""
    spans: list[tuple[int, int, float]] = []
    for at, week in enumerate(weeks):
        part = part_of(labelled.get(week, ()), labeller)
        if part == 0:
            continue
        whole = part >= _FULL
        if spans and spans[-1][1] == at - 1 and whole and spans[-1][2] >= _FULL:
            spans[-1] = (spans[-1][0], at, part)
        else:
            spans.append((at, at, part))
    return [
        {"k": row, "start": first - 0.5, "end": last + 0.5, "part": part, "summary": _said(name, weeks, first, last, part)}
        for first, last, part in spans
    ]


def _said(name: str, weeks: Sequence[str], first: int, last: int, part: float) -> str:
    if first == last:
        return f"{name}: {weeks[first]}" + ("" if part >= _FULL else f", {percent(part)} of the conversations")
    return f"{name}: {weeks[first]} to {weeks[last]}, {count(last - first + 1, 'week')}"


def part_of(rows: Sequence[WeeklyLabeller], labeller: str) -> float:
    """The part of a week's conversations that a labeller labelled, 0 to 1."""
    total = sum(row.weight for row in rows)
    return sum(row.weight for row in rows if row.labeller == labeller) / total if total else 0.0


def _weeks_of(labelled: Mapping[str, Sequence[WeeklyLabeller]], labeller: str) -> int:
    return sum(any(row.labeller == labeller for row in rows) for rows in labelled.values())
