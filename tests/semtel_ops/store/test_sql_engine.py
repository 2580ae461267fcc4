import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from semtel_ops.errors import StoreError
from semtel_ops.store.parquet import atomic_parquet
from semtel_ops.store.sql_engine import connect, read, records, sql, value, write_partitioned

SCHEMA = pa.schema([("name", pa.string()), ("shard", pa.int32())])


@pytest.fixture(params=["local", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place on the disk, and one behind fsspec."""
    return str(tmp_path / "it's here") if request.param == "local" else f"memory://{uuid.uuid4().hex}"


def write(url: str, *names: str) -> str:
    with atomic_parquet(url, SCHEMA) as sink:
        sink.write([{"name": name, "shard": 0} for name in names])
    return url


def test_rows_know_their_file_and_their_place_in_it(folder: str) -> None:
    urls = [write(f"{folder}/b.parquet", "x", "y"), write(f"{folder}/a.parquet", "z")]
    with connect() as con:
        read(con, "t", urls, ["name"])
        rows = [tuple(row.values()) for row in records(con, "select name, part_file, part_row from t order by 2, 3")]
    assert rows == [("x", 0, 0), ("y", 0, 1), ("z", 1, 0)]


def test_a_parameter_is_a_value_and_never_sql(folder: str) -> None:
    with connect() as con:
        read(con, "t", [write(f"{folder}/a.parquet", "x'; drop view t; --")], ["name"])
        assert value(con, "select count(*) from t where name = $name", name="x'; drop view t; --") == 1


def test_records_are_all_rows_of_all_batches_in_their_order() -> None:
    with connect() as con:
        rows = list(records(con, "select n, n * $by as more from range(25000) as numbers(n) order by n", by=2))
    assert rows == [{"n": n, "more": 2 * n} for n in range(25_000)]


def test_a_statement_that_makes_a_table_has_run_before_its_records_are_read() -> None:
    with connect() as con:
        records(con, "create table t as select 1 as n")
        assert list(records(con, "select * from t")) == [{"n": 1}]


def test_each_connection_has_a_database_of_its_own_and_leaves_nothing() -> None:
    with connect() as con, connect() as other:
        records(con, "create table t as select 1 as n")
        records(other, "create table t as select 2 as n")
        assert [value(each, "select n from t") for each in (con, other)] == [1, 2]
    with connect() as con, pytest.raises(StoreError, match="t does not exist"):
        records(con, "select * from t")


def test_a_failure_while_rows_are_read_ends_the_connection() -> None:
    with pytest.raises(ZeroDivisionError), connect() as con:
        next(sql(con, "select * from range(100000)"))
        raise ZeroDivisionError
    with connect() as con:
        assert value(con, "select count(*) from duckdb_databases() where database_name like 'database_%'") == 1


def test_a_file_system_with_other_settings_takes_the_place_of_the_earlier_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Renewed(MemoryFileSystem):
        pass

    url = write(f"memory://{uuid.uuid4().hex}/a.parquet", "x")
    for fs in (MemoryFileSystem(), Renewed()):
        monkeypatch.setattr("fsspec.core.url_to_fs", lambda url, fs=fs: (fs, url))
        with connect() as con:
            read(con, "t", [url], ["name"])
            assert value(con, "select name from t") == "x"


def test_a_statement_that_is_wrong_is_an_error_before_any_record_is_read() -> None:
    with connect() as con, pytest.raises(StoreError, match="the SQL engine stopped"):
        records(con, "select * from nowhere")


def test_a_file_that_is_not_there_is_named(folder: str) -> None:
    with connect() as con, pytest.raises(StoreError, match=r"gone\.parquet"):
        read(con, "t", [f"{folder}/gone.parquet"], ["name"])


def test_no_files_is_an_error_and_not_an_empty_table() -> None:
    with connect() as con, pytest.raises(StoreError, match="no files to read"):
        read(con, "t", [], ["name"])


def test_rows_go_to_the_file_of_their_value_in_their_order(folder: str) -> None:
    batches = [pa.RecordBatch.from_pylist([{"name": f"{b}{i}", "shard": i % 3} for i in range(6)], schema=SCHEMA) for b in "ab"]
    counts = write_partitioned(batches, "shard", lambda v: f"{folder}/shard={v}.parquet", SCHEMA, [0, 1, 2, 3])
    assert counts == {0: 4, 1: 4, 2: 4, 3: 0}
    with connect() as con:
        read(con, "t", [f"{folder}/shard={v}.parquet" for v in range(4)], ["name", "shard"])
        names = [row["name"] for row in records(con, "select name from t where shard = $shard order by part_row", shard=1)]
    assert names == ["a1", "a4", "b1", "b4"]


def test_a_failure_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    write(f"{tmp_path}/shard=0.parquet", "old")

    def batches() -> object:
        yield pa.RecordBatch.from_pylist([{"name": "new", "shard": 0}], schema=SCHEMA)
        raise RuntimeError("pulled the plug")

    with pytest.raises(RuntimeError):
        write_partitioned(batches(), "shard", lambda v: f"{tmp_path}/shard={v}.parquet", SCHEMA, [0, 1])  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["shard=0.parquet"]
    assert pq.read_table(tmp_path / "shard=0.parquet").column("name").to_pylist() == ["old"]


def test_a_statement_the_engine_refuses_is_a_store_error() -> None:
    with connect() as con, pytest.raises(StoreError, match="SQL engine stopped"):
        sql(con, "select nonsense from nowhere")
