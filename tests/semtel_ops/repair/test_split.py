import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.repair.split import in_common, split

IDS = [f"c{at}" for at in range(4_000)]


def test_half_of_the_rows_search_and_a_quarter_each_select_and_confirm():
    parts = split(IDS)
    assert sorted(parts.rows) == sorted(IDS)
    # 2,000 ± 4 standard deviations of √(4,000 · ½ · ½) = 32; 1,000 ± 4 · √(4,000 · ¼ · ¾) = 27
    assert abs(len(parts.search) - 2_000) < 4 * 32
    assert abs(len(parts.select) - 1_000) < 4 * 27
    assert abs(len(parts.confirm) - 1_000) < 4 * 27


def test_a_row_keeps_its_part_in_any_order_and_in_a_larger_set():
    parts, fewer = split(IDS), split(reversed(IDS[:500]))
    assert set(fewer.search) <= set(parts.search)
    assert set(fewer.confirm) <= set(parts.confirm)
    assert fewer == split([*IDS[:500], *IDS[:10]])


def test_the_first_rows_of_the_search_are_a_sample_of_it():
    first = split(IDS).search[:400]
    assert 100 < sum(int(each[1:]) < 2_000 for each in first) < 300


def test_looks_are_counted_by_the_rows_that_confirm():
    assert split(IDS).confirm_hash == split(IDS[::-1]).confirm_hash != split(IDS[:3_000]).confirm_hash


def test_sets_that_share_rows_are_recognised_by_their_sketches():
    whole = split(IDS).confirm_sketch
    assert len(whole) == 64 * 8
    assert in_common(whole, whole) == 1.0
    grown = split([*IDS, *(f"d{at}" for at in range(1_000))]).confirm_sketch
    assert abs(in_common(whole, grown) - 0.8) < 0.2  # 1,000 of 1,250 rows; the standard error is √(.8·.2/64) = .05
    assert in_common(whole, split(f"d{at}" for at in range(4_000)).confirm_sketch) < 0.05
    assert in_common(split(IDS[:40]).confirm_sketch, split(IDS[:40]).confirm_sketch) == 1.0


def test_too_few_rows_name_how_many_are_needed():
    split(IDS[:200]).check()
    with pytest.raises(ConfigError, match=r"rows: 60 are too few .* at least 120"):
        split(IDS[:60]).check()
