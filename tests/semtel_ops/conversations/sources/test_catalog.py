from pathlib import Path

import fsspec
import pytest

from semtel_ops.conversations.sources import SourceFile, list_files, plan_parts, survey
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
    parts = plan_parts(files, 1)
    assert [[file.url for file in part] for part in parts] == [["a", "b"], ["c"], ["d"], ["e"]]
    assert plan_parts([], 1) == []
