from datetime import UTC, datetime

import pytest

from semtel_ops import humanize


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (1234.4, "1,234"), (10**12, "1,000,000,000,000"), (-1234, "−1,234"), (-0.2, "0"), (None, "–")],
)
def test_numbers_have_thousands_separators(value, shown):
    assert humanize.number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"), (9_999, "9,999"), (12_345, "12.3k"), (99_999, "100k"), (999_950, "1.00M"), (1_234_567, "1.23M"),
        (15e10, "150G"), (2e12, "2.00T"), (1e15, "1000T"), (-1_234_567, "−1.23M"), (None, "–"),
    ],
)  # fmt: skip
def test_large_numbers_are_short(value, shown):
    assert humanize.compact(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(24.0, "24"), (98.53, "98.5"), (0.5, "0.5"), (-2.25, "−2.25"), (2_000_000.0000000002, "2.00M"), (6000, "6,000")],
)
def test_quantities_that_are_sometimes_whole(value, shown):
    assert humanize.quantity(value) == shown


@pytest.mark.parametrize(("n", "shown"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1_234, "1,234 rows")])
def test_a_noun_agrees_with_its_number(n, shown):
    assert humanize.count(n, "row") == shown


def test_irregular_plurals_are_given():
    assert [humanize.count(n, "reply", "replies") for n in (1, 2)] == ["1 reply", "2 replies"]


def test_counts_by_name_leave_out_what_never_happened():
    assert humanize.tally({"success": 1_200, "invalid_output": 3, "error": 0}) == "1,200 success, 3 invalid output"
    assert humanize.tally({}) == humanize.tally({"error": 0}) == "none"


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0, "0.0%"), (1, "100.0%"), (0.12345, "12.3%"), (0.0001, "<0.1%"), (0.99999, ">99.9%"), (-0.05, "−5.0%"),
        (2.5, "250.0%"), (None, "–"),
    ],
)  # fmt: skip
def test_a_share_that_is_not_all_never_reads_as_all(share, shown):
    assert humanize.percent(share) == shown


@pytest.mark.parametrize(("share", "shown"), [(0.5, "50%"), (0.004, "<1%"), (0.996, ">99%"), (1.0, "100%")])
def test_whole_percentages_too(share, shown):
    assert humanize.percent(share, 0) == shown


def test_an_interval_is_in_percent():
    assert humanize.interval(0.2804, 0.3456) == "28.0–34.6"


def test_an_estimate_carries_its_interval_and_its_n():
    assert humanize.with_interval(0.3411, 0.298, 0.386, 1_200) == "34.1% (95% CI 29.8–38.6, n = 1,200)"


def test_a_difference_carries_its_sign():
    assert [humanize.points(value) for value in (0.021, -0.021, 0.0)] == ["+2.1", "−2.1", "+0.0"]


@pytest.mark.parametrize(("value", "shown"), [(-0.041, "−0.04"), (0.6, "0.60"), (None, "–")])
def test_coefficients_have_a_real_minus(value, shown):
    assert humanize.coefficient(value) == shown


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        (0, "$0.00"), (0.42, "$0.42"), (0.0999, "$0.10"), (0.05, "$0.05"), (0.0042, "$0.0042"), (0.000_012, "$0.000012"),
        (1e-7, "<$0.000001"), (999.999, "$1,000"), (1234.5, "$1,234"), (1.5e9, "$1,500,000,000"), (-0.42, "−$0.42"),
        (None, "unknown"),
    ],
)  # fmt: skip
def test_money_keeps_small_amounts_visible_and_no_price_is_not_zero(usd, shown):
    assert humanize.money(usd) == shown


@pytest.mark.parametrize(("usd", "shown"), [(0.42, "about $0.42"), (0, "about $0.00"), (None, "cost unknown")])
def test_a_forecast_says_that_it_is_one(usd, shown):
    assert humanize.estimate(usd) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"), (0.0004, "<1 ms"), (0.25, "250 ms"), (0.9996, "1 s"), (4.2, "4.2 s"), (5, "5 s"), (9.96, "10 s"), (42, "42 s"),
        (59.6, "1 min"), (200, "3 min 20 s"), (3_599.7, "1 h"), (7_500, "2 h 5 min"), (86_400, "24 h"), (172_800, "2 days"),
        (10 * 86_400 + 7_300, "10 days 2 h"), (-90, "−1 min 30 s"), (None, "–"),
    ],
)  # fmt: skip
def test_durations_use_the_unit_a_person_would(seconds, shown):
    assert humanize.duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (42.4, "42 s"),
        (719, "12 min"),
        (3_600, "1 h"),
        (6_000, "1.7 h"),
        (86_400, "24 h"),
        (216_000, "2.5 days"),
        (-90, "−2 min"),
    ],
)
def test_an_estimated_duration_has_one_unit(seconds, shown):
    assert humanize.rough_duration(seconds) == shown


@pytest.mark.parametrize(
    ("n_bytes", "shown"),
    [
        (0, "0 bytes"), (1, "1 byte"), (1_023, "1,023 bytes"), (1_536, "1.5 KiB"), (32 * 1024**2, "32 MiB"),
        (1024**3, "1 GiB"), (5_000 * 1024**4, "5,000 TiB"),
    ],
)  # fmt: skip
def test_sizes_use_binary_units(n_bytes, shown):
    assert humanize.size(n_bytes) == shown


def test_a_moment_says_its_zone():
    moment = datetime(2026, 11, 5, 14, 5, 59, tzinfo=UTC)
    assert humanize.date(moment) == "5 November 2026"
    assert humanize.date_time(moment) == "5 Nov 2026, 14:05 UTC"
    assert humanize.date_time(None) == "–"


def test_a_week_says_its_days_once_where_it_can():
    def days(first: tuple[int, int, int], last: tuple[int, int, int]) -> str:
        return humanize.date_range(datetime(*first, tzinfo=UTC), datetime(*last, tzinfo=UTC))

    assert days((2026, 11, 16), (2026, 11, 22)) == "16–22 November 2026"
    assert days((2026, 9, 28), (2026, 10, 4)) == "28 September – 4 October 2026"
    assert days((2026, 12, 28), (2027, 1, 3)) == "28 December 2026 – 3 January 2027"


@pytest.mark.parametrize(
    ("identifier", "shown"),
    [
        ("rows_complete", "Rows complete"), ("cost_per_conversation_usd", "Cost per conversation, USD"), ("user_GDPR", "User GDPR"),
        ("", ""),
    ],
)  # fmt: skip
def test_identifiers_are_titles_in_words(identifier, shown):
    assert humanize.title(identifier) == shown


def test_identifiers_are_words_in_sentences():
    assert humanize.words("invalid_output") == "invalid output"
