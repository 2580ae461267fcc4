from itertools import pairwise

import pytest

from semtel_ops.concurrency.changes import ChangeLog


def test_a_run_of_changes_for_one_reason_is_one_entry():
    log = ChangeLog("east")
    for step in range(50):
        log.add(100.0 + step / 10, "concurrency", 16 + step, 17 + step, "growth")
    (change,) = log
    assert (change.old, change.new, change.count, change.at) == (16, 66, 50, pytest.approx(104.9))


def test_another_reason_or_another_number_is_another_entry():
    log = ChangeLog("east")
    log.add(1.0, "concurrency", 16, 17, "growth")
    log.add(1.1, "circuit", 1, 0, "all recent requests failed")
    log.add(1.2, "concurrency", 17, 12, "refused")
    assert [(change.what, change.new) for change in log] == [("concurrency", 17), ("circuit", 0), ("concurrency", 12)]


def test_a_run_of_days_keeps_its_course_in_bounded_space():
    log = ChangeLog("east", capacity=100)
    for number in range(100_000):
        log.add(10.0 * number, "concurrency", number, number + 1, "growth")
    changes = list(log)
    assert len(changes) <= 100
    assert changes[0].old == 0
    assert changes[-1].new == 100_000
    # Nothing is missing between neighbours.
    assert all(before.new == after.old for before, after in pairwise(changes))
    assert sum(change.count for change in changes) == 100_000
