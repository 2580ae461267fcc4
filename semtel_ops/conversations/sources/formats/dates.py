"""Reads a record's date in the spellings that exports use."""

import math
import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

_MAX_DATE_CHARS = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# From this number on the unit cannot be seconds: the date would be after the year 5138.
_SECONDS_BELOW = 1e11
_UNITS_PER_S: tuple[float, ...] = (1.0, 1e3, 1e6, 1e9)
# Days since 1900 in spreadsheets, for the years 1982 to 2036. As seconds they would all be on 1 January 1970.
_SPREADSHEET_DAYS = range(30_000, 50_000)
# 20261128; as seconds they would all be in August 1970.
_CALENDAR_DATES = range(19_700_101, 21_000_101)
# MongoDB, and Firestore with nanoseconds beside; the outer first.
_WRAPPERS = ("$date", "$numberLong", "seconds", "_seconds")
_MISSING = frozenset({"", "nat", "nan", "none", "null", "n/a", "<na>", r"\n"})
_UTC_NAME = re.compile(r"\s*(?:UTC|GMT|Z|\[[A-Za-z0-9_+/-]*\])$")
_SPACED_OFFSET = re.compile(r"\s+([+-]\d\d:?\d\d)$")
_YEAR_FIRST = re.compile(r"^(\d{4})/(\d{1,2})/(\d{1,2})")
_NAMED_MONTH = re.compile(r"^(?:[A-Za-z]{3},? )?\d{1,2} [A-Za-z]{3} \d{4} ")


def is_missing(value: Any) -> bool:
    """Whether a value stands for none: None, NaN, empty text, or a word that tables write in its place."""
    if isinstance(value, str):
        return len(value) < len("<na>   ") and value.strip().lower() in _MISSING
    return value is None or (isinstance(value, float) and math.isnan(value))


def read_date(value: Any) -> datetime | None:
    """A moment in UTC from a date, an ISO or mail text, or seconds (or milli-, micro-, nanoseconds) since 1970.

    None for a missing value. Values without a time zone are in UTC. An object of MongoDB or Firestore is the value in it.

    Raises:
        ValueError: the value is none of these, or outside the years 1 to 9999.
    """
    for key in _WRAPPERS if isinstance(value, dict) else ():
        value = value[key] if isinstance(value, dict) and key in value else value
    if is_missing(value):
        return None
    if isinstance(value, str):
        value = _from_text(value.strip())
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _from_number(value)
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the years 1 to 9999") from None
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise ValueError(f"{type(value).__name__} is not a date")


def _from_text(text: str) -> datetime | float:
    if len(text) > _MAX_DATE_CHARS:
        raise ValueError("too long for a date")
    if text[4:5] == "-":  # the usual spelling needs none of what follows
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    # Digits alone are seconds since 1970, though fromisoformat reads some of them as dates; eight digits are a date.
    if len(text) != len("20261123") and text.lstrip("-").replace(".", "", 1).isdigit():
        return float(text)
    if _NAMED_MONTH.match(text):
        return parsedate_to_datetime(text)
    iso = _SPACED_OFFSET.sub(r"\1", _UTC_NAME.sub(_without_zone, text))
    iso = _YEAR_FIRST.sub(lambda found: f"{found[1]}-{found[2]:>02}-{found[3]:>02}", iso)
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        return float(text)


def _without_zone(found: "re.Match[str]") -> str:
    """A zone in brackets follows an offset, which counts; without it, the zone cannot be read."""
    before = found.string[: found.start()]
    if "[" in found[0] and found[0].strip() not in {"[UTC]", "[GMT]"} and not re.search(r"(?:Z|[+-]\d\d:?\d\d)$", before):
        raise ValueError("a time zone without its offset is not a date")
    return ""


def _from_number(number: float) -> datetime:
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    size = abs(number)
    if int(size) in _SPREADSHEET_DAYS:
        raise ValueError("a spreadsheet's day number is not a date")
    if number in _CALENDAR_DATES:
        return datetime.strptime(str(int(number)), "%Y%m%d").replace(tzinfo=UTC)
    for unit in _UNITS_PER_S:
        if size < _SECONDS_BELOW * unit:
            return _EPOCH + timedelta(seconds=number / unit)
    raise ValueError("out of range")
