"""The forget DAG and the clean DAG with their real steps, on a lake with one finished run."""

import json
from pathlib import Path

import pytest

from semtel_ops.store.parquet import read_rows
from tests.support.finished_run import write_finished_run

pytestmark = [pytest.mark.airflow, pytest.mark.slow]


@pytest.fixture
def form(tmp_path, monkeypatch, project_root):
    """The filled-in form about one conversation of the run."""
    write_finished_run(tmp_path / "lake")
    landed = min((tmp_path / "lake" / "landed").rglob("*.parquet"))
    forgotten = next(read_rows(str(landed)))["conversation_id"]
    (tmp_path / "ids.txt").write_text(forgotten)
    (tmp_path / "pipeline.yaml").write_text(json.dumps({"retention": {"landed": "1d"}}))
    for name, value in {
        "SEMTEL_LAKE": tmp_path / "lake",
        "SEMTEL_PIPELINE": tmp_path / "pipeline.yaml",
        "SEMTEL_INCLUDE": project_root / "include",
        "DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db",
    }.items():
        monkeypatch.setenv(name, str(value))
    return {"ids_file": str(tmp_path / "ids.txt"), "dry_run": True, "approval": False}


def ids_in(folder: Path) -> set[str]:
    return {row["conversation_id"] for path in folder.rglob("landed/**/*.parquet") for row in read_rows(str(path))}


def test_a_dry_run_counts_and_without_it_the_conversation_is_erased_when_a_person_approves(run_dag, form, tmp_path, answering):
    forgotten = Path(form["ids_file"]).read_text()
    before = ids_in(tmp_path)
    state, states = run_dag("semtel_forget", form)
    assert state == "success", states
    assert states == {"count": "success", "needs_approval": "skipped", "approve": "skipped", "erase": "skipped"} | {
        "needs_approval": states["needs_approval"]
    }
    assert ids_in(tmp_path) == before
    questions = answering("Approve")
    state, states = run_dag("semtel_forget", form | {"dry_run": False, "approval": True})
    ((subject, body),) = questions
    assert subject == f"Erase 1 conversation: 5 rows in {tmp_path}/lake?"
    assert "label rows of all runs" in body
    assert forgotten not in subject + body
    assert states["erase"] == state == "success", states
    assert ids_in(tmp_path) == before - {forgotten}
    (receipt,) = (tmp_path / "lake" / "forgotten" / "receipts").iterdir()
    assert json.loads(receipt.read_text())["state"] == "done"


def test_nothing_is_erased_when_a_person_says_no(run_dag, form, tmp_path, answering):
    before = ids_in(tmp_path)
    answering("Reject")
    state, states = run_dag("semtel_forget", form | {"dry_run": False, "approval": True})
    assert (state, states["erase"]) == ("success", "success"), states
    assert ids_in(tmp_path) == before
    assert not (tmp_path / "lake" / "forgotten").exists()


def test_the_clean_dag_removes_what_is_older_than_its_retention(run_dag, form, tmp_path):
    assert run_dag("semtel_lake_clean", {"dry_run": True})[0] == "success"
    assert ids_in(tmp_path)
    assert run_dag("semtel_lake_clean", {"dry_run": False})[0] == "success"
    assert ids_in(tmp_path) == set()
