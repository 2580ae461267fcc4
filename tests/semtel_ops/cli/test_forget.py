"""`semtel forget` and `semtel lake`: a table for people, JSON for programs, and exit codes that a script can act on."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from semtel_ops.cli.main import cli
from semtel_ops.store.parquet import read_rows
from tests.support.finished_run import write_finished_run


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file with the id of a conversation of a finished run."""
    write_finished_run(tmp_path / "lake")
    landed = min((tmp_path / "lake" / "landed").rglob("*.parquet"))
    (tmp_path / "ids.txt").write_text(next(read_rows(str(landed)))["conversation_id"])
    (tmp_path / "pipeline.yaml").write_text(json.dumps({"retention": {"landed": "1d"}}))
    for name, value in (("SEMTEL_LAKE", "lake"), ("SEMTEL_PIPELINE", "pipeline.yaml")):
        monkeypatch.setenv(name, f"{tmp_path}/{value}")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    return str(tmp_path / "ids.txt")


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


def test_the_receipt_is_a_table_or_json_and_a_dry_run_changes_nothing(ids: str, tmp_path: Path) -> None:
    shown = run("forget", "--ids", ids, "--dry-run")
    assert shown.exit_code == 0
    assert "landed" in shown.stdout
    assert shown.stdout.endswith("dry run: nothing was changed\n")
    assert not (tmp_path / "lake" / "forgotten").exists()
    receipt = json.loads(run("forget", "--ids", ids, "--json").stdout)
    assert receipt["state"] == "done"
    assert Path(ids).read_text() not in json.dumps(receipt)
    assert (tmp_path / "lake" / "forgotten" / "receipts" / f"{receipt['request']}.json").is_file()


def test_something_that_could_not_be_removed_is_exit_code_1_after_the_receipt(ids: str, tmp_path: Path) -> None:
    (tmp_path / "lake" / "notes.txt").write_text("")
    done = CliRunner().invoke(cli, ["forget", "--ids", ids, "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["remaining"]


def test_the_lake_is_shown_and_cleaned(ids: str, tmp_path: Path) -> None:
    kinds = {kind["kind"]: kind for kind in json.loads(run("lake", "show", "--json").stdout)["kinds"]}
    assert kinds["landed"]["retention"] == "1d"
    assert "landed" in run("lake", "show").stdout
    landed = kinds["landed"]["files"]
    dry = json.loads(run("lake", "clean", "--dry-run", "--json").stdout)
    assert [(kind["kind"], kind["files"]) for kind in dry["kinds"]] == [("landed", landed)]
    assert "dry run: nothing was changed" in run("lake", "clean", "--dry-run").stdout
    assert "landed" in run("lake", "clean").stdout
    assert json.loads(run("lake", "clean", "--json").stdout)["bytes"] == 0
    (tmp_path / "pipeline.yaml").write_text("{}")
    assert "everything is kept" in run("lake", "clean").stdout
