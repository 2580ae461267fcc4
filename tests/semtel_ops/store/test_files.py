"""Files appear whole or not at all, locally and elsewhere."""

from pathlib import Path

import fsspec
import pyarrow as pa
import pytest

from semtel_ops.errors import StoreError
from semtel_ops.store.files import atomic_write, exists, list_files, read_json, remove, write_json
from semtel_ops.store.parquet import atomic_parquet, count_rows, read_batches, read_rows

SCHEMA = pa.schema([("n", pa.int64())])


@pytest.fixture(params=["local", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "local":
        return str(tmp_path)
    fsspec.filesystem("memory").store.clear()
    return "memory://lake"


def test_a_write_that_fails_leaves_the_old_file(root: str) -> None:
    write_json(f"{root}/a.json", {"old": 1})
    with pytest.raises(RuntimeError, match="half"), atomic_write(f"{root}/a.json") as file:
        file.write(b"{")
        raise RuntimeError("half-way")
    assert read_json(f"{root}/a.json") == {"old": 1}
    assert [name.rsplit("/", 1)[-1] for name in list_files(root)] == ["a.json"]


def test_a_file_is_not_there_before_its_block_ends(root: str) -> None:
    with atomic_write(f"{root}/deep/b.bin") as file:
        file.write(b"x")
        assert not exists(f"{root}/deep/b.bin")
    assert exists(f"{root}/deep/b.bin")


def test_removing_what_is_not_there_is_fine(root: str) -> None:
    remove(f"{root}/nothing")
    write_json(f"{root}/d/a.json", 1)
    remove(f"{root}/d")
    assert list_files(f"{root}/d") == []
    assert read_json(f"{root}/d/a.json") is None


def test_rows_written_in_any_slices_are_read_in_order(root: str) -> None:
    url = f"{root}/rows.parquet"
    with atomic_parquet(url, SCHEMA) as sink:
        for start in range(0, 100, 7):
            sink.write([{"n": n} for n in range(start, min(start + 7, 100))])
    assert [row["n"] for row in read_rows(url, rows=9)] == list(range(100))
    assert count_rows(url) == 100


def test_no_rows_make_an_empty_file_with_the_schema(root: str) -> None:
    with atomic_parquet(f"{root}/empty.parquet", SCHEMA):
        pass
    assert list(read_rows(f"{root}/empty.parquet")) == []


def test_a_parquet_file_cut_short_is_named(tmp_path: Path) -> None:
    url = tmp_path / "cut.parquet"
    with atomic_parquet(str(url), SCHEMA) as sink:
        sink.write([{"n": 1}])
    url.write_bytes(url.read_bytes()[:-10])
    with pytest.raises(StoreError, match=r"cut\.parquet"):
        list(read_rows(str(url)))


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be written"), atomic_write(str(tmp_path / "file" / "a.json")):
        pass


def test_large_rows_are_read_few_at_a_time(tmp_path: Path) -> None:
    """A batch stays within a row group, whatever the number of rows asked for."""
    url = str(tmp_path / "large.parquet")
    schema = pa.schema([("text", pa.string())])
    with atomic_parquet(url, schema, group_bytes=10_000) as sink:
        for at in range(20):
            sink.write([{"text": f"{at}" * 4_000}])
    batches = list(read_batches(url, rows=1_000))
    assert max(batch.num_rows for batch in batches) <= 3
    assert [text[:2] for batch in batches for text in batch.column(0).to_pylist()] == [f"{at}{at}"[:2] for at in range(20)]
