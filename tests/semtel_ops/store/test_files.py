"""Files appear whole or not at all, locally and elsewhere."""

from pathlib import Path

import fsspec
import pyarrow as pa
import pytest

from semtel_ops.errors import DamagedFileError, StoreError, UnwritableError
from semtel_ops.store.files import atomic_write, copy_file, exists, list_files, read_json, remove, write_json
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


WEEK_FOLDER = "runs/week=2026-W47/run=r1"


def test_a_document_of_a_week_shows_every_change_of_its_content(tmp_path: Path) -> None:
    url = write_json(f"{tmp_path}/{WEEK_FOLDER}/totals.json", {"rows": 1234, "by": {"9": 1, "10": 2}, "cost": 0.1 + 0.2})
    path = Path(url)
    assert read_json(url) == {"rows": 1234, "by": {"9": 1, "10": 2}, "cost": 0.1 + 0.2}
    sound = path.read_text()
    assert write_json(url, {"by": {10: 2, 9: 1}, "rows": 1234, "cost": 0.1 + 0.2})
    assert path.read_text() == sound, "whatever the order and type of keys"
    for old, new in (("1234", "1235"), ('"rows"', '"rowt"'), ("0.30", "0.40"), ('"checksum": "', '"checksum": "0')):
        path.write_text(sound.replace(old, new))
        with pytest.raises(
            DamagedFileError, match=r"totals\.json: is damaged: its content differs from its checksum; remove it"
        ):
            read_json(url)
    for cut in (len(sound) // 2, 0):
        path.write_text(sound[:cut])
        with pytest.raises(DamagedFileError, match="is not JSON"):
            read_json(url)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(DamagedFileError, match="is not JSON"):
        read_json(url)


def test_a_document_of_another_run_is_no_document_of_this_one_but_a_lake_may_move(tmp_path: Path) -> None:
    own = Path(write_json(f"{tmp_path}/{WEEK_FOLDER}/totals.json", {"rows": 1}))
    other = Path(write_json(f"{tmp_path}/runs/week=2026-W47/run=r2/totals.json", {"rows": 2}))
    own.write_bytes(other.read_bytes())
    with pytest.raises(DamagedFileError, match=r"is a copy of runs/week=2026-W47/run=r2/totals\.json"):
        read_json(str(own))
    (tmp_path / "runs").rename(tmp_path / "copy")
    (tmp_path / "week=2026-W01" / "lake").mkdir(parents=True)
    (tmp_path / "copy").rename(tmp_path / "week=2026-W01" / "lake" / "runs")
    assert read_json(f"{tmp_path}/week=2026-W01/lake/runs/week=2026-W47/run=r2/totals.json") == {"rows": 2}


def test_a_document_without_a_checksum_is_older_and_one_outside_of_weeks_has_none(tmp_path: Path) -> None:
    path = tmp_path / WEEK_FOLDER / "totals.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"rows": 3}')
    assert read_json(str(path)) == {"rows": 3}
    assert "checksum" not in Path(write_json(f"{tmp_path}/manifest.json", {"rows": 3})).read_text()


def test_a_damaged_document_that_decides_nothing_is_as_none_with_a_warning(tmp_path: Path, caplog) -> None:
    path = tmp_path / "limits.json"
    path.write_text("{")
    assert read_json(str(path), needed=False) is None
    assert "limits.json: is damaged" in caplog.text


def test_an_error_of_what_is_read_meanwhile_is_not_one_of_the_file_that_is_written(root: str) -> None:
    for error in (OSError("Couldn't deserialize thrift"), OSError(5, "Input/output error"), FileNotFoundError(2, "gone", "in")):
        with pytest.raises(OSError) as caught, atomic_write(f"{root}/a.bin") as file:  # noqa: PT011 - that it is this one
            file.write(b"x")
            raise error
        assert caught.value is error
    assert not exists(f"{root}/a.bin")


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_an_error_of_the_file_that_is_written_names_it(tmp_path: Path, monkeypatch, call: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if call == "fsync":
        monkeypatch.setattr("semtel_ops.store.files.os.fsync", full)
    else:
        original = Path.with_name
        monkeypatch.setattr(
            Path, "with_name", lambda path, name: Path("/dev/full") if name.endswith(".tmp") else original(path, name)
        )
        monkeypatch.setattr(Path, "touch", lambda *_, **__: None)
        monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    named = r"a\.bin: cannot be written: No space left on device; free space"
    with pytest.raises(UnwritableError, match=named), atomic_write(f"{tmp_path}/a.bin") as file:
        file.write(b"x" * 100_000)


def test_a_copy_shares_no_inode_and_a_source_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"rows")
    copy_file(f"{tmp_path}/a", tmp_path / "out" / "b")
    assert (tmp_path / "out" / "b").read_bytes() == b"rows"
    assert (tmp_path / "a").stat().st_ino != (tmp_path / "out" / "b").stat().st_ino
    with pytest.raises(StoreError, match="missing: cannot be read: No such file"):
        copy_file(f"{tmp_path}/missing", tmp_path / "out" / "b")
