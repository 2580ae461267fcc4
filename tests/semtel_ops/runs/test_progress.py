"""What a log is told of work that goes on: now and then while it does, and once at its end."""

import pytest

from semtel_ops.runs.progress import LogProgress
from semtel_ops.testing.manual_clock import ManualClock


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def lines(caplog):
    caplog.set_level("INFO")
    return lambda: [record.message for record in caplog.records]


def test_a_line_says_rows_share_rate_cost_and_what_is_left(clock, lines):
    progress = LogProgress(clock, every_s=10)
    progress.start("shard 3", 100)
    clock.advance(10)
    progress.advance(20, cost_usd=0.5)
    assert lines() == ["shard 3: 20 of 100 (20%) rows, 2 rows/s, $0.50, about 40 s remaining"]


def test_it_speaks_no_more_often_than_it_is_to(clock, lines):
    progress = LogProgress(clock, every_s=10)
    progress.start("shard 3", 100)
    for _ in range(39):
        clock.advance(1)
        progress.advance()
    assert len(lines()) == 3


def test_without_a_total_there_is_neither_a_share_nor_an_end(clock, lines):
    progress = LogProgress(clock)
    progress.start("reading", None)
    clock.advance(4)
    progress.advance(8)
    progress.finish()
    assert lines() == ["reading: 8 rows, 2 rows/s, $0.00"]


def test_a_second_piece_of_work_is_counted_from_nothing(clock, lines):
    progress = LogProgress(clock)
    progress.start("shard 0", 10)
    progress.advance(10, cost_usd=1.0)
    progress.start("shard 1", 10)
    clock.advance(1)
    progress.advance(5)
    progress.finish()
    assert lines()[-1].startswith("shard 1: 5 of 10 (50%) rows, 5 rows/s, $0.00")


def test_what_a_person_should_see_between_the_numbers_is_shown_as_it_is(lines):
    LogProgress().say("east: limit 8 → 4, rate limited")
    assert lines() == ["east: limit 8 → 4, rate limited"]
