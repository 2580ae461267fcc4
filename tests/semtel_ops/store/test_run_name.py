import json

import pytest

from semtel_ops.store.layout import Lake
from semtel_ops.store.run_name import slug

IDS = [
    "a:b", "a+b", "a-b", "a b", "a/b", "a::b", "ä", "ö", ".", "..", "shell-2026-W47",
    "manual__2026-11-23T00:00:00+00:00", "manual__2026-11-23T00-00-00-00-00", "manual__2026-11-23T00:00:00.5+00:00_Ab1",
]  # fmt: skip


def test_different_ids_have_different_folders():
    assert len({slug(run_id) for run_id in IDS}) == len(IDS)


@pytest.mark.parametrize(
    ("run_id", "name"),
    [
        ("shell-2026-W47", "shell-2026-W47"),
        ("scheduled__2026-11-23T00:00:00+00:00", "scheduled__2026-11-23T00-00-00-00-00"),
        ("backfill__2026-11-23T00:00:00.123456+00:00", "backfill__2026-11-23T00-00-00.123456-00-00"),
    ],
)
def test_usual_ids_are_readable(run_id, name):
    assert slug(run_id) == name


def test_a_folder_that_an_earlier_release_named_is_found_by_the_run_it_belongs_to(tmp_path):
    folder = tmp_path / "runs/week=2026-W47/run=a-b"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"run_id": "a:b"}), encoding="utf-8")
    lake = Lake(str(tmp_path))
    assert lake.run("2026-W47", "a:b").url == str(folder)
    assert lake.run("2026-W47", "a+b").url != str(folder)
