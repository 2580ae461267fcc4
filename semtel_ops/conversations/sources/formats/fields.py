"""Fields that formats share besides the turns: id, date, language and labels."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from semtel_ops.conversations.model import Conversation, Role, Turn, content_hash
from semtel_ops.conversations.sources.formats.text import clean
from semtel_ops.conversations.sources.json_text import as_json
from semtel_ops.conversations.sources.records import BadRecordError, Reason
from semtel_ops.humanize import count, number

_MAX_ID_CHARS = 512
_MAX_LANGUAGE_CHARS = 64
_MAX_DATE_CHARS = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# From this number on the unit cannot be seconds: the date would be after the year 5138.
_SECONDS_BELOW = 1e11
_UNITS_PER_S: tuple[float, ...] = (1.0, 1e3, 1e6, 1e9)


def make_conversation(
    record: dict[str, Any],
    turns: tuple[Turn, ...],
    *,
    ids: Sequence[str] = ("conversation_id", "id"),
    dates: Sequence[str] = (),
    language: str = "language",
    labels: object = None,
) -> Conversation:
    """A conversation of a record's turns, with its id and date from the first fields of `ids` and `dates` that are not empty.

    Raises:
        BadRecordError: there are no turns, no turn is a user's, or a field has the wrong type.
    """
    if not turns:
        raise BadRecordError(Reason.NO_TURNS, "all messages are empty")
    if not any(turn.role is Role.USER for turn in turns):
        raise BadRecordError(Reason.NO_USER_TURN, f"none of its {len(turns)} turns is a user's")
    return Conversation(
        id=_first_id(record, ids) or content_hash(turns),
        turns=turns,
        started_at=_first_date(record, dates),
        language=_language(record.get(language)),
        labels=_labels(labels),
    )


def read_date(value: Any) -> datetime | None:
    """A moment in UTC from a date, an ISO text, or seconds (or milli-, micro-, nanoseconds) since 1970; None for None and "".

    Values without a time zone are in UTC.

    Raises:
        ValueError: the value is none of these, or outside the years 1 to 9999.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = _from_text(value.strip())
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _from_number(float(value))
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
    # Digits alone are seconds since 1970, though fromisoformat reads some of them as dates; eight digits are a date.
    if len(text) != len("20261123") and text.lstrip("-").replace(".", "", 1).isdigit():
        return float(text)
    try:
        return datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return float(text)


def _from_number(number: float) -> datetime:
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    size = abs(number)
    for unit in _UNITS_PER_S:
        if size < _SECONDS_BELOW * unit:
            return _EPOCH + timedelta(seconds=number / unit)
    raise ValueError("out of range")


def _first_id(record: dict[str, Any], names: Sequence[str]) -> str | None:
    for name in names:
        value = record.get(name)
        if value is None or value == "":
            continue
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise BadRecordError(Reason.WRONG_TYPE, f"{name}: expected text or a whole number, found {_type(value)}")
        text = clean(str(value)).strip()
        if len(text) > _MAX_ID_CHARS:
            raise BadRecordError(Reason.WRONG_TYPE, f"{name}: {count(len(text), 'character')}; at most {number(_MAX_ID_CHARS)}")
        if text:
            return text
    return None


def _first_date(record: dict[str, Any], names: Sequence[str]) -> datetime | None:
    for name in names:
        value = record.get(name)
        if value is None or value == "":
            continue
        try:
            return read_date(value)
        except ValueError:
            fix = "expected an ISO date or seconds since 1970"
            raise BadRecordError(Reason.BAD_DATE, f"{name}: {fix}, found {_type(value)} that is neither") from None
    return None


def _language(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return clean(value[:_MAX_LANGUAGE_CHARS]).strip() or None


def _labels(value: object) -> dict[str, object]:
    """Labels as an object that can be stored as JSON."""
    if value is None or value == {}:
        return {}
    labels = value if isinstance(value, dict) else {"labels": value}
    try:
        encoded = orjson.dumps(labels, default=as_json, option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError, RecursionError):
        raise BadRecordError(Reason.WRONG_TYPE, "labels: they cannot be written as JSON") from None
    checked: dict[str, object] = orjson.loads(encoded)
    return checked


def _type(value: object) -> str:
    return type(value).__name__
