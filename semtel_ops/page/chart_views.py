"""The page's charts, as SVG: the report's own, and those that look back over weeks.

A drawing is known by its values before it is drawn. Whoever has it already is not sent it again, and what was drawn once in
this process is not drawn twice: a chart takes some tens of milliseconds, its values take one or two.
"""

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from semtel_ops import __version__
from semtel_ops.humanize import compact, count, duration, interval, money, number, percent
from semtel_ops.page.charts import bar_chart, course_chart
from semtel_ops.page.context import NotThereError, PageContext
from semtel_ops.page.history import over_time
from semtel_ops.page.runs import run_view, runs_view
from semtel_ops.page.weeks import week_report
from semtel_ops.report import charts
from semtel_ops.report.limits import collect_limits
from semtel_ops.report.render import change_columns, slice_ends

_SHARDS_DRAWN = 32
_STYLE = re.compile(r' style="max-width:([\d.]+)px"')


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart that can be drawn.

    Attributes:
        tag: names its values; equal values give an equal tag, in any process of this version.
    """

    tag: str
    _draw: Callable[[], str]

    def svg(self) -> str:
        """The SVG element; without style attributes, which a strict content security policy refuses."""
        return _KEPT.get(self.tag, self._draw)


def share_drawing(source: PageContext, week: str, classifier: str) -> Drawing:
    """Shares of a classifier's labels in a week, with intervals and where the week before was."""
    section = next((one for one in week_report(source, week).classifiers if one.info.id == classifier), None)
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
    section = next((one for one in week_report(source, week).slices if one.by_classifier == by), None)
    if section is None or not section.rows:
        raise NotThereError("that week has no slices by that classifier")
    return _drawing(("slice", section), lambda: charts.slice_chart(section, *slice_ends(section)))


def label_drawing(source: PageContext, until: str, classifier: str, label: str) -> Drawing:
    """One label's share over a year of weeks, with its interval."""
    history = over_time(source, classifier, until)
    one = next((one for one in history["labels"] if one["label"] == label), None)
    if one is None:
        raise NotThereError("that classifier has no such label in these weeks")
    values = [
        {
            "at": at,
            "value": point["share"],
            "low": point["low"],
            "high": point["high"],
            "said": f"{week}: {percent(point['share'])} ({interval(point['low'], point['high'])}), n = {number(point['n'])}",
        }
        for at, (week, point) in enumerate(zip(history["weeks"], one["points"], strict=True))
        if point is not None
    ]
    title = f"{one['name']}, {history['title'].lower()}"
    weeks = history["weeks"]
    return _drawing(("label", title, weeks, values), lambda: _course(values, weeks, title, f"over-{classifier}-{label}", "%"))


METRICS: dict[str, tuple[str, str, Callable[[float], str]]] = {
    "cost_usd": ("Cost", "$", money),
    "rows_per_s": ("Labels per second", "~s", number),
    "success": ("Success rate", "%", percent),
    "wall_s": ("Duration", "s", duration),
    "tokens": ("Tokens", "~s", compact),
    "sampled": ("Conversations", "~s", number),
}
"""What runs are compared by over the weeks: title, axis format, how a value is said."""


def runs_drawing(source: PageContext, metric: str) -> Drawing:
    """One figure of the published run of each week."""
    if metric not in METRICS:
        raise NotThereError("no such metric of a run")
    title, axis, spoken = METRICS[metric]
    runs = [one for one in runs_view(source)["runs"] if one["state"] == "published"]
    runs.sort(key=lambda one: one["week"])
    weeks = [one["week"] for one in runs]
    values = [
        {"at": at, "value": value, "said": f"{one['week']}: {spoken(value)}"}
        for at, one in enumerate(runs)
        if (value := _figure(one, metric)) is not None
    ]
    if not values:
        raise NotThereError("no published run has that metric")
    return _drawing(("runs", metric, weeks, values), lambda: _course(values, weeks, title, f"runs-{metric}", axis))


def shards_drawing(source: PageContext, week: str, run_id: str) -> Drawing:
    """Where a run's time went: seconds of its slowest shards."""
    shards = [one for one in run_view(source, week, run_id)["shards"] if one["seconds"] is not None]
    if not shards:
        raise NotThereError("no shard of that run has finished")
    shards.sort(key=lambda one: -one["seconds"])
    values = [
        {
            "k": at,
            "name": f"Shard {one['shard']}" + (f", {one['lane']}" if one["lane"] else ""),
            "note": "" if one["rows"] is None else count(one["rows"], "row"),
            "value": duration(one["seconds"]),
            "seconds": one["seconds"],
            "rescued": bool(one["rescued"]),
        }
        for at, one in enumerate(shards[:_SHARDS_DRAWN])
    ]
    return _drawing(("shards", values), lambda: bar_chart(values, "seconds", "shards", "Duration of each shard"))


def limits_drawing(source: PageContext, week: str, run_id: str, endpoint: str) -> Drawing:
    """Requests at once at an endpoint, while a run asked it."""
    source.run(week, run_id)
    found = next((one for one in collect_limits(source.lake.run(week, run_id).limits_folder) if one.name == endpoint), None)
    if found is None or found.lowest is None:
        raise NotThereError("no limit of that endpoint changed during that run")
    return _drawing(("limits", found), lambda: charts.limit_chart(found, "limits"))


def _figure(run: dict[str, Any], metric: str) -> float | None:
    if metric != "tokens":
        return run[metric]  # type: ignore[no-any-return]
    return None if run["input_tokens"] is None else run["input_tokens"] + (run["output_tokens"] or 0)


def _course(values: list[dict[str, Any]], weeks: Sequence[str], title: str, chart_id: str, axis: str) -> str:
    said = "; ".join(value["said"] for value in values)
    return course_chart(values, weeks, axis, chart_id, title, said)


def _drawing(values: Any, draw: Callable[[], str]) -> Drawing:
    tag = hashlib.blake2b(f"{__version__} {values!r}".encode(), digest_size=12).hexdigest()
    return Drawing(tag, draw)


class _Kept:
    """The latest drawings by their tags. One is drawn at a time: the engine is one, and a page asks for many at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._drawings: OrderedDict[str, str] = OrderedDict()

    def get(self, tag: str, draw: Callable[[], str]) -> str:
        with self._lock:
            if tag not in self._drawings:
                self._drawings[tag] = _STYLE.sub(r' width="\1"', str(draw()), count=1)
            self._drawings.move_to_end(tag)
            while len(self._drawings) > self._most:
                self._drawings.popitem(last=False)
            return self._drawings[tag]


_KEPT = _Kept(most=400)  # some 20 kB each
