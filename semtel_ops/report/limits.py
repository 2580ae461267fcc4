"""How the endpoints' limits were found: the change logs that a run's tasks left, made small enough for a page.

Every task finds its own limits, and its clock starts with its own first change: tasks that ran on different days lie over
each other, and none of them is a gap in a chart.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, log
from typing import Any, TypeVar

from semtel_ops.report.model import EndpointLimits, LimitCause, LimitCourse, LimitPoint
from semtel_ops.store.files import list_files, read_json

T = TypeVar("T")

TASKS_READ = 200
"""Files read; of more tasks, evenly many of all."""

POINTS = 400
"""Points drawn on a page, all endpoints together."""

_COURSES = 24
_COURSES_EACH = 8
_ENDPOINTS = 12
_REASONS = 50
_CAUSES = 8
_CONCURRENCY_CAUSES = 5
# What a reader looks for first; numbers unknown here come last.
_ORDER = (
    "circuit",
    "concurrency",
    "learned_requests_per_minute",
    "requests_per_minute",
    "tokens_per_minute",
    "pause_s",
    "share",
)


@dataclass(slots=True)
class _Found:
    """What the files read so far say of one endpoint."""

    courses: list[LimitCourse] = field(default_factory=list)
    causes: dict[tuple[str, str], LimitCause] = field(default_factory=dict)
    successes: int = 0
    refusals: int = 0
    failures: int = 0
    openings: int = 0


def collect_limits(folder: str) -> tuple[EndpointLimits, ...]:
    """The endpoints of a run's limits folder, the most used first; empty where no task asked anything."""
    urls = list_files(folder, ".json")
    found: dict[str, _Found] = {}
    for url in spread(urls, TASKS_READ):
        _add_task(found, read_json(url) or {})
    names = sorted(found, key=lambda name: -found[name].successes)[:_ENDPOINTS]
    courses_each = min(_COURSES_EACH, _COURSES // max(1, len(names)))
    return tuple(_endpoint(name, found[name], courses_each, len(names)) for name in names)


def spread(values: Sequence[T], most: int) -> list[T]:
    """At most so many of the values, evenly from all of them, the first among them."""
    if len(values) <= most:
        return list(values)
    return [values[at * len(values) // most] for at in range(most)]


def thin(points: Sequence[LimitPoint], most: int) -> tuple[LimitPoint, ...]:
    """At most so many points of a course (8 or more): its ends, and the lowest and highest of each stretch of it."""
    if len(points) <= most:
        return tuple(points)
    inner, stretches = points[1:-1], (most - 2) // 2
    kept = [points[0]]
    for at in range(stretches):
        part = inner[at * len(inner) // stretches : (at + 1) * len(inner) // stretches]
        ends = {min(part, key=lambda point: point.limit), max(part, key=lambda point: point.limit)}
        kept += sorted(ends)
    return (*kept, points[-1])


def _add_task(found: dict[str, _Found], task: Mapping[str, Any]) -> None:
    changes = task.get("changes") or []
    if not changes:
        return
    start, end = min(one["at"] for one in changes), max(one["at"] for one in changes)
    by_endpoint: dict[str, list[Mapping[str, Any]]] = {}
    for one in changes:
        by_endpoint.setdefault(one["endpoint"], []).append(one)
    for name, mine in by_endpoint.items():
        endpoint = found.setdefault(name, _Found())
        points = list(_points(mine, start, end))
        if points:
            # Thinned at once: hundreds of whole courses would not be a page's memory.
            endpoint.courses.append(LimitCourse(thin(points, POINTS)))
        for one in mine:
            _add_cause(endpoint, one, one["at"] - start)
    for snapshot in task.get("endpoints") or []:
        endpoint = found.setdefault(snapshot["endpoint"], _Found())
        endpoint.successes += snapshot["successes"]
        endpoint.refusals += snapshot["refusals"]
        endpoint.failures += snapshot["failures"]


def _points(changes: Sequence[Mapping[str, Any]], start: float, end: float) -> Iterator[LimitPoint]:
    """A task's requests at once, from its start to its last change of anything."""
    moves = [one for one in changes if one["what"] == "concurrency"]
    if not moves:
        return
    yield LimitPoint(0.0, float(moves[0]["old"]))
    for one in moves:
        yield LimitPoint(one["at"] - start, float(one["new"]))
    if end > moves[-1]["at"]:
        yield LimitPoint(end - start, float(moves[-1]["new"]))


def _add_cause(endpoint: _Found, one: Mapping[str, Any], at_s: float) -> None:
    what, reason, count = str(one["what"]), str(one["reason"]), int(one["count"])
    endpoint.openings += count if what == "circuit" and one["new"] == 0 else 0
    if (what, reason) not in endpoint.causes and len(endpoint.causes) >= _REASONS:
        reason = "other reasons"
    here = LimitCause(what, reason, count, float(one["old"]), float(one["new"]), at_s)
    known = endpoint.causes.get((what, reason))
    if known is None:
        endpoint.causes[what, reason] = here
        return
    largest = max(known, here, key=_size)
    endpoint.causes[what, reason] = LimitCause(what, reason, known.count + count, largest.old, largest.new, largest.at_s)


def _size(cause: LimitCause) -> float:
    """How large a change is, up and down alike: from 10 to 20 as from 20 to 10."""
    return abs(log(cause.new / cause.old)) if cause.old > 0 and cause.new > 0 else inf


def _endpoint(name: str, found: _Found, courses_each: int, endpoints: int) -> EndpointLimits:
    drawn = spread(found.courses, courses_each)
    each = max(8, POINTS // (endpoints * max(1, len(drawn))))
    limits = [point.limit for course in found.courses for point in course.points]
    causes = _ordered(found.causes.values())
    return EndpointLimits(
        name=name,
        tasks=len(found.courses),
        courses=tuple(LimitCourse(thin(course.points, each)) for course in drawn),
        lowest=min(limits, default=None),
        highest=max(limits, default=None),
        last=tuple(course.points[-1].limit for course in found.courses),
        causes=tuple(causes[:_CAUSES]),
        more_causes=max(0, len(causes) - _CAUSES),
        successes=found.successes,
        refusals=found.refusals,
        failures=found.failures,
        openings=found.openings,
    )


def _ordered(causes: Any) -> list[LimitCause]:
    """What opened the circuit, then what moved concurrency most, then rates; concurrency leaves room for the others."""
    ordered = sorted(causes, key=lambda cause: (_place(cause.what), -_size(cause), cause.reason))
    concurrency = [cause for cause in ordered if cause.what == "concurrency"]
    late = set(concurrency[_CONCURRENCY_CAUSES:])
    return [cause for cause in ordered if cause not in late] + [cause for cause in ordered if cause in late]


def _place(what: str) -> int:
    return _ORDER.index(what) if what in _ORDER else len(_ORDER)
