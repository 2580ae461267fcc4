"""What lies on disk under a lake never names its root, and what names another root is refused."""

import json
import shutil

import pytest

from semtel_ops.errors import ConfigError, DamagedFileError, StoreError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.publish import publish_run
from semtel_ops.store.files import read_json
from semtel_ops.store.rooted import decode, encode, same_root
from tests.support.finished_run import write_finished_run

ROOTS = ["/data/lake", "lake", "s3://bucket/lake", "memory://lake", "file:///data/lake"]


@pytest.mark.parametrize("root", ROOTS)
def test_a_url_below_the_root_is_stored_without_it(root):
    value = {"run": f"{root}/runs/x", "files": [f"{root}/a", "/elsewhere/b", "s3://other/c"], "n": 1}
    stored = encode(value, f"{root}/")
    assert stored == {"run": "lake:/runs/x", "files": ["lake:/a", "/elsewhere/b", "s3://other/c"], "n": 1}
    assert decode(stored, root) == value
    assert decode(stored, "/copy")["run"] == "/copy/runs/x"


def test_an_experiment_moves_with_the_lake_it_lies_in():
    stored = encode("/lake/experiments/journal", "/lake/experiments/grid/lake")
    assert stored == "lake:/../../../experiments/journal"
    assert decode(stored, "/moved/experiments/grid/lake") == "/moved/experiments/journal"


def test_one_folder_has_many_spellings(tmp_path):
    (tmp_path / "lake").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "lake")
    for spelling in (f"{tmp_path}/lake/", f"file://{tmp_path}/lake", f"{tmp_path}/link", f"{tmp_path}/./lake"):
        assert same_root(spelling, f"{tmp_path}/lake")
    assert not same_root(f"{tmp_path}/lake", f"{tmp_path}/other")
    assert not same_root("memory://lake", f"{tmp_path}/lake")


@pytest.fixture
def published(tmp_path, monkeypatch):
    monkeypatch.setenv("SEMTEL_LAKE", f"{tmp_path}/lake")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    run = write_finished_run(tmp_path / "lake")
    publish_run(run)
    return run


def _contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_restored_copy_beside_its_origin_is_not_published(published, tmp_path):
    shutil.copytree(tmp_path / "lake", tmp_path / "copy")
    before = _contents(tmp_path / "lake")
    with pytest.raises(ConfigError, match=f"is not the lake of run manual, {tmp_path}/copy"):
        publish_run(published.replace("/lake/", "/copy/"))
    assert _contents(tmp_path / "lake") == before


def test_a_restored_copy_that_took_over_is_published_in_itself(published, tmp_path, monkeypatch):
    shutil.copytree(tmp_path / "lake", tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "labels")
    before = _contents(tmp_path / "lake")
    monkeypatch.setenv("SEMTEL_LAKE", f"{tmp_path}/copy")
    assert publish_run(published.replace("/lake/", "/copy/"))["published"].startswith(f"{tmp_path}/copy/")
    assert list((tmp_path / "copy" / "labels").rglob("*.parquet"))
    assert _contents(tmp_path / "lake") == before


def test_nothing_on_disk_names_the_root(published, tmp_path):
    documents = list((tmp_path / "lake").rglob("*.json"))
    assert documents
    assert not [path for path in documents if str(tmp_path) in path.read_text(encoding="utf-8")]


def test_a_plan_of_an_earlier_release_is_read_in_its_lake_and_refused_in_a_copy(published, tmp_path):
    path = tmp_path / "lake/runs/week=2026-W47/run=manual/run.json"
    document = {name: value for name, value in json.loads(path.read_bytes()).items() if name != "checksum"}
    path.write_text(json.dumps({**document, "lake": f"{tmp_path}/lake"}), encoding="utf-8")
    assert RunPlan.load(published).lake == f"{tmp_path}/lake"
    shutil.copytree(tmp_path / "lake", tmp_path / "copy")
    with pytest.raises(StoreError, match=f"belongs to the lake {tmp_path}/lake, but lies in {tmp_path}/copy"):
        RunPlan.load(published.replace("/lake/", "/copy/"))


def test_a_renamed_week_or_run_folder_is_named(published, tmp_path):
    runs = tmp_path / "lake/runs"
    (runs / "week=2026-W47").rename(runs / "week=2026-W48")
    with pytest.raises(DamagedFileError, match=r"is a copy of runs/week=2026-W47/run=manual/run\.json, not the file of this"):
        RunPlan.load(published.replace("W47", "W48"))
    (runs / "week=2026-W48").rename(runs / "week=2026-W47")
    (runs / "week=2026-W47/run=manual").rename(runs / "week=2026-W47/run=other")
    with pytest.raises(DamagedFileError, match=r"is a copy of runs/week=2026-W47/run=manual/run\.json, not the file of this"):
        RunPlan.load(published.replace("run=manual", "run=other"))


def test_a_renamed_folder_of_an_earlier_release_is_named(published, tmp_path):
    document = {name: value for name, value in read_json(published).items() if name != "checksum"}
    for week, name, problem in (
        ("2026-W48", "manual", "is the plan of week 2026-W47 in a folder of week 2026-W48"),
        ("2026-W47", "other", "is the plan of run manual in the folder run=other"),
    ):
        path = tmp_path / f"copy/runs/week={week}/run={name}/run.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(document), encoding="utf-8")
        with pytest.raises(StoreError, match=problem):
            RunPlan.load(str(path))
