import io
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from semtel_ops.conversations.sources import Reason
from semtel_ops.conversations.sources.containers.parquet import as_values

MESSAGES = [{"role": "user", "content": "hi"}]


def _file(table: pa.Table, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def test_values_are_those_of_arrow() -> None:
    """Our conversion is only a faster one: nulls at every level, slices and nested structs included."""
    rows = [
        None,
        [],
        [{"role": "user", "content": None, "more": {"n": 1, "tags": ["a", None]}}, None],
        [{"role": None, "content": "x", "more": None}, {"role": "r", "content": "y", "more": {"n": None, "tags": None}}],
    ]
    array = pa.array(rows)
    for start in range(len(rows) + 1):
        assert as_values(array.slice(start)) == array.slice(start).to_pylist()
        assert as_values(array.slice(0, start)) == array.slice(0, start).to_pylist()


def test_timestamps_of_any_unit_are_moments() -> None:
    moment = datetime(1965, 11, 17, 8, 0, 0, 250_000, tzinfo=UTC)
    for unit in ("ms", "us", "ns"):
        assert as_values(pa.array([moment, None], pa.timestamp(unit, tz="UTC"))) == [moment, None]


def test_a_date_beyond_the_calendar_costs_only_its_row(read_bytes: Any, outline: Any) -> None:
    dates = pa.array([0, 2**62], pa.int64()).cast(pa.timestamp("ms"))
    table = pa.table({"conversation_id": ["c1", "c2"], "messages": [MESSAGES] * 2, "started_at": dates})
    assert outline(read_bytes(_file(table), "a.parquet")) == ["c1", Reason.BAD_DATE]


def test_invalid_utf8_is_replaced(read_bytes: Any) -> None:
    bad = pa.Array.from_buffers(pa.string(), 1, [None, *pa.array([b"a\xffb"]).buffers()[1:]])
    content = pa.StructArray.from_arrays([pa.array(["user"]), bad], ["role", "content"])
    table = pa.table({"messages": pa.ListArray.from_arrays([0, 1], content)})
    (record,) = read_bytes(_file(table), "a.parquet")
    assert record.conversation.turns[0].content == "a\ufffdb"


def test_other_columns_are_one_entry_with_the_rows_not_read(read_bytes: Any) -> None:
    (entry,) = read_bytes(_file(pa.table({"city": ["Bonn"] * 7, "n": [1] * 7})), "a.parquet")
    assert entry.reason is Reason.UNKNOWN_COLUMNS
    assert "7 rows" in entry.detail


def test_rows_count_through_row_groups(read_bytes: Any) -> None:
    table = pa.table({"conversation_id": [str(n) for n in range(10)], "messages": [MESSAGES] * 10})
    outcomes = read_bytes(_file(table, row_group_size=3), "a.parquet")
    assert [outcome.place.rsplit(":", 1)[1] for outcome in outcomes] == [f"row {n}" for n in range(1, 11)]


def test_a_damaged_file_keeps_the_rows_before_the_damage(read_bytes: Any, outline: Any) -> None:
    table = pa.table({"conversation_id": [str(n) for n in range(400)], "messages": [MESSAGES] * 400})
    data = bytearray(_file(table, row_group_size=100, compression="zstd", use_dictionary=False))
    second = pq.ParquetFile(io.BytesIO(bytes(data))).metadata.row_group(2).column(0).data_page_offset
    data[second : second + 60] = b"\xff" * 60
    outcomes = outline(read_bytes(bytes(data), "a.parquet"))
    assert outcomes[:200] == [str(n) for n in range(200)]
    assert outcomes[200:] == [Reason.BROKEN_FILE]


def test_a_file_without_its_end_is_one_entry(read_bytes: Any, outline: Any) -> None:
    data = _file(pa.table({"messages": [MESSAGES]}))
    assert outline(read_bytes(data[:-20], "a.parquet")) == [Reason.BROKEN_FILE]


def test_a_table_without_rows_is_nothing(read_bytes: Any) -> None:
    assert read_bytes(_file(pa.table({"messages": pa.array([], pa.list_(pa.string()))})), "a.parquet") == []


def test_a_row_over_the_limit_is_refused(read_bytes: Any, outline: Any) -> None:
    said = [[{"role": "user", "content": "x" * 2_000}], MESSAGES]
    table = pa.table({"conversation_id": ["c1", "c2"], "messages": said})
    assert outline(read_bytes(_file(table), "a.parquet", max_record_mb=0.001)) == [Reason.TOO_LARGE, "c2"]
