"""Rows of a shard wait as Arrow batches: each member once, counted as it comes, written in one order."""

import pyarrow as pa
import pytest

from semtel_ops.shards.row_buffer import RowBuffer
from semtel_ops.store.parquet import read_rows
from semtel_ops.store.tables import LABELS
from semtel_ops.testing.landed import make_landed_rows


def rows_of(conversations=3, **changes):
    rows = make_landed_rows(
        conversations=conversations, labels={"topic": {"science": 1}, "knowledge_work": {"yes": 1}}, success=1.0
    )
    return [{**row, "cost_usd": 0.5, **changes} for row in rows]


def batch_of(rows):
    return pa.RecordBatch.from_pylist(rows, schema=LABELS)


def members(rows):
    return [(row["conversation_id"], row["classifier"]) for row in rows]


@pytest.fixture
def url(tmp_path):
    return f"{tmp_path}/landed.parquet"


def test_rows_are_counted_as_they_are_added():
    buffer = RowBuffer()
    rows = rows_of()
    for row in rows[:4]:
        buffer.add(row)
    buffer.add({**rows[4], "status": "error"})
    buffer.add({**rows[5], "reused": True})
    assert len(buffer) == 6
    assert buffer.by_status == {"success": 5, "error": 1}
    assert (buffer.reused, buffer.cost_usd) == (1, 2.5), "what another run paid for costs nothing here"


def test_a_row_of_an_unknown_price_adds_nothing_to_the_cost():
    buffer = RowBuffer()
    for row in rows_of(1, cost_usd=None):
        buffer.add(row)
    assert (len(buffer), buffer.cost_usd) == (2, 0.0)


def test_a_member_is_known_from_when_it_is_added():
    buffer = RowBuffer()
    first, second, *_ = rows_of()
    assert members([first])[0] not in buffer
    buffer.add(first)
    before = buffer.keys()
    buffer.add(second)
    assert before == {members([first])[0]}, "the members at the time of the question"
    assert buffer.keys() == set(members([first, second]))


def test_carried_rows_count_as_reused_and_cost_nothing():
    buffer = RowBuffer()
    buffer.add_carried(batch_of([*rows_of()[:4], *rows_of(status="refused")[4:]]))
    assert (len(buffer), buffer.reused, buffer.cost_usd) == (6, 6, 0.0)
    assert buffer.by_status == {"success": 4, "refused": 2}
    assert members(rows_of())[3] in buffer


def test_rows_are_written_by_conversation_and_classifier_in_whatever_order_they_came(url):
    rows = rows_of(20)
    forward, backward = RowBuffer(), RowBuffer()
    for row in rows:
        forward.add(row)
    for row in reversed(rows[10:]):
        backward.add(row)
    backward.add_carried(batch_of(rows[:10]))
    forward.write(url)
    first = list(read_rows(url))
    assert members(first) == sorted(members(rows))
    backward.write(url)
    assert list(read_rows(url)) == first


def test_a_full_chunk_and_the_rest_are_written_together(url):
    rows = rows_of(1_200)
    buffer = RowBuffer()
    for row in rows:
        buffer.add(row)
    buffer.write(url)
    assert len(list(read_rows(url, ["conversation_id"]))) == len(rows) == 2_400


def test_writing_twice_leaves_the_same_file(url):
    buffer = RowBuffer()
    for row in rows_of():
        buffer.add(row)
    buffer.write(url)
    first = list(read_rows(url))
    buffer.write(url)
    assert list(read_rows(url)) == first


def test_no_rows_are_a_file_of_the_same_schema(url):
    RowBuffer().write(url)
    assert list(read_rows(url)) == []


@pytest.mark.parametrize(("lost_usd", "expected"), [(0.0, 0.5), (0.4, 0.6), (None, None)])
def test_a_cost_without_a_row_is_shared_by_the_rows_that_this_run_paid_for(url, lost_usd, expected):
    buffer = RowBuffer()
    for at, row in enumerate(rows_of()):
        buffer.add({**row, "reused": at < 2})
    buffer.write(url, lost_usd)
    assert [row["cost_usd"] for row in read_rows(url) if row["reused"]] == [0.5, 0.5]
    assert [row["cost_usd"] for row in read_rows(url) if not row["reused"]] == [
        pytest.approx(expected) if expected is not None else None
    ] * 4
    assert buffer.cost_usd == pytest.approx(2.0 + (lost_usd or 0.0))
