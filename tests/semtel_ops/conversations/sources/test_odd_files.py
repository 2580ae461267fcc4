"""Files as people have them, made from public reports: what stands in place of data, and tables and texts that tools write."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import tarfile
import zipfile
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from semtel_ops.conversations.sources import Reason, Record, Unreadable

MESSAGES = [{"role": "user", "content": "hi"}]
LINES = b"".join(json.dumps({"id": name, "messages": MESSAGES}).encode() + b"\n" for name in "ab")
CELL = '"[{""role"":""user"",""content"":""hi""}]"'
TABLE = pa.table({"messages": [MESSAGES]})
ROWS = pa.table({"id": ["a", "b"], "messages": [MESSAGES] * 2})


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("conversations.json", LINES)
    return out.getvalue()


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo("conversations.jsonl")
        member.size = len(LINES)
        archive.addfile(member, io.BytesIO(LINES))
    return out.getvalue()


def _arrow(open_writer: Any) -> bytes:
    out = io.BytesIO()
    with open_writer(out, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return out.getvalue()


def _parquet(*tables: pa.Table) -> bytes:
    out = io.BytesIO()
    with pq.ParquetWriter(out, tables[0].schema) as writer:
        for table in tables:
            writer.write_table(table)
    return out.getvalue()


NOT_DATA: dict[str, tuple[bytes, str]] = {
    "biomarkersParkinson/paradigma#250": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 886\n",
        "git lfs pull",
    ),
    "an error page": (b"<!DOCTYPE html>\n<html><body>403</body></html>\n", "web page"),
    "an error of S3": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"),
    "mohamed-chs/convoviz#49: the export itself": (_zip(), "zip archive"),
    "a tar archive": (_tar(), "tar archive"),
    "bzip2": (bz2.compress(LINES), "bzip2"),
    "xz": (lzma.compress(LINES), "xz"),
    "LZMA": (lzma.compress(LINES, format=lzma.FORMAT_ALONE), "LZMA"),
    "LZ4": (b"\x04\x22\x4d\x18\x64\x40\xa7" + b"\x80" * 30, "LZ4"),
    "gzip of gzip": (gzip.compress(gzip.compress(LINES)), "compressed twice"),
    "gzip of Zstandard": (gzip.compress(zstandard.compress(LINES)), "compressed twice"),
    "an Arrow file": (_arrow(pa.ipc.new_file), "Arrow"),
    "the cache of huggingface/datasets": (_arrow(pa.ipc.new_stream), "Arrow"),
    "a pickle": (pickle.dumps(MESSAGES), "pickle"),
    "encrypted Parquet": (b"PARE" + b"\1" * 100 + b"PARE", "encrypted"),
    "an old Excel file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\1" * 600, "Excel"),
}


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a"])
@pytest.mark.parametrize("case", NOT_DATA, ids=NOT_DATA.keys())
def test_what_is_no_data_is_named_once(read_bytes: Any, case: str, name: str) -> None:
    data, words = NOT_DATA[case]
    (entry,) = read_bytes(data, name)
    assert (entry.reason, entry.kind) == (Reason.NOT_DATA, "file")
    assert words in entry.detail


READ: dict[str, tuple[str, bytes]] = {
    "facebook/zstd: pzstd's first frame": ("a.jsonl.zst", b"\x50\x2a\x4d\x18\4\0\0\0abcd" + zstandard.compress(LINES)),
    "UTF-16 without a mark": ("a.jsonl", LINES.decode().encode("utf-16-le")),
    "UTF-16 without a mark, big-endian": ("a.csv", f"id,messages\r\na,{CELL}\r\nb,{CELL}\r\n".encode("utf-16-be")),
    "lines that end in carriage returns": ("a.jsonl", LINES.replace(b"\n", b"\r")),
    "marks where files were joined": ("a.jsonl", b"".join(b"\xef\xbb\xbf" + line for line in LINES.splitlines(keepends=True))),
    "Excel for Mac": ("a.csv", f"id,messages\ra,{CELL}\rb,{CELL}\r".encode()),
    "two carriage returns": ("a.csv", f"id,messages\r\r\na,{CELL}\r\r\nb,{CELL}\r\r\n".encode()),
    "a blank line before the header": ("a.csv", f"\r\n\nid,messages\na,{CELL}\nb,{CELL}\n".encode()),
    "spaces after commas": ("a.csv", f"id, messages\na, {CELL}\nb, {CELL}\n".encode()),
    "SEP in capitals": ("a.csv", f"SEP=;\nid;messages\na;{CELL}\nb;{CELL}\n".encode()),
    "a row group without rows": ("a.parquet", _parquet(ROWS.slice(0, 0), ROWS)),
    "views": (
        "a.parquet",
        _parquet(pa.table({"id": pa.array(["a", "b"], pa.string_view()), "messages": pa.array([json.dumps(MESSAGES)] * 2)})),
    ),
}


@pytest.mark.parametrize("case", READ, ids=READ.keys())
def test_it_is_read(read_bytes: Any, outline: Any, case: str) -> None:
    name, data = READ[case]
    assert outline(read_bytes(data, name)) == ["a", "b"]


def test_a_window_that_takes_too_much_memory_is_named(read_bytes: Any) -> None:
    """ArthurHeitmann/arctic_shift#19, indygreg/python-zstandard#157"""
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=28)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    (entry,) = read_bytes(compressor.compress(LINES) + compressor.flush(), "a.jsonl.zst")
    assert entry.reason is Reason.BROKEN_FILE
    assert "without --long" in entry.detail


def test_a_day_that_python_does_not_know_costs_its_row_only(read_bytes: Any, outline: Any) -> None:
    days = pa.array([20_000, 5_000_000, None], pa.int32()).cast(pa.date32())
    table = pa.table({"id": ["a", "b", "c"], "messages": [MESSAGES] * 3, "created_at": days})
    first, second, third = read_bytes(_parquet(table), "a.parquet")
    assert outline([first, second, third]) == ["a", Reason.BAD_DATE, "c"]
    assert first.conversation.started_at.date() == date(2024, 10, 4)


def test_bytes_that_are_no_text_are_not_made_text(read_bytes: Any) -> None:
    kind = pa.list_(pa.struct([("role", pa.string()), ("content", pa.binary())]))
    table = pa.table({"messages": pa.array([[{"role": "user", "content": b"a\xffb"}]], kind)})
    (entry,) = read_bytes(_parquet(table), "a.parquet")
    assert (entry.reason, entry.detail) == (Reason.UNKNOWN_ENCODING, "message 1: its bytes are not UTF-8")


@pytest.mark.parametrize("name", ["a.parquet", "a.csv"])
def test_a_column_that_is_there_twice_is_named(read_bytes: Any, name: str) -> None:
    """apache/datafusion#24412, pola-rs/polars#27393, apache/arrow#37428"""
    columns = [pa.array(["a"]), pa.array(["b"]), pa.array([MESSAGES])]
    table = pa.Table.from_arrays(columns, names=["id", "id", "messages"])
    (entry,) = read_bytes(_parquet(table) if name == "a.parquet" else f"id,id,messages\na,,{CELL}\n".encode(), name)
    assert entry.reason is Reason.UNKNOWN_COLUMNS
    assert "several columns are named id" in entry.detail


def test_a_number_of_thousands_of_digits_is_no_obstacle(read_bytes: Any, outline: Any) -> None:
    lines = b"".join(b'{"id": %s, "x": %s, "messages": %s}\n' % (name, b"9" * 5000, json.dumps(MESSAGES).encode())
                     for name in (b'"a"', b"8" * 5000))  # fmt: skip
    assert outline(read_bytes(lines)) == ["a", Reason.WRONG_TYPE]


def test_ids_in_an_array_in_one_line_are_exact(read_bytes: Any, outline: Any) -> None:
    ids = ["18446744073709551617", "123456789012345678901234567890"]
    records = ",".join(f'{{"id": {name}, "messages": {json.dumps(MESSAGES)}}}' for name in ids)
    assert outline(read_bytes(f"[{records}]\n".encode())) == ids


def test_halves_of_pairs_are_joined(read_bytes: Any) -> None:
    """Java's and MySQL's UTF-8."""
    (record,) = read_bytes(b'{"messages": [{"role": "user", "content": "a\xed\xa0\xbd\xed\xb8\x80\xed\xa0\xbd"}]}\n')
    assert record.conversation.turns[0].content == "a\U0001f600\ufffd"
    assert "pairs were joined" in record.repair


@pytest.mark.parametrize("data", [b"id," * 200_000 + b"messages\n", b'{"chat": {"messages": [{"role": "user", "content": "%s"}]}}'
                                  % (b'<details type=\\"reasoning\\"' * 30_000)])  # fmt: skip
def test_repetition_takes_no_time(read_bytes: Any, data: bytes) -> None:
    (item,) = read_bytes(data, "a.csv" if data.startswith(b"id") else "a.jsonl")
    assert isinstance(item, Record | Unreadable)
