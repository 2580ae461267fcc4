from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.conversations.weeks import Week
from semtel_ops.errors import ConfigError

moments = st.integers(-62_000_000_000, 253_000_000_000).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def test_a_week_runs_from_monday_midnight_utc_to_the_next() -> None:
    week = Week.parse("2026-W47")
    assert week.start == datetime(2026, 11, 16, tzinfo=UTC)
    assert week.end == datetime(2026, 11, 23, tzinfo=UTC)
    assert week.start in week
    assert week.end not in week
    assert week.end - timedelta(microseconds=1) in week


def test_a_moment_elsewhere_belongs_to_the_week_it_is_in_utc() -> None:
    """Monday 01:00 in Berlin is still Sunday in UTC."""
    berlin = timezone(timedelta(hours=1))
    assert Week.containing(datetime(2026, 11, 16, 0, 30, tzinfo=berlin)) == Week(2026, 46)
    assert Week.containing(datetime.fromisoformat("2026-11-16T00:30")) == Week(2026, 47)


def test_the_iso_year_differs_from_the_calendar_year_around_new_year() -> None:
    assert str(Week.containing(datetime(2027, 1, 1, tzinfo=UTC))) == "2026-W53"
    assert str(Week.containing(datetime(2024, 12, 31, tzinfo=UTC))) == "2025-W01"


def test_the_last_complete_week_is_over() -> None:
    assert str(Week.last_complete(datetime(2026, 11, 22, 23, 59, tzinfo=UTC))) == "2026-W46"
    assert str(Week.last_complete(datetime(2026, 11, 23, 0, 0, tzinfo=UTC))) == "2026-W47"


def test_previous_crosses_a_year_with_53_weeks() -> None:
    assert str(Week.parse("2027-W01").previous()) == "2026-W53"
    assert str(Week.parse("2027-W01").previous(4)) == "2026-W50"
    assert str(Week.parse("2026-W53").previous(-1)) == "2027-W01"


@pytest.mark.parametrize("text", ["2026-47", "2026-W1", "26-W47", "W47", "", "2026-W47-1", "٢٠٢٦-W47", "2026-11-16"])
def test_what_is_not_a_week_is_one_clear_line(text: str) -> None:
    with pytest.raises(ConfigError, match="must be an ISO week such as 2026-W47"):
        Week.parse(text)


def test_a_week_the_year_does_not_have_names_those_it_has() -> None:
    with pytest.raises(ConfigError, match=r"week: '2025-W53' is not in 2025, which has weeks W01 to W52"):
        Week.parse("2025-W53")
    with pytest.raises(ConfigError, match="W00"):
        Week.parse("2026-W00")


@pytest.mark.parametrize("text", ["0000-W10", "9999-W52"])
def test_years_outside_the_calendar_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="must be a year from"):
        Week.parse(text)


def test_going_before_the_calendar_is_refused() -> None:
    with pytest.raises(ConfigError, match="weeks before it"):
        Week.parse("0001-W01").previous(2)


@given(moments)
def test_every_moment_is_in_exactly_its_own_week(moment: datetime) -> None:
    week = Week.containing(moment)
    assert moment in week
    assert moment not in week.previous()
    assert moment not in week.previous(-1)
    assert Week.parse(str(week)) == week
