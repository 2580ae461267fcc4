from dataclasses import asdict

import pytest

from semtel_ops.concurrency.changes import Change
from semtel_ops.report.limits import POINTS, TASKS_READ, collect_limits, spread, thin
from semtel_ops.report.model import LimitPoint
from semtel_ops.store.files import write_json

START = 1_795_000_000.0


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "limits"


def _move(at_s, old, new, reason="growth", *, what="concurrency", endpoint="east", count=1):
    return Change(START + at_s, endpoint, what, old, new, reason, count)


def _write_task(folder, shard, changes, *, start=0.0, successes=10):
    names = dict.fromkeys(change.endpoint for change in changes)
    snapshots = [{"endpoint": name, "successes": successes, "refusals": 2, "failures": 1} for name in names]
    moved = [{**asdict(change), "at": change.at + start} for change in changes]
    write_json(f"{folder}/shard={shard:04d}.json", {"endpoints": snapshots, "changes": moved})


def test_a_run_that_asked_nothing_has_no_limits(folder):
    assert collect_limits(str(folder)) == ()


def test_a_course_starts_at_the_tasks_first_change_and_lasts_to_its_last(folder):
    changes = [_move(0, 0, 6000, "headers", what="requests_per_minute"), _move(2, 16, 40), _move(5, 40, 20, "refused")]
    _write_task(folder, 0, [*changes, _move(9, 0, 1, "retry-after", what="pause_s")])
    (east,) = collect_limits(str(folder))
    assert [tuple(point) for point in east.courses[0].points] == [(0, 16), (2, 40), (5, 20), (9, 20)]
    assert (east.lowest, east.highest, east.last) == (16, 40, (20,))
    assert (east.successes, east.refusals, east.failures, east.openings) == (10, 2, 1, 0)


def test_tasks_of_different_days_begin_together(folder):
    for shard in range(3):
        _write_task(folder, shard, [_move(1, 16, 30), _move(4, 30, 20 + shard)], start=86_400.0 * shard)
    (east,) = collect_limits(str(folder))
    assert [course.points[-1] for course in east.courses] == [(3, 20), (3, 21), (3, 22)]
    assert east.tasks == 3
    assert east.successes == 30


def test_changes_for_one_reason_are_one_line_with_the_largest(folder):
    moves = [_move(1, 16, 20, count=4), _move(2, 20, 80, count=60), _move(3, 80, 40, "rejected: too many concurrent requests")]
    _write_task(folder, 0, moves)
    (east,) = collect_limits(str(folder))
    growth = next(cause for cause in east.causes if cause.reason == "growth")
    assert (growth.count, growth.old, growth.new, growth.at_s) == (64, 20, 80, 1)
    assert [cause.reason for cause in east.causes] == ["growth", "rejected: too many concurrent requests"]


def test_circuit_openings_are_counted_and_named_first(folder):
    circuit = [
        _move(1, 1, 0, "all recent requests failed", what="circuit"),
        _move(2, 0, 0.5, "probing", what="circuit"),
        _move(3, 0.5, 0, "all recent requests failed", what="circuit"),
    ]
    _write_task(folder, 0, [_move(0, 16, 300), *circuit])
    (east,) = collect_limits(str(folder))
    assert east.openings == 2
    assert {cause.what for cause in east.causes[:2]} == {"circuit"}


def test_many_reasons_leave_room_for_rates_and_are_counted(folder):
    moves = [_move(at, 16, 17 + at, f"reason {at}") for at in range(80)]
    _write_task(folder, 0, [*moves, _move(90, 0, 6000, "headers", what="requests_per_minute")])
    (east,) = collect_limits(str(folder))
    assert len(east.causes) == 8
    assert sum(cause.count for cause in east.causes) > 30  # those past the fiftieth reason are one line
    assert east.more_causes == 44
    assert "requests_per_minute" in {cause.what for cause in east.causes}


def test_a_page_never_draws_more_than_its_points(folder):
    for shard in range(TASKS_READ + 20):
        moves = [_move(at, 16, 16 + at % 7, endpoint=name) for at in range(40) for name in ("east", "west", "north")]
        _write_task(folder, shard, moves)
    found = collect_limits(str(folder))
    assert [len(one.courses) for one in found] == [8, 8, 8]
    assert sum(len(course.points) for one in found for course in one.courses) <= POINTS
    assert {one.tasks for one in found} == {TASKS_READ}


def test_thinning_keeps_the_ends_and_the_extremes():
    points = [LimitPoint(float(at), 50.0) for at in range(5_000)]
    points[1_234], points[3_456] = LimitPoint(1_234.0, 900.0), LimitPoint(3_456.0, 1.0)
    kept = thin(points, 100)
    assert len(kept) <= 100
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert {points[1_234], points[3_456]} <= set(kept)
    assert list(kept) == sorted(kept)


def test_few_values_are_all_taken_and_many_evenly():
    assert spread([1, 2, 3], 5) == [1, 2, 3]
    assert spread(range(100), 4) == [0, 25, 50, 75]
