"""A file that differs in any way from what was written is found before one of its rows is used."""

import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from semtel_ops.errors import DamagedFileError, StoreError
from semtel_ops.store import sql_engine
from semtel_ops.store.files import how_to_repair
from semtel_ops.store.parquet import atomic_parquet, count_rows, read_rows
from semtel_ops.store.seal import open_verified, verify

SCHEMA = pa.schema([("id", pa.string()), ("n", pa.int64())])
WEEK = "week=2026-W47"


def written(url: Path, rows: int = 40, salt: str = "") -> Path:
    with atomic_parquet(str(url), SCHEMA, group_bytes=300) as sink:
        for n in range(rows):
            sink.write([{"id": f"{salt}c{n}", "n": n * n}])
    return url


def rows_of(url: Path) -> list[dict]:
    return list(read_rows(str(url), ["id", "n"]))


def summed(url: Path) -> int:
    with sql_engine.connect() as con:
        sql_engine.read(con, "t", [str(url)], ["n"])
        return int(sql_engine.value(con, "select sum(n) from t"))


READERS: dict[str, Callable[[Path], object]] = {"rows": rows_of, "count": lambda url: count_rows(str(url)), "sql": summed}


def test_every_flipped_byte_is_found_and_named(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", 20)
    sound, rng = path.read_bytes(), random.Random(2)
    for at in range(rng.randrange(2), len(sound), 2):
        data = bytearray(sound)
        data[at] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        with pytest.raises(DamagedFileError, match=r"a\.parquet: is "):
            verify(str(path))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", ["staged", "conversations", "prepared", "landed"])
def test_each_reader_finds_damage_and_says_how_to_repair_the_file(tmp_path: Path, kind: str, reader: str) -> None:
    path = written(tmp_path / kind / WEEK / "run=r1" / "shard=0001.parquet")
    before = READERS[reader](path)
    sound = path.read_bytes()
    other = written(tmp_path / kind / WEEK / "run=r1" / "shard=0000.parquet", salt="other")
    old = tmp_path / "older.parquet"
    pq.write_table(pa.Table.from_pylist(rows_of(path), SCHEMA), old)
    flipped = sound[:60] + bytes([sound[60] ^ 2]) + sound[61:]
    for data, what in (
        (flipped, "is damaged: 1 of .* blocks differ from their checksums"),
        (sound[:-30], "is not a complete Parquet file"),
        (b"", "is not a complete Parquet file"),
        (b"{}" * 100, "is not a complete Parquet file"),
        (other.read_bytes(), f"is a copy of {kind}/{WEEK}/run=r1/shard=0000.parquet"),
    ):
        path.write_bytes(data)
        with pytest.raises(DamagedFileError, match=f"shard=0001.parquet: {what}.*; {how_to_repair(str(path))}"):
            READERS[reader](path)
    path.write_bytes(old.read_bytes())
    assert READERS[reader](path) == before, "a file of an older version is read as it is"
    path.unlink()
    if reader == "count":
        assert READERS[reader](path) == 0
    else:
        with pytest.raises(StoreError, match=r"shard=0001\.parquet"):
            READERS[reader](path)


def test_a_file_of_another_kind_lacks_a_column(tmp_path: Path) -> None:
    pq.write_table(pa.table({"other": [1]}), tmp_path / "a.parquet")
    with pytest.raises(DamagedFileError, match="is another kind of file, without the column id"):
        rows_of(tmp_path / "a.parquet")
    with pytest.raises(StoreError, match="cannot be read"):
        summed(tmp_path / "a.parquet")


def test_a_folder_that_is_moved_or_published_is_sound(tmp_path: Path) -> None:
    landed = written(tmp_path / "lake" / "landed" / WEEK / "run=r1" / "shard=0000.parquet")
    for copy in (f"other/week=5/lake/landed/{WEEK}/run=r1/shard=0000.parquet", f"labels/{WEEK}/run=r1/x.parquet", "a.parquet"):
        (tmp_path / copy).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / copy).write_bytes(landed.read_bytes())
        verify(str(tmp_path / copy))


def test_other_readers_see_an_ordinary_file_with_page_checksums(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet")
    assert duckdb.sql(f"select sum(n) from '{path}'").fetchall() == [(sum(n * n for n in range(40)),)]
    assert pq.read_table(path, page_checksum_verification=True).num_rows == 40
    data = bytearray(path.read_bytes())
    group = pq.read_metadata(path).row_group(0).column(1)
    start = group.dictionary_page_offset or group.data_page_offset
    data[start + group.total_compressed_size - 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(OSError, match="CRC"):
        pq.read_table(path, page_checksum_verification=True)


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), atomic_parquet(str(tmp_path / "a.parquet"), SCHEMA) as sink:
        sink.write([{"id": "a", "n": 1}])
        raise RuntimeError("killed")
    assert list(tmp_path.iterdir()) == []


def test_a_file_elsewhere_is_verified_too() -> None:
    with atomic_parquet(f"memory://sealed/landed/{WEEK}/run=r/shard=0000.parquet", SCHEMA) as sink:
        sink.write([{"id": "a", "n": 1}])
    with open_verified(f"memory://sealed/landed/{WEEK}/run=r/shard=0000.parquet") as opened:
        assert (opened.sealed, opened.metadata.num_rows) == (True, 1)


def test_the_sql_engine_does_not_check_page_checksums_so_files_are_verified_before(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    numbers = pa.table({"n": pa.array(range(100), pa.int64())})
    pq.write_table(numbers, path, compression="none", use_dictionary=False, write_page_checksum=True)
    data = bytearray(path.read_bytes())
    data[bytes(data).index((50).to_bytes(8, "little"))] ^= 1
    path.write_bytes(data)
    assert duckdb.sql(f"select sum(n) from '{path}'").fetchall() == [(sum(range(100)) + 1,)]
