import json
import logging
from pathlib import Path

import pytest

from semtel_ops.errors import ConfigError, QualityGateError, StoreError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import CheckPolicy, PipelineConfig, QualityConfig, Severity
from semtel_ops.steps.validate import raise_if_stopped, validate_run
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.ledger import upsert
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import write_finished_run

KNOWN_WORK = {"knowledge_work": {"yes": 54.0, "no": 46.0}}


@pytest.fixture(autouse=True)
def ledger_url(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    return url


@pytest.fixture
def finished(tmp_path):
    """A gathered, unjudged run of the real `knowledge_work` classifier."""

    def make(rows=None, **arguments):
        rows = make_landed_rows(conversations=200, success=1, labels=KNOWN_WORK) if rows is None else rows
        return write_finished_run(tmp_path / "lake", rows=rows, verdict=None, **arguments)

    return make


def failing_rows(share):
    return make_landed_rows(conversations=200, success=1 - share, labels=KNOWN_WORK)


def published_share(ledger_url, week, label, share, n=500):
    row = {
        "week": week, "run_id": "earlier", "classifier": "knowledge_work", "level": "label", "label": label,
        "classifier_version": "1.0.0", "n": round(share * n), "total_n": n, "effective_n": float(n), "weight": share * n,
        "share": share, "low": 0.0, "high": 1.0,
    }  # fmt: skip
    with open_ledger(ledger_url) as ledger, ledger.write() as connection:
        upsert(connection, tables.weekly_share, [row])


def quality(run):
    plan = RunPlan.load(run)
    return json.loads(Path(plan.folder.url, "quality.json").read_text())


def test_a_sound_run_passes_and_leaves_its_traces(finished, ledger_url):
    run = finished()
    manifest = validate_run(run)
    assert (manifest["verdict"], manifest["stopped"], manifest["failed"], manifest["message"]) == ("passed", False, [], None)
    assert raise_if_stopped(manifest) == manifest
    written = quality(run)
    assert written["verdict"] == "passed"
    assert len(written["checks"]) == manifest["checks"]
    assert set(written["checks"][0]) == {
        "id", "description", "passed", "severity", "observed", "expected", "classifier", "notes",
    }  # fmt: skip
    assert Path(manifest["data_docs"]).is_file()
    with open_ledger(ledger_url) as ledger:
        assert len(ledger.quality("2026-W47", "manual")) == manifest["checks"]
        record = ledger.run("2026-W47", "manual")
    assert (record.state, record.verdict) == (RunState.VALIDATED, "passed")
    assert json.loads(json.dumps(manifest)) == manifest


def test_validating_twice_changes_nothing(finished, ledger_url):
    run = finished()
    first, before = validate_run(run), quality(run)
    assert validate_run(run) == first
    assert quality(run) == before
    with open_ledger(ledger_url) as ledger:
        assert len(ledger.quality("2026-W47", "manual")) == first["checks"]


def test_a_stop_is_a_verdict_that_can_be_raised(finished, ledger_url):
    manifest = validate_run(finished(failing_rows(0.3)))
    assert (manifest["verdict"], manifest["stopped"], manifest["failed"]) == ("stop", True, ["non_success_share"])
    with pytest.raises(QualityGateError, match=r"non_success_share \(knowledge_work\): .*%, expected at most 5\.0%"):
        raise_if_stopped(manifest)
    with open_ledger(ledger_url) as ledger:
        assert ledger.run("2026-W47", "manual").state is RunState.STOPPED


def test_a_warning_does_not_stop(finished):
    config = PipelineConfig(quality=QualityConfig(non_success_share=CheckPolicy(severity=Severity.WARN, limit=0.05)))
    manifest = validate_run(finished(failing_rows(0.3), config=config))
    assert (manifest["verdict"], manifest["stopped"], manifest["failed"]) == ("warn", False, ["non_success_share"])
    assert raise_if_stopped(manifest)["verdict"] == "warn"


def test_a_label_that_moved_since_the_last_weeks_is_warned_of(finished, ledger_url):
    for week in ("2026-W45", "2026-W46"):
        published_share(ledger_url, week, "yes", 0.1)
        published_share(ledger_url, week, "no", 0.9)
    run = finished()
    assert validate_run(run)["failed"] == ["label_share_change"]
    (check,) = [check for check in quality(run)["checks"] if check["id"] == "label_share_change"]
    assert not check["passed"]
    assert "yes 10.0% → " in check["notes"]


def test_a_move_that_may_be_noise_is_not(finished, ledger_url):
    published_share(ledger_url, "2026-W46", "yes", 0.1, n=3)
    published_share(ledger_url, "2026-W46", "no", 0.9, n=3)
    assert validate_run(finished())["verdict"] == "passed"


def test_weeks_after_this_one_are_no_history(finished, ledger_url):
    published_share(ledger_url, "2026-W48", "yes", 1.0)
    run = finished()
    assert validate_run(run)["verdict"] == "passed"
    (check,) = [check for check in quality(run)["checks"] if check["id"] == "label_share_change"]
    assert check["observed"] == "no history"


def test_without_a_ledger_only_the_folder_is_written(finished, tmp_path):
    run = finished(ledger=False)
    assert validate_run(run)["verdict"] == "passed"
    assert not (tmp_path / "ledger.db").exists()


def test_a_published_run_that_is_judged_again_stays_published(finished, ledger_url):
    run = finished()
    with open_ledger(ledger_url) as ledger:
        ledger.save_run("2026-W47", "manual", state=RunState.PUBLISHED)
    validate_run(run)
    with open_ledger(ledger_url) as ledger:
        assert ledger.run("2026-W47", "manual").state is RunState.PUBLISHED


def test_a_dry_run_has_nothing_to_judge(finished):
    with pytest.raises(ConfigError, match="dry_run"):
        validate_run(finished(dry_run=True))


def test_a_run_that_was_not_gathered_is_refused(finished):
    run = finished()
    plan = RunPlan.load(run)
    Path(plan.folder.url, "totals.json").unlink()
    with pytest.raises(StoreError, match="run `gather` before `validate`"):
        validate_run(run)


def test_only_our_lines_are_logged_and_each_failure_is_one(finished, caplog, capfd):
    run = finished(failing_rows(0.3))
    with caplog.at_level(logging.INFO):
        validate_run(run)
    assert {record.name for record in caplog.records} <= {"semtel_ops.steps.validate", "semtel_ops.store.ledger_open"}
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(said) == 1
    assert said[0].startswith("non_success_share (knowledge_work): ")
    assert capfd.readouterr().err == ""
