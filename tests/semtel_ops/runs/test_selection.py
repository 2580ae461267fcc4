"""Which rows are asked again: a condition that is true or false of every row, never unknown."""

from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from semtel_ops.runs.selection import Selection, count_selected
from semtel_ops.store.layout import Lake
from semtel_ops.testing.landed import make_landed_rows, write_landed

ROWS = (
    # conversation, classifier, status, label, labels
    ("c0", "topic", "success", "science", None),
    ("c0", "signs", "success", "thanks", ["thanks", "praise"]),
    ("c1", "topic", "refused", None, None),
    ("c1", "signs", "invalid_output", None, None),
    ("c2", "topic", "success", "health", None),
    ("c2", "signs", "success", "praise", ["praise"]),
)


@pytest.fixture
def urls(tmp_path):
    (template,) = make_landed_rows(conversations=1, labels={"topic": {"science": 1}}, success=1.0, shards=1)
    names = ("conversation_id", "classifier", "status", "label", "labels")
    rows = [{**template, **dict(zip(names, row, strict=True)), "shard": at // 4} for at, row in enumerate(ROWS)]
    return write_landed(Lake(str(tmp_path)), rows)


def selected(selection, urls):
    """How many rows are selected, by classifier; all rows are counted one way or the other."""
    counted = count_selected(selection, urls)
    assert sum(row["rows"] for row in counted) == len(ROWS)
    assert {row["selected"] for row in counted} <= {True, False}
    found = Counter()
    for row in counted:
        found[row["classifier"]] += row["rows"] * row["selected"]
    return dict(+found)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"rows": "all"}, {"topic": 3, "signs": 3}),
        ({"rows": "not_success"}, {"topic": 1, "signs": 1}),
        ({"rows": "status", "status": "refused"}, {"topic": 1}),
        ({"rows": "label", "label": "topic=science"}, {"topic": 1}),
        ({"rows": "label", "label": "signs=praise"}, {"signs": 2}),  # one of several counts as well
        ({"rows": "label", "label": "topic=thanks"}, {}),  # a label of another classifier
        ({"rows": "all", "classifiers": ("signs",)}, {"signs": 3}),
        ({"rows": "not_success", "classifiers": ("signs", "mood")}, {"signs": 1}),
    ],
)
def test_rows_are_selected_by_what_became_of_them(urls, fields, found):
    assert selected(Selection(**fields), urls) == found


def test_rows_are_selected_by_the_ids_of_a_file(urls, tmp_path):
    path = str(tmp_path / "ids.parquet")
    pq.write_table(pa.table({"conversation_id": ["c2", "nobody"]}), path)
    assert selected(Selection(rows="ids", ids=path), urls) == {"topic": 1, "signs": 1}


def test_rows_are_counted_by_the_file_they_are_in(urls):
    counted = count_selected(Selection(), urls)
    assert sorted({row["part_file"] for row in counted}) == sorted({row["part_file"] for row in counted if row["rows"]})
    assert len({row["part_file"] for row in counted}) == len(urls) == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rows": "status"}, "status must be given if and only if rows is status"),
        ({"rows": "all", "status": "error"}, "status must be given if and only if rows is status; rows is all"),
        ({"rows": "ids", "label": "topic=science", "ids": "x"}, "label must be given if and only if"),
        ({"rows": "label", "label": "science"}, "label"),
        ({"rows": "label", "label": "topic=sci' or true"}, "label"),
    ],
)
def test_a_selection_that_does_not_say_what_its_rows_need_is_refused(fields, said):
    with pytest.raises(ValidationError, match=said):
        Selection(**fields)
