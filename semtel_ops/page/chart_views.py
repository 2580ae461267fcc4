"""The page's charts as SVG: those of the report, and charts over several weeks.

The tag of a drawing is computed from its values, before it is drawn. A browser that already has the tag is not sent the chart
again, and a process keeps the charts that it has drawn: drawing takes tens of milliseconds, computing the values one or two.
"""

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from semtel_ops import __version__
from semtel_ops.humanize import compact, count, duration, interval, money, number, percent, points
from semtel_ops.page.charts import bar_chart, course_chart
from semtel_ops.page.context import NotThereError, PageContext
from semtel_ops.page.history import over_time
from semtel_ops.page.models import labellers_timeline
from semtel_ops.page.runs import run_view, runs_view
from semtel_ops.page.timeline import timeline_chart
from semtel_ops.page.weeks import week_report
from semtel_ops.report import charts
from semtel_ops.report.corrected import CorrectedShare, corrected_words
from semtel_ops.report.limits import collect_limits
from semtel_ops.report.render import change_columns, slice_ends

_SHARDS_DRAWN = 32
_STYLE = re.compile(r' style="max-width:([\d.]+)px"')


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart that can be drawn.

    Attributes:
        tag: a hash of its values; equal in all processes of the same version.
    """

    tag: str
    _draw: Callable[[], str]

    def svg(self) -> str:
        """The SVG element, without style attributes: the page's content security policy forbids them."""
        return _CACHE.get(self.tag, self._draw)


def share_drawing(source: PageContext, week: str, classifier: str) -> Drawing:
    """Shares of a classifier's labels in a week with their intervals, and the shares of the week before."""
    section = next((section for section in week_report(source, week).classifiers if section.info.id == classifier), None)
    if section is None or not section.rows:
        raise NotThereError("no labels of that classifier are published for that week")
    return _drawing(("share", classifier, section.rows), lambda: charts.share_chart(section))


def change_drawing(source: PageContext, week: str, column: int) -> Drawing:
    """One column of the largest changes against the week before."""
    columns, reach = change_columns(week_report(source, week).changes)
    if not 0 <= column < len(columns):
        raise NotThereError("that week has no such column of changes")
    part = columns[column]
    values = [(section.info.title, row) for section, row in part]
    return _drawing(("change", reach, values), lambda: charts.change_chart(part, reach, f"change-{column}"))


def slice_drawing(source: PageContext, week: str, by: str) -> Drawing:
    """Satisfaction within each label of another classifier."""
    section = next((section for section in week_report(source, week).slices if section.by_classifier == by), None)
    if section is None or not section.rows:
        raise NotThereError("that week has no slices by that classifier")
    return _drawing(("slice", section), lambda: charts.slice_chart(section, *slice_ends(section)))


def label_drawing(source: PageContext, until: str, classifier: str, label: str) -> Drawing:
    """One label's share over a year of weeks, with its interval."""
    history = over_time(source, classifier, until)
    row = next((row for row in history["labels"] if row["label"] == label), None)
    if row is None:
        raise NotThereError("that classifier has no such label in these weeks")
    breaks = {found["at"]: found for found in history["breaks"]}
    values = [
        {
            "at": at,
            "value": point["share"],
            "low": point["low"],
            "high": point["high"],
            "summary": f"{_summary(week, point)}{_break_words(breaks.get(at), label)}",
            "part": sum(start <= at for start in breaks),
            **{f"corrected_{name}": point["corrected"][name] for name in ("share", "low", "high") if point["corrected"]},
        }
        for at, (week, point) in enumerate(zip(history["weeks"], row["points"], strict=True))
        if point is not None
    ]
    title = f"{row['name']}, {history['title'].lower()}"
    weeks = history["weeks"]
    return _drawing(("label", title, weeks, values), lambda: _course(values, weeks, title, f"over-{classifier}-{label}", "%"))


def _summary(week: str, point: dict[str, Any]) -> str:
    words = f"{week}: {percent(point['share'])} ({interval(point['low'], point['high'])}), n = {number(point['n'])}"
    corrected = point["corrected"]
    return words if corrected is None else f"{words}; corrected {corrected_words(CorrectedShare(**corrected))}"


def _break_words(found: dict[str, Any] | None, label: str) -> str:
    """What a break in the line means for a label; empty without one."""
    if found is None:
        return ""
    parts = found["labels"].get(label)
    if parts is None:
        return f"; not compared with the week before: {found['why']}"
    return f"; {found['why']}: labeller {points(parts['labeller'])} points, users {points(parts['users'])}"


def labellers_drawing(source: PageContext, classifier: str) -> Drawing:
    """The labellers of a classifier over a year of weeks, and the breaks between them."""
    title, values = labellers_timeline(source, classifier)
    return _drawing(
        ("labellers", title, values), lambda: timeline_chart(values, f"labellers-{classifier}", f"{title}: labellers by week")
    )


METRICS: dict[str, tuple[str, str, Callable[[float], str]]] = {
    "cost_usd": ("Cost", "$", money),
    "rows_per_s": ("Labels per second", "~s", number),
    "success": ("Success rate", "%", percent),
    "wall_s": ("Duration", "s", duration),
    "tokens": ("Tokens", "~s", compact),
    "sampled": ("Conversations", "~s", number),
}
"""Metrics of a run that are drawn over weeks → title, format of the axis, function that formats a value."""


def runs_drawing(source: PageContext, metric: str) -> Drawing:
    """A metric of the published run of each week."""
    if metric not in METRICS:
        raise NotThereError("no such metric of a run")
    title, axis, format_value = METRICS[metric]
    runs = [run for run in runs_view(source)["runs"] if run["state"] == "published"]
    runs.sort(key=lambda run: run["week"])
    weeks = [run["week"] for run in runs]
    values = [
        {"at": at, "value": value, "summary": f"{run['week']}: {format_value(value)}"}
        for at, run in enumerate(runs)
        if (value := _metric_of(run, metric)) is not None
    ]
    if not values:
        raise NotThereError("no published run has that metric")
    return _drawing(("runs", metric, weeks, values), lambda: _course(values, weeks, title, f"runs-{metric}", axis))


def shards_drawing(source: PageContext, week: str, run_id: str) -> Drawing:
    """Durations of a run's slowest shards."""
    shards = [shard for shard in run_view(source, week, run_id)["shards"] if shard["seconds"] is not None]
    if not shards:
        raise NotThereError("no shard of that run has finished")
    shards.sort(key=lambda shard: -shard["seconds"])
    values = [
        {
            "k": at,
            "name": f"Shard {shard['shard']}" + (f", {shard['lane']}" if shard["lane"] else ""),
            "note": "" if shard["rows"] is None else count(shard["rows"], "row"),
            "value": duration(shard["seconds"]),
            "seconds": shard["seconds"],
            "rescued": bool(shard["rescued"]),
        }
        for at, shard in enumerate(shards[:_SHARDS_DRAWN])
    ]
    return _drawing(("shards", values), lambda: bar_chart(values, "seconds", "shards", "Duration of each shard"))


def limits_drawing(source: PageContext, week: str, run_id: str, endpoint: str) -> Drawing:
    """The limit of concurrent requests to an endpoint during a run."""
    source.run(week, run_id)
    endpoints = collect_limits(source.lake.run(week, run_id).limits_folder)
    limits = next((limits for limits in endpoints if limits.name == endpoint), None)
    if limits is None or limits.lowest is None:
        raise NotThereError("no limit of that endpoint changed during that run")
    return _drawing(("limits", limits), lambda: charts.limit_chart(limits, "limits"))


def _metric_of(run: dict[str, Any], metric: str) -> float | None:
    if metric != "tokens":
        return run[metric]  # type: ignore[no-any-return]
    return None if run["input_tokens"] is None else run["input_tokens"] + (run["output_tokens"] or 0)


def _course(values: list[dict[str, Any]], weeks: Sequence[str], title: str, chart_id: str, axis: str) -> str:
    description = "; ".join(value["summary"] for value in values)
    return course_chart(values, weeks, axis, chart_id, title, description)


def _drawing(values: Any, draw: Callable[[], str]) -> Drawing:
    tag = hashlib.blake2b(f"{__version__} {values!r}".encode(), digest_size=12).hexdigest()
    return Drawing(tag, draw)


class _DrawingCache:
    """The charts drawn last, by tag. Draws one chart at a time: a page requests many at once, and they share one engine."""

    def __init__(self, max_drawings: int) -> None:
        self._max_drawings = max_drawings
        self._lock = threading.Lock()
        self._drawings: OrderedDict[str, str] = OrderedDict()

    def get(self, tag: str, draw: Callable[[], str]) -> str:
        with self._lock:
            if tag not in self._drawings:
                self._drawings[tag] = _STYLE.sub(r' width="\1"', str(draw()), count=1)
            self._drawings.move_to_end(tag)
            while len(self._drawings) > self._max_drawings:
                self._drawings.popitem(last=False)
            return self._drawings[tag]


_CACHE = _DrawingCache(max_drawings=400)  # about 20 kB each
