import pytest

from semtel_ops.quality.frames import ROW_COLUMNS, rows_frame
from semtel_ops.store.tables import LABELS


@pytest.mark.parametrize(("limit", "seen"), [(1_000, 200), (150, 150), (7, 7)])
def test_the_look_at_rows_is_bounded_and_in_the_order_of_shards(rows, land, limit, seen):
    frame = rows_frame(land(rows(conversations=100)), limit)
    # Conversations are dealt to two shards in turn, and have two rows each.
    order = [f"c{number:06d}" for shard in (0, 1) for number in range(shard, 100, 2) for _ in range(2)]
    assert list(frame["conversation_id"]) == order[:seen]


def test_without_rows_the_columns_are_there():
    assert list(rows_frame([]).columns) == list(ROW_COLUMNS)


def test_no_text_column_is_looked_at():
    assert set(ROW_COLUMNS) < set(LABELS.names)
    assert not {"raw_reply", "error"} & set(ROW_COLUMNS)
