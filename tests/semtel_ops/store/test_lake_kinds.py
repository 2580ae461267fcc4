"""Every path of the lake has a line that says how conversations leave it."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from semtel_ops.store.files import write_json
from semtel_ops.store.lake_kinds import FOLDERS, LakeFile, files_of, kind_of
from semtel_ops.store.layout import Lake, RunFolder

_GIVEN: dict[str, Any] = {"week": "2026-W47", "shard": 1, "part": 1, "name": "part=0001", "run_id": "r", "parts": "x"}


def _paths(place: Lake | RunFolder) -> Iterator[tuple[str, str]]:
    """What each method and property of a layout gives."""
    for name, member in inspect.getmembers(type(place)):
        if name.startswith("_"):
            continue
        value = getattr(place, name, None)
        if inspect.isfunction(member) and name != "path":
            value = value(*(_GIVEN[argument] for argument in list(inspect.signature(member).parameters)[1:]))
        if isinstance(value, str) and value.startswith("lake-root/"):
            yield name, value.removeprefix("lake-root/")


LAKE = Lake("lake-root")
PATHS = [*_paths(LAKE), *_paths(LAKE.run("2026-W47", "r"))]


@pytest.mark.parametrize(("name", "path"), PATHS, ids=[name for name, _ in PATHS])
def test_each_path_of_the_layout_is_of_a_kind_that_erases_its_files(name: str, path: str) -> None:
    kind = kind_of(path if "." in path.rsplit("/", 1)[-1] else f"{path}/file")
    assert kind is not None, f"{name}: add a line for {path} to store.lake_kinds.KINDS"
    if "." in path.rsplit("/", 1)[-1]:
        assert LakeFile(path, path, 0, 0.0, kind).eraser is not None, f"{name}: its kind does not say how to erase {path}"


def test_the_layout_is_found() -> None:
    assert {path.split("/")[0] for _, path in PATHS} == FOLDERS.keys() - {"experiments"}


@pytest.mark.parametrize(
    ("path", "folder", "lake"),
    [
        ("landed/week=2026-W47/run=r/shard=0000.parquet", "landed", ""),
        ("experiments/packing/lake/landed/week=2026-W47/run=r/shard=0000.parquet", "landed", "experiments/packing/lake"),
        ("experiments/journal/00-ff.1.a.parquet", "journal", ""),
        ("experiments/packing/report.html", "experiments", ""),
        ("lake/journal/00-ff.1.a.parquet", "journal", "lake"),  # of `semtel classify --out`
        ("lake/runs/week=2026-W47/run=r/repairs/part=0000.jsonl", "runs", "lake"),
        ("labels/shard-0000.parquet", "labels", ""),
        ("manifest.json", "runs", ""),
        ("alignment.json", "experiments", ""),  # of `semtel align --out`
        ("report.html", "experiments", ""),
        ("repair/west/topic/repair.json", "experiments", ""),
        ("notes.txt", None, ""),
    ],
)
def test_a_file_is_of_the_innermost_lake(path: str, folder: str | None, lake: str) -> None:
    file = LakeFile(path, path, 0, 0.0, kind_of(path))
    assert (file.kind.folder if file.kind else None, file.lake) == (folder, lake)


@pytest.mark.parametrize(
    "name", ["repair.json", "repair.md", "prompts/topic.prompty", "tried/1f/_fence.jinja2", "notes/ab.json"]
)
def test_files_of_a_repair_hinder_no_erasing(name: str) -> None:
    path = f"experiments/align/repair/topic/{name}"
    assert LakeFile(path, path, 0, 0.0, kind_of(path)).eraser is not None


def test_files_of_an_object_store_are_found_with_their_size_and_age() -> None:
    write_json("memory://kinds/runs/week=2026-W47/run=r/run.json", {"a": 1})
    (file,) = files_of("memory://kinds")
    assert (file.path, file.week) == ("runs/week=2026-W47/run=r/run.json", "2026-W47")
    assert file.size > 0
    assert file.modified > 1.7e9
