"""Fields that formats share besides the turns: id, date, language and labels."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from semtel_ops.conversations.model import Conversation, Role, Turn, content_hash
from semtel_ops.conversations.sources.formats.dates import read_date
from semtel_ops.conversations.sources.formats.ids import first_id
from semtel_ops.conversations.sources.formats.text import clean
from semtel_ops.conversations.sources.json_text import as_json
from semtel_ops.conversations.sources.records import BadRecordError, Reason

_MAX_LANGUAGE_CHARS = 64


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
    started_at = _first_date(record, dates)
    return Conversation(
        id=first_id(record, ids) or _made_id(turns, started_at),
        turns=turns,
        started_at=started_at,
        language=_language(record.get(language)),
        labels=_labels(labels),
    )


def _made_id(turns: tuple[Turn, ...], started_at: datetime | None) -> str:
    """The id of a record without one: equal for the same turns at the same time, so that a copy of a file adds nothing."""
    content = content_hash(turns)
    if started_at is None:
        return content
    return hashlib.blake2b(f"{content} {started_at.isoformat()}".encode(), digest_size=16).hexdigest()


def _first_date(record: dict[str, Any], names: Sequence[str]) -> datetime | None:
    for name in names:
        if (value := record.get(name)) is None:
            continue
        try:
            if (moment := read_date(value)) is not None:
                return moment
        except ValueError as error:
            fix = "expected an ISO date or seconds since 1970"
            found = "a spreadsheet's day number" if "spreadsheet" in str(error) else f"{type(value).__name__} that is neither"
            raise BadRecordError(Reason.BAD_DATE, f"{name}: {fix}, found {found}") from None
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
