from collections import Counter

import pytest

from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.row_sums import RowSums, read_row_sums
from semtel_ops.store.files import list_files
from semtel_ops.store.layout import Lake
from semtel_ops.testing.landed import DEFAULT_LABELS, make_landed_rows, write_landed

CLASSIFIERS = tuple(ClassifierInfo(name, name) for name in DEFAULT_LABELS)


@pytest.fixture
def read(tmp_path):
    """Sums of rows that were landed."""

    def read_sums(rows, classifiers=CLASSIFIERS, min_slice=1):
        lake = Lake(str(tmp_path))
        write_landed(lake, rows)
        urls = list_files(lake.run(rows[0]["week"], rows[0]["run_id"]).landed_folder, ".parquet")
        return read_row_sums(urls, classifiers, min_slice)

    return read_sums


def test_no_files_are_sums_over_no_rows():
    sums = read_row_sums([], CLASSIFIERS, 30)
    assert sums == RowSums(min_slice=30)
    assert (sums.shares, sums.endpoints, sums.shortening) == ((), (), None)


def test_statuses_and_matches_are_counted_by_classifier_the_most_frequent_first(read):
    rows = make_landed_rows(success=0.6)
    sums = read(rows)
    for column, counts in (("status", sums.by_status), ("matched_by", sums.matched_by)):
        for classifier in DEFAULT_LABELS:
            mine = [row[column] for row in rows if row["classifier"] == classifier and row[column] is not None]
            assert counts[classifier] == Counter(mine)
            assert list(counts[classifier].values()) == sorted(counts[classifier].values(), reverse=True)


def test_scores_are_means_by_weight_of_rows_that_succeeded(read):
    rows = make_landed_rows(conversations=3, success=1, labels={"topic": {"money": 1}}, weights=[1.0, 3.0, 1.0])
    for row, score, status in zip(rows, [0.0, 1.0, 9.0], ["success", "success", "refused"], strict=True):
        row.update(score=score, status=status)
    # (1·0 + 3·1) / (1 + 3); the refused row does not count.
    assert read(rows).scores == {"topic": 0.75}


def test_pairs_of_classifiers_are_sliced_only_where_a_run_has_both(read):
    rows = make_landed_rows()
    assert set(read(rows).hidden) == {("satisfaction", "user_expertise"), ("satisfaction", "topic")}
    only = read(rows, [one for one in CLASSIFIERS if one.id != "topic"])
    assert {(one.classifier, one.by_classifier) for one in only.slices} == {("satisfaction", "user_expertise")}
    assert set(only.hidden) == {("satisfaction", "user_expertise")}


def test_slices_under_the_floor_are_counted_and_left_out(read):
    rows = make_landed_rows(success=1)
    sizes = Counter(row["label"] for row in rows if row["classifier"] == "user_expertise")
    sums = read(rows, min_slice=30)
    shown = {one.by_label for one in sums.slices if one.by_classifier == "user_expertise"}
    assert shown == {label for label, n in sizes.items() if n >= 30}
    assert sums.hidden["satisfaction", "user_expertise"] == sum(n < 30 for n in sizes.values())
    assert sums.min_slice == 30


def test_an_endpoint_is_counted_once_for_each_model_and_lane(read):
    rows = make_landed_rows(endpoints=[("east", "m"), ("east", "n")])
    uses = {(one.name, one.model): one for one in read(rows).endpoints}
    assert set(uses) == {("east", "m"), ("east", "n")}
    assert sum(one.rows for one in uses.values()) == len(rows)
    assert sum(one.cost_usd for one in uses.values()) == pytest.approx(sum(row["cost_usd"] for row in rows))


def test_conversations_that_were_cut_are_counted_once(read):
    rows = make_landed_rows(truncated=0.3)
    cut = {row["conversation_id"]: row["truncated_tokens"] for row in rows}
    shortening = read(rows).shortening
    assert (shortening.conversations, shortening.truncated) == (200, sum(tokens > 0 for tokens in cut.values()))
