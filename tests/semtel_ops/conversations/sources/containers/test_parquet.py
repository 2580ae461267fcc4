import io
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from semtel_ops.conversations.sources import Reason
from semtel_ops.conversations.sources.containers.arrow_values import as_values

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
    assert record.repair is not None


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


def test_text_that_repeats_is_in_memory_once_and_does_not_take_all_time(read_bytes: Any) -> None:
    """60 kB on disk, 40 GB as text: read up to the free size, one row at a time."""
    rows, said = 20_000, "x" * 2_000_000
    content = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([said]))
    messages = pa.StructArray.from_arrays([pa.array(["user"] * rows), content], ["role", "content"])
    table = pa.table({"id": range(rows), "messages": pa.ListArray.from_arrays(range(rows + 1), messages)})
    data = _file(table, compression="zstd", dictionary_pagesize_limit=10_000_000, store_schema=False)
    assert len(data) < 100_000
    before = pa.total_allocated_bytes()
    outcomes = read_bytes(data, "a.parquet", max_record_mb=64)
    assert outcomes[-1].reason is Reason.EXPANDS_TOO_FAR
    assert len(outcomes) == 1 + 256_000_000 // (len(said) + 512)
    assert pa.total_allocated_bytes() - before < 50_000_000


def test_a_column_of_nothing_but_repetition_is_refused_by_its_metadata(read_bytes: Any, outline: Any) -> None:
    messages = pa.ListArray.from_arrays([0, 20_000_000], pa.nulls(20_000_000, pa.string()))
    data = _file(pa.table({"id": ["a"], "messages": messages}), compression="zstd")
    assert len(data) < 2_000
    assert outline(read_bytes(data, "a.parquet")) == [Reason.EXPANDS_TOO_FAR]


def test_maps_bytes_and_dictionaries_are_messages_too(read_bytes: Any) -> None:
    pairs = pa.array(
        [[[("role", "user"), ("content", "a")], [("role", "assistant"), ("content", "b")]]],
        pa.list_(pa.map_(pa.string(), pa.string())),
    )
    raw = pa.array([[{"role": b"user", "content": b"a"}, {"role": b"assistant", "content": b"b"}]])
    parts = pa.array(
        [
            [
                {"role": "user", "content": [{"type": "text", "text": "a"}]},
                {"role": "assistant", "content": [{"type": "text", "text": "b"}]},
            ]
        ]
    )
    fixed = pa.array(
        [[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]],
        pa.list_(pa.struct({"role": pa.string(), "content": pa.string()}), 2),
    )
    for column in (pairs, raw, parts, fixed):
        (record,) = read_bytes(_file(pa.table({"MESSAGES": column})), "a.parquet")
        assert [turn.content for turn in record.conversation.turns] == ["a", "b"]
