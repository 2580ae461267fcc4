"""The week a run is about: an ISO week in UTC, Monday 00:00 included, the next Monday 00:00 not."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from semtel_ops.errors import ConfigError

_SPELLING = re.compile(r"(\d{4})-?[Ww](\d{2})", re.ASCII)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO week; weeks compare in time's order.

    Attributes:
        year: ISO year, which differs from the calendar's around New Year.
        number: 1 to 53.
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
        """Read `2026-W47` (or `2026W47`)."""
        match = _SPELLING.fullmatch(text.strip())
        if match is None:
            raise ConfigError("week", text, "must be an ISO week such as 2026-W47")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def containing(cls, moment: datetime) -> "Week":
        """The week of a moment; a naive one is taken as UTC."""
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
        """Start of the next week: the first moment that is no longer in this one."""
        return self.start + _WEEK

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= _utc(moment) < self.end

    def previous(self, n: int = 1) -> "Week":
        """The week `n` weeks earlier; a negative `n` goes forward."""
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
