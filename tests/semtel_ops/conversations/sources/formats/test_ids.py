from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from semtel_ops.conversations.sources import Record, read_file
from semtel_ops.conversations.sources.formats.ids import first_id

NAME = UUID("12345678-1234-4678-9234-567812345678")
LARGE = 2**64 - 1


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (pa.array([LARGE], pa.uint64()), str(LARGE)),
        (pa.array([-(2**63)], pa.int64()), str(-(2**63))),
        (pa.array([Decimal(10**37 + 1)], pa.decimal128(38, 0)), str(10**37 + 1)),
        (pa.array([NAME.bytes], pa.binary(16)), str(NAME)),
        (pa.array([b"0123456789abcdef"], pa.binary(16)), "0123456789abcdef"),
        (pa.array([NAME.bytes], pa.binary()), str(NAME)),
        (pa.array([bytes(range(16))], pa.binary(16)), str(UUID(bytes=bytes(range(16))))),
        (pa.array([b"\xff\x00\x01"], pa.binary(3)), "ff0001"),
        (pa.array([b"c-17"], pa.binary()), "c-17"),
        (pa.array(["c-17"]).dictionary_encode(), "c-17"),
        (pa.array([7.0]), "7"),
    ],
)  # fmt: skip
def test_an_id_of_any_arrow_type_is_text_without_loss(tmp_path: Any, array: pa.Array, text: str) -> None:
    path = str(tmp_path / "a.parquet")
    pq.write_table(pa.table({"id": array, "messages": [[{"role": "user", "content": "x"}]]}), path)
    (record,) = read_file(path, max_record_mb=1)
    assert isinstance(record, Record)
    assert record.conversation.id == text


def test_the_first_field_that_says_something_counts() -> None:
    record = {"a": float("nan"), "b": "None", "c": float("inf"), "d": {"$oid": "65f0"}, "e": "e"}
    assert first_id(record, "abcde") == "65f0"
    assert first_id(record, "abc") is None
