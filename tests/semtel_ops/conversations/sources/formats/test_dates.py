from datetime import UTC, datetime

import pytest

from semtel_ops.conversations.sources.formats.dates import is_missing, read_date

MOMENT = datetime(2026, 11, 17, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-17 08:30:00 +0000",
        "2026-11-17 09:30:00 +01:00",
        "2026-11-17T09:30:00+01:00[Europe/Berlin]",
        "2026-11-17T08:30Z[UTC]",
        "2026-11-17 08:30:00 GMT",
        "2026-11-17T08:30:00.000000000Z",
        "2026-11-17T08:30:00.000+0000",
        "2026/11/17 08:30:00",
        "Tue, 17 Nov 2026 08:30:00 GMT",
        "17 Nov 2026 09:30:00 +0100",
        {"$date": "2026-11-17T08:30:00Z"},
        {"$date": 1794904200_000},
        {"$date": {"$numberLong": "1794904200000"}},
    ],
)
def test_other_spellings_of_exports_are_the_same_moment(value: object) -> None:
    assert read_date(value) == MOMENT


@pytest.mark.parametrize("value", [None, "", " ", "NaT", "nan", "None", "null", "N/A"])
def test_what_tables_write_in_place_of_a_date_is_none(value: object) -> None:
    assert read_date(value) is None
    assert is_missing(value)


def test_a_number_that_is_not_one_is_missing() -> None:
    assert is_missing(float("nan"))
    assert not is_missing(float("inf"))
    assert not is_missing(0)


@pytest.mark.parametrize("value", [46343, 46343.354, "46343.354"])
def test_the_day_number_of_a_spreadsheet_is_not_a_date_of_1970(value: object) -> None:
    with pytest.raises(ValueError, match="spreadsheet"):
        read_date(value)


@pytest.mark.parametrize(
    "value", ["2026-11-17 08:30:00 Europe/Berlin", "2026-11-17T08:30:00[Europe/Berlin]", "17.11.2026", "11/17/2026"]
)
def test_a_date_that_could_be_several_moments_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"time zone|convert"):
        read_date(value)
