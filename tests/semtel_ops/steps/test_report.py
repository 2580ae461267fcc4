import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.report import config_fingerprint, report_run
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.tables import CONVERSATIONS
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import PASSING_CHECK, write_finished_run

WEEK = "2026-W47"
TOPICS = {"topic": {"technology": 2, "health": 1, "money": 1}}
INCLUDE = Path(__file__).parents[3] / "include"


@pytest.fixture
def lake(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    return tmp_path / "lake"


def _run(lake, **changes) -> str:
    rows = make_landed_rows(conversations=40, run_id=changes.get("run_id", "manual"), labels=TOPICS)
    return write_finished_run(lake, rows=rows, include=INCLUDE, **changes)


def test_the_page_is_the_weeks_and_the_runs_and_the_ledger_knows_it(lake, tmp_path):
    run = _run(lake)
    publish_run(run)
    result = report_run(run)
    week, own = Path(result["report"]), Path(result["run_report"])
    assert week == lake / "reports" / f"week={WEEK}" / "report.html"
    assert own == lake / "reports" / f"week={WEEK}" / "run=manual" / "report.html"
    assert week.read_bytes() == own.read_bytes()
    assert "Primary topic" in week.read_text()
    assert json.loads(json.dumps(result)) == result
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        record = ledger.run(WEEK, "manual")
    assert record.report_url == str(own)
    assert record.config_fingerprint == config_fingerprint(RunPlan.load(run))


def test_twice_leaves_one_page_and_no_other_file(lake):
    run = _run(lake)
    report_run(run)
    report_run(run)
    assert sorted(path.name for path in (lake / "reports").rglob("*") if path.is_file()) == ["report.html"] * 2


def test_a_stopped_run_gets_its_page(lake):
    failed = {**PASSING_CHECK, "passed": False, "observed": "3"}
    result = report_run(_run(lake, verdict="stop", checks=[failed]))
    assert result["state"] == "stopped"
    assert "the quality gate stopped this run" in Path(result["report"]).read_text()


def test_a_dry_run_does_not_take_the_place_of_a_weeks_page(lake):
    published = _run(lake)
    publish_run(published)
    page = Path(report_run(published)["report"])
    before = page.read_bytes()
    result = report_run(_run(lake, run_id="rehearsal", dry_run=True, verdict=None))
    assert page.read_bytes() == before
    assert "Dry run" in Path(result["run_report"]).read_text()


def test_a_run_without_a_ledger_or_prompts_has_a_page(lake, tmp_path):
    rows = make_landed_rows(conversations=20, labels={"task_complexity": {"apply": 1}})
    run = write_finished_run(lake, rows=rows, include=tmp_path / "gone", ledger=False)
    assert "Task complexity" in Path(report_run(run)["report"]).read_text()
    assert not (tmp_path / "ledger.db").exists()


def test_golden_labels_of_the_source_are_compared(lake):
    run = _run(lake)
    landed = [row for row in make_landed_rows(conversations=40, labels=TOPICS) if row["classifier"] == "topic" and row["label"]]
    conversations = [
        {
            "week": WEEK, "shard": 0, "conversation_id": row["conversation_id"], "content_hash": "0", "turns": [], "chars": 0,
            "sample_weight": 1.0, "labels_json": json.dumps({"topic": row["label"]}),
        }
        for row in landed
        if row["label"] in {"technology", "health"}
    ]  # fmt: skip
    folder = lake / "conversations" / f"week={WEEK}"
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(conversations, schema=CONVERSATIONS), folder / "shard=0000.parquet")
    page = Path(report_run(run)["report"]).read_text()
    assert "Agreement with golden labels" in page
    assert "100.0%" in page
