from pathlib import Path

import fsspec
import pytest

from semtel_ops.conversations.sources import Record, SourceFile, list_files, plan_parts, read_file, survey
from semtel_ops.errors import EmptySourceError, SourceError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "b.jsonl",
        "a.parquet",
        "deep/c.csv.gz",
        "README.md",
        "deep/LICENSE",
        "notice.jsonl",
        "_SUCCESS",
        ".hidden/d.jsonl",
        "_temporary/0/e.jsonl",
        "photo.bin",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"xyz")
    return tmp_path


def _names(files: list[SourceFile], folder: Path) -> list[str]:
    return [str(Path(file.url).relative_to(folder)) for file in files]


def test_a_folder_is_walked_and_sorted(folder: Path) -> None:
    files = list_files([str(folder)])
    assert _names(files, folder) == ["a.parquet", "b.jsonl", "deep/c.csv.gz", "notice.jsonl", "photo.bin"]
    assert {file.size_bytes for file in files} == {3}


def test_documents_and_hidden_files_are_left_with_a_reason(folder: Path) -> None:
    ignored = {str(Path(file.url).relative_to(folder)): file.reason for file in survey([str(folder)]).ignored}
    assert sorted(ignored) == [".hidden/d.jsonl", "README.md", "_SUCCESS", "_temporary/0/e.jsonl", "deep/LICENSE"]
    assert ignored["README.md"] == "it is documentation"


def test_links_to_files_are_read_and_links_to_folders_are_not_followed(folder: Path) -> None:
    (folder / "deep" / "loop").symlink_to(folder)
    (folder / "deep" / "gone").symlink_to(folder / "nowhere")
    (folder / "deep" / "link.jsonl").symlink_to(folder / "b.jsonl")
    listing = survey([str(folder / "deep")])
    assert _names(list(listing.files), folder) == ["deep/c.csv.gz", "deep/link.jsonl"]
    assert [Path(file.url).name for file in listing.ignored] == ["LICENSE", "gone", "loop"]


def test_a_file_that_is_named_is_read_whatever_its_name(folder: Path) -> None:
    listing = survey([str(folder / "README.md"), str(folder)])
    assert str(folder / "README.md") in [file.url for file in listing.files]
    assert str(folder / "README.md") not in [file.url for file in listing.ignored]


def test_globs_match_files_and_folders_and_nothing_comes_twice(folder: Path) -> None:
    files = list_files([str(folder / "*.jsonl"), str(folder / "d*"), str(folder / "b.jsonl"), str(folder / "**/*.gz")])
    assert _names(files, folder) == ["b.jsonl", "deep/c.csv.gz", "notice.jsonl"]


def test_a_folder_whose_path_is_hidden_is_read_when_it_is_named(folder: Path) -> None:
    assert _names(list_files([str(folder / ".hidden")]), folder) == [".hidden/d.jsonl"]
    assert _names(list_files([str(folder / ".hidden" / "*")]), folder) == [".hidden/d.jsonl"]


def test_a_file_may_be_named_like_a_glob(tmp_path: Path) -> None:
    path = tmp_path / "week[47].jsonl"
    path.write_bytes(b"")
    (tmp_path / "week4.jsonl").write_bytes(b"")
    assert _names(list_files([str(path)]), tmp_path) == ["week[47].jsonl"]


@pytest.mark.parametrize("path", ["nowhere", "nowhere/*.jsonl", "unknown-protocol://x/y", "", "zip://a::b.zip"])
def test_what_matches_nothing_is_an_error_that_names_it(path: str) -> None:
    with pytest.raises(SourceError) as caught:
        list_files([path])
    assert (path or "''") in str(caught.value)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EmptySourceError, match="no matching file exists"):
        list_files([str(tmp_path)])


def test_other_storage_keeps_its_protocol() -> None:
    with fsspec.open("memory://catalog/week/a.jsonl", "wb") as file:
        file.write(b"{}")
    assert list_files(["memory://catalog/week"]) == [SourceFile("memory:///catalog/week/a.jsonl", 2)]
    assert list_files(["memory://catalog/*/*.jsonl"]) == [SourceFile("memory:///catalog/week/a.jsonl", 2)]


def test_parts_are_neighbours_of_about_one_size() -> None:
    files = [SourceFile(name, size) for name, size in [("a", 400_000), ("b", 600_000), ("c", 1), ("d", 9_000_000), ("e", 0)]]
    parts = plan_parts(files, 1, 4)
    assert [[file.url for file in part] for part in parts] == [["a", "b"], ["c"], ["d"], ["e"]]
    assert plan_parts([], 1, 4) == []


def test_there_are_never_more_parts_than_a_platform_can_map(caplog: pytest.LogCaptureFixture) -> None:
    """apache/airflow#29959, #20976, #48852: 1,100 files, each its own part."""
    files = [SourceFile(f"{number:04d}", 300_000 + number * 7919 % 100_000) for number in range(1_100)]
    parts = plan_parts(files, 0.1, 1_024)
    assert 900 < len(parts) <= 1_024
    assert [file for part in parts for file in part] == files
    assert "source.part_mb" in caplog.text
    assert len(plan_parts(files, 0.1, 1)) == 1
    caplog.clear()
    assert len(plan_parts(files, 0.1, 1_100)) == 1_100
    assert not caplog.records


def test_the_marks_of_folders_are_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """fsspec/filesystem_spec#1665, fsspec/s3fs#800, mlflow/mlflow#25137"""
    kept = {"2026/empty.jsonl": 0, "2026/week/a.jsonl": 9}
    marks = {"2026/": 0, "2026/week": 0, "2026/other_$folder$": 0}
    tools = {"2026/_SUCCESS": 0, "2026/.a.jsonl.crc": 8, "2026/b.crc": 8, "_delta_log/0.json": 9, "Thumbs.db": 7}
    listed = {
        f"/marks/{name}": {"name": f"/marks/{name}", "size": size, "type": "file"}
        for name, size in (kept | marks | tools).items()
    }
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "find", lambda *_, **__: listed)
    listing = survey(["memory://marks"])
    assert [file.url for file in listing.files] == [f"memory:///marks/{name}" for name in kept]
    assert sum("mark of a folder" in file.reason for file in listing.ignored) == len(marks)


@pytest.mark.parametrize(
    "name", ["a b.jsonl", "a+b.jsonl", "a%20b.jsonl", "a#b.jsonl", "a?b.jsonl", "größe 🎉.jsonl", "a::b.jsonl", "a:b.jsonl"]
)
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    """mlflow/mlflow#25137"""
    (tmp_path / name).write_bytes(b'{"messages": [{"role": "user", "content": "hi"}]}\n')
    (file,) = list_files([str(tmp_path)])
    (record,) = read_file(file.url, max_record_mb=1)
    assert isinstance(record, Record)
