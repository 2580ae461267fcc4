"""ISO weeks in UTC, from Monday 00:00 (included) to the next Monday 00:00 (excluded)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from semtel_ops.errors import ConfigError

_PATTERN = re.compile(r"(\d{4})-?[Ww](\d{2})", re.ASCII)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO week; weeks compare chronologically.

    Attributes:
        year: ISO year, which differs from the calendar year around New Year.
        number: 1 to 53.

    Raises:
        ConfigError: the year has no such week.
    """

    year: int
    number: int

    def __post_init__(self) -> None:
        # The last representable year is left out: its end is not a datetime.
        if not 1 <= self.year < date.max.year:
            raise ConfigError("week", str(self), f"must be a year from 0001 to {date.max.year - 1}")
        try:
            date.fromisocalendar(self.year, self.number, 1)
        except ValueError:
            last = date(self.year, 12, 28).isocalendar().week
            raise ConfigError("week", str(self), f"is not in {self.year}, which has weeks W01 to W{last}") from None

    @classmethod
    def parse(cls, text: str) -> "Week":
        """Read `2026-W47` (or `2026W47`).

        Raises:
            ConfigError: the text is not an ISO week.
        """
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise ConfigError("week", text, "must be an ISO week such as 2026-W47")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def containing(cls, moment: datetime) -> "Week":
        """The week of a moment; a naive datetime is taken as UTC."""
        year, number, _ = _utc(moment).isocalendar()
        return cls(year, number)

    @classmethod
    def last_complete(cls, now: datetime) -> "Week":
        """The latest week that is over at `now`."""
        return cls.containing(now).previous()

    @property
    def start(self) -> datetime:
        return datetime.combine(date.fromisocalendar(self.year, self.number, 1), datetime.min.time(), tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """Start of the next week: the first moment after this week."""
        return self.start + _WEEK

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= _utc(moment) < self.end

    def previous(self, n: int = 1) -> "Week":
        """The week `n` weeks earlier, or later where `n` is negative.

        Raises:
            ConfigError: the result is outside the calendar.
        """
        try:
            return Week.containing(self.start - n * _WEEK)
        except OverflowError:
            raise ConfigError("week", str(self), f"has no week {n} weeks before it in the calendar") from None

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)
