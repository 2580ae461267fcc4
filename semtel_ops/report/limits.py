"""How the endpoints' concurrency limits changed: the change logs of a run's tasks, reduced to the size of a page.

Every task adapts its own limits. Its time starts at its first change, so tasks that ran on different days overlap in a chart
and leave no gap.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, log
from typing import Any, TypeVar

from semtel_ops.report.model import EndpointLimits, LimitCause, LimitCourse, LimitPoint
from semtel_ops.store.files import list_files, read_json

T = TypeVar("T")

TASKS_READ = 200
"""Maximum number of files read; of more files, an even selection is read."""

POINTS = 400
"""Maximum number of points on a page, over all endpoints."""

_COURSES = 24
_COURSES_PER_ENDPOINT = 8
_ENDPOINTS = 12
_REASONS = 50
_CAUSES = 8
_CONCURRENCY_CAUSES = 5
# Most important first; names that are not listed come last.
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
class _EndpointSums:
    """Changes and counts of one endpoint over all tasks read so far."""

    courses: list[LimitCourse] = field(default_factory=list)
    causes: dict[tuple[str, str], LimitCause] = field(default_factory=dict)
    successes: int = 0
    refusals: int = 0
    failures: int = 0
    openings: int = 0


def collect_limits(folder: str) -> tuple[EndpointLimits, ...]:
    """The endpoints of a run's limits folder, the most used first; empty where no task sent a request."""
    urls = list_files(folder, ".json")
    sums: dict[str, _EndpointSums] = {}
    for url in spread(urls, TASKS_READ):
        _add_task(sums, read_json(url, needed=False) or {})
    names = sorted(sums, key=lambda name: -sums[name].successes)[:_ENDPOINTS]
    courses_per_endpoint = min(_COURSES_PER_ENDPOINT, _COURSES // max(1, len(names)))
    return tuple(_endpoint(name, sums[name], courses_per_endpoint, len(names)) for name in names)


def spread(values: Sequence[T], most: int) -> list[T]:
    """At most `most` of the values, at even distances, the first included."""
    if len(values) <= most:
        return list(values)
    return [values[index * len(values) // most] for index in range(most)]


def thin(points: Sequence[LimitPoint], most: int) -> tuple[LimitPoint, ...]:
    """At most `most` points (8 or more) of a course: its ends, and the lowest and highest point of each stretch."""
    if len(points) <= most:
        return tuple(points)
    inner, stretches = points[1:-1], (most - 2) // 2
    kept = [points[0]]
    for index in range(stretches):
        part = inner[index * len(inner) // stretches : (index + 1) * len(inner) // stretches]
        ends = {min(part, key=lambda point: point.limit), max(part, key=lambda point: point.limit)}
        kept += sorted(ends)
    return (*kept, points[-1])


def _add_task(sums: dict[str, _EndpointSums], task: Mapping[str, Any]) -> None:
    changes = task.get("changes") or []
    if not changes:
        return
    start, end = min(change["at"] for change in changes), max(change["at"] for change in changes)
    by_endpoint: dict[str, list[Mapping[str, Any]]] = {}
    for change in changes:
        by_endpoint.setdefault(change["endpoint"], []).append(change)
    for name, endpoint_changes in by_endpoint.items():
        endpoint = sums.setdefault(name, _EndpointSums())
        points = list(_points(endpoint_changes, start, end))
        if points:
            # Thinned per task, because hundreds of complete courses would take too much memory.
            endpoint.courses.append(LimitCourse(thin(points, POINTS)))
        for change in endpoint_changes:
            _add_cause(endpoint, change, change["at"] - start)
    for snapshot in task.get("endpoints") or []:
        endpoint = sums.setdefault(snapshot["endpoint"], _EndpointSums())
        endpoint.successes += snapshot["successes"]
        endpoint.refusals += snapshot["refusals"]
        endpoint.failures += snapshot["failures"]


def _points(changes: Sequence[Mapping[str, Any]], start: float, end: float) -> Iterator[LimitPoint]:
    """A task's concurrency limit, from its first change to its last change of any kind."""
    moves = [change for change in changes if change["what"] == "concurrency"]
    if not moves:
        return
    yield LimitPoint(0.0, float(moves[0]["old"]))
    for move in moves:
        yield LimitPoint(move["at"] - start, float(move["new"]))
    if end > moves[-1]["at"]:
        yield LimitPoint(end - start, float(moves[-1]["new"]))


def _add_cause(endpoint: _EndpointSums, change: Mapping[str, Any], at_s: float) -> None:
    what, reason, count = str(change["what"]), str(change["reason"]), int(change["count"])
    endpoint.openings += count if what == "circuit" and change["new"] == 0 else 0
    if (what, reason) not in endpoint.causes and len(endpoint.causes) >= _REASONS:
        reason = "other reasons"
    cause = LimitCause(what, reason, count, float(change["old"]), float(change["new"]), at_s)
    known = endpoint.causes.get((what, reason))
    if known is None:
        endpoint.causes[what, reason] = cause
        return
    largest = max(known, cause, key=_size)
    endpoint.causes[what, reason] = LimitCause(what, reason, known.count + count, largest.old, largest.new, largest.at_s)


def _size(cause: LimitCause) -> float:
    """Size of a change as a ratio, the same in both directions: 10 to 20 equals 20 to 10."""
    return abs(log(cause.new / cause.old)) if cause.old > 0 and cause.new > 0 else inf


def _endpoint(name: str, sums: _EndpointSums, courses_per_endpoint: int, endpoints: int) -> EndpointLimits:
    drawn = spread(sums.courses, courses_per_endpoint)
    points_per_course = max(8, POINTS // (endpoints * max(1, len(drawn))))
    limits = [point.limit for course in sums.courses for point in course.points]
    causes = _ordered(sums.causes.values())
    return EndpointLimits(
        name=name,
        tasks=len(sums.courses),
        courses=tuple(LimitCourse(thin(course.points, points_per_course)) for course in drawn),
        lowest=min(limits, default=None),
        highest=max(limits, default=None),
        last=tuple(course.points[-1].limit for course in sums.courses),
        causes=tuple(causes[:_CAUSES]),
        more_causes=max(0, len(causes) - _CAUSES),
        successes=sums.successes,
        refusals=sums.refusals,
        failures=sums.failures,
        openings=sums.openings,
    )


def _ordered(causes: Any) -> list[LimitCause]:
    """Causes in the order of `_ORDER`, the largest first; after the first few, concurrency comes last."""
    ordered = sorted(causes, key=lambda cause: (_place(cause.what), -_size(cause), cause.reason))
    concurrency = [cause for cause in ordered if cause.what == "concurrency"]
    deferred = set(concurrency[_CONCURRENCY_CAUSES:])
    return [cause for cause in ordered if cause not in deferred] + [cause for cause in ordered if cause in deferred]


def _place(what: str) -> int:
    return _ORDER.index(what) if what in _ORDER else len(_ORDER)
