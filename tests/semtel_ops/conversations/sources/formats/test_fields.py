from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.conversations.model import content_hash
from semtel_ops.conversations.sources.formats.fields import make_conversation, read_date
from semtel_ops.conversations.sources.records import BadRecordError, Reason
from semtel_ops.testing.builders import make_turns

MOMENT = datetime(2026, 11, 17, 8, 30, tzinfo=UTC)
TURNS = make_turns("hi")


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-17T08:30:00Z",
        "2026-11-17T09:30:00+01:00",
        "2026-11-17 08:30",
        " 2026-11-17 08:30:00 UTC ",
        "20261117T0830",
        "1794904200",
        "1794904200.0",
        1794904200,
        1794904200.0,
        1794904200_000,
        "1794904200000",
        1794904200_000_000,
        1794904200_000_000_000,
        MOMENT.replace(tzinfo=None),
        {"$date": {"$numberLong": "1794904200000"}},
        {"_seconds": 1794904200, "_nanoseconds": 0},
        {"seconds": 1794904200, "nanos": 0},
    ],
)
def test_dates_of_any_spelling_are_the_same_moment(value: object) -> None:
    assert read_date(value) == MOMENT


def test_a_day_is_its_midnight_in_utc() -> None:
    midnight = datetime(2026, 11, 17, tzinfo=UTC)
    assert [read_date(value) for value in ("2026-11-17", "20261117", 20261117, date(2026, 11, 17))] == [midnight] * 4


def test_a_number_that_fromisoformat_takes_for_a_date_is_a_number() -> None:
    assert str(read_date("1712011512030")) == "2024-04-01 22:45:12.030000+00:00"


def test_no_date_is_none() -> None:
    assert [read_date(value) for value in (None, "", float("nan"))] == [None, None, None]


@pytest.mark.parametrize(
    "value", ["soon", "2026-13-01", "0001-01-01T00:00+14:00", "9" * 70, 1e300, -1e20, float("inf"), True, [], {}]
)
def test_what_is_no_date_is_a_value_error(value: object) -> None:
    with pytest.raises(ValueError, match=r"date|out of range|finite|years|convert"):
        read_date(value)


@given(st.none() | st.integers() | st.floats() | st.text(max_size=80) | st.datetimes() | st.booleans())
def test_a_date_is_in_utc_or_none_or_a_value_error(value: object) -> None:
    try:
        found = read_date(value)
    except ValueError:
        return
    assert found is None or found.tzinfo is UTC


def test_the_first_id_that_holds_something_counts() -> None:
    assert make_conversation({"conversation_id": " ", "id": 7}, TURNS).id == "7"
    assert make_conversation({"conversation_id": 7.0}, TURNS).id == "7"


@pytest.mark.parametrize("record", [{}, {"id": None}, {"id": ""}, {"id": " \x00"}])
def test_a_missing_id_is_the_hash_of_what_was_said(record: dict[str, object]) -> None:
    assert make_conversation(record, TURNS).id == content_hash(TURNS)


def test_labels_are_what_json_can_hold() -> None:
    labels = {"topic": ["a"], "when": MOMENT, 7: b"x", "set": {1}}
    expected = {"topic": ["a"], "when": "2026-11-17T08:30:00+00:00", "7": "x", "set": [1]}
    assert make_conversation({}, TURNS, labels=labels).labels == expected
    assert make_conversation({}, TURNS, labels=["a"]).labels == {"labels": ["a"]}
    with pytest.raises(BadRecordError) as caught:
        make_conversation({}, TURNS, labels={"a": object()})
    assert caught.value.reason is Reason.WRONG_TYPE


def test_a_language_is_short_text_or_none() -> None:
    found = [make_conversation({"language": value}, TURNS).language for value in ("de", " ", 7, "x" * 1_000)]
    assert found == ["de", None, None, "x" * 64]


def test_without_a_user_there_is_nothing_to_classify() -> None:
    with pytest.raises(BadRecordError) as caught:
        make_conversation({}, make_turns("", "only an answer")[1:])
    assert caught.value.reason is Reason.NO_USER_TURN
