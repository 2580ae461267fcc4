from datetime import UTC, datetime

import pytest

from semtel_ops.evaluation.intervals import Share
from semtel_ops.report import text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0.0 %"), (1, "100.0 %"), (0.12345, "12.3 %"), (0.0001, "< 0.1 %"), (0.99999, "> 99.9 %"), (None, "–")],
)
def test_a_share_that_is_not_all_never_reads_as_all(value, shown):
    assert text.percent(value).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (9_999, "9,999"), (12_345, "12.3 k"), (1_234_567, "1.23 M"), (15e10, "150 G"), (2e12, "2.00 T"), (None, "–")],
)
def test_large_counts_are_short(value, shown):
    assert text.compact(value).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "$0.00"), (0.42, "$0.42"), (0.0042, "$0.0042"), (1e-7, "< $0.0001"), (1234.5, "$1,234"), (None, "unknown")],
)
def test_money_keeps_small_amounts_visible_and_no_price_is_not_zero(value, shown):
    assert text.money(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.25, "0.2 s"), (42, "42 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (None, "–")],
)
def test_durations_use_the_unit_a_person_would(seconds, shown):
    assert text.duration(seconds).replace("\u00a0", " ") == shown


def test_a_difference_carries_its_sign():
    assert [text.points(value) for value in (0.021, -0.021, 0.0)] == ["+2.1", "−2.1", "+0.0"]


def test_an_interval_is_in_per_cent():
    assert text.interval(Share(0.3, 0.2804, 0.3456, 10, 10)) == "28.0–34.6"


def test_a_week_says_its_days_once_where_it_can():
    def days(first: tuple[int, int, int], last: tuple[int, int, int]) -> str:
        return text.span(datetime(*first, tzinfo=UTC), datetime(*last, tzinfo=UTC))

    assert days((2026, 11, 16), (2026, 11, 22)) == "16–22 November 2026"
    assert days((2026, 9, 28), (2026, 10, 4)) == "28 September – 4 October 2026"
    assert days((2026, 12, 28), (2027, 1, 3)) == "28 December 2026 – 3 January 2027"


@pytest.mark.parametrize(("value", "shown"), [(24.0, "24"), (98.53, "98.5"), (2_000_000.0000000002, "2.00 M"), (6000, "6,000")])
def test_quantities_that_are_sometimes_whole(value, shown):
    assert text.quantity(value).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(
    ("check_id", "shown"),
    [("rows_complete", "Rows complete"), ("cost_per_conversation_usd", "Cost per conversation, USD"), ("", "")],
)
def test_checks_are_named_in_words(check_id, shown):
    assert text.check_name(check_id) == shown


@pytest.mark.parametrize(("value", "shown"), [(-0.041, "−0.04"), (0.6, "0.60"), (None, "–")])
def test_coefficients_have_a_real_minus(value, shown):
    assert text.coefficient(value) == shown
