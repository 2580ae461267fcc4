"""`semtel gold`: lines for people, JSON for programs, exit code 2 where something has to be changed."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from semtel_ops.cli.main import cli
from tests.support.gold import WEEK, publish_week


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMTEL_LAKE", f"{tmp_path}/lake")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    publish_week(tmp_path)
    return tmp_path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["gold", *arguments], catch_exceptions=False)


def test_a_draw_is_shown_with_its_precision_and_then_with_its_progress(place: Path) -> None:
    dry = run("draw", "--week", WEEK, "--size", "20", "--rare", "topic:health=3", "--dry-run")
    assert dry.exit_code == 0
    assert "dry run: nothing was recorded" in dry.stdout
    assert "20 of 100 conversations of 2026-W47" in dry.stdout
    assert "topic:health: " in dry.stdout
    assert "±" in dry.stdout
    assert "nothing was drawn yet" in run("show").stdout
    drawn = json.loads(run("draw", "--week", WEEK, "--size", "20", "--json").stdout)
    assert drawn["state"] == "drawn"
    assert "was drawn before" in run("draw", "--week", WEEK, "--size", "20").stdout
    assert f"draw {drawn['draw']}: 20 of 100 conversations" in run("show").stdout
    assert json.loads(run("show", "--draw", drawn["draw"], "--json").stdout)["draws"][0]["population"] == 100


def test_labels_go_round_through_files(place: Path) -> None:
    run("draw", "--week", WEEK, "--size", "10", "--classifiers", "topic")
    out = run("export", "--with-text", "--out", str(place / "out"))
    assert out.exit_code == 0
    assert "the files have conversation text" in out.stderr
    lines = [json.loads(line) for line in (place / "out" / "tasks.jsonl").read_text().splitlines()]
    filled = [{**line, "person": person, "labels": {"topic": "health"}} for line in lines for person in ("ada", "ben")]
    (place / "filled.jsonl").write_text("\n".join(map(json.dumps, filled)))
    done = run("import", str(place / "filled.jsonl"), "--people", "ben=eve")
    assert done.exit_code == 0
    assert "imported" in done.stdout
    shown = run("show").stdout
    assert "topic: 10 with a gold label; ada 10, eve 10" in shown
    assert "ada and eve: kappa –, 100.0% equal" in shown
    labels = json.loads(run("export", "--format", "labels", "--out", str(place / "labels"), "--json").stdout)
    assert labels["labels"] == 20


def test_a_wrong_label_is_exit_code_2_and_named(place: Path) -> None:
    run("draw", "--week", WEEK, "--size", "10")
    (place / "wrong.jsonl").write_text('{"conversation_id": "c1", "classifier": "topic", "person": "ada", "label": "health"}')
    done = run("import", str(place / "wrong.jsonl"))
    assert done.exit_code == 2
    assert "line 1: conversation: 'c1' was not drawn" in done.stderr
    assert done.stderr.endswith("nothing was imported\n")
    assert json.loads(run("import", str(place / "wrong.jsonl"), "--json").stdout)["state"] == "refused"
    assert run("import", str(place / "wrong.jsonl"), "--people", "ben").exit_code == 2
