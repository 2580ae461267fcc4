"""A week on one machine runs the steps of the DAG in their order, to its report, whether it is published or stopped."""

from pathlib import Path

import pytest

from semtel_ops.errors import EmptySourceError, QualityGateError, ReconciliationError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import LogProgress
from semtel_ops.steps import week as week_step
from semtel_ops.steps.week import ingest_week, run_week
from semtel_ops.store.files import exists, write_json
from semtel_ops.store.ledger_tables import RunState
from tests.support.shards import WEEK

FAILED = {"id": "non_success_share", "passed": False, "severity": "stop", "observed": "50.0%", "expected": "at most 5.0%"}


class After:
    """The steps after the rows have landed that have tests of their own and take seconds: judgement, report, alerts.

    Attributes:
        verdict: what the gate says.
        seen: these steps, in the order they ran, and the state of the run at each.
    """

    def __init__(self, installation):
        self._installation = installation
        self.verdict = "passed"
        self.seen = []

    def validate(self, run):
        self._note("validate")
        stopped = self.verdict == "stop"
        checks = [FAILED] if stopped else []
        write_json(RunPlan.load(run).folder.quality, {"verdict": self.verdict, "checks": checks})
        return {"run": run, "stopped": stopped, "message": "the quality gate stopped publication"}

    def report(self, run):
        self._note("report")

    def alert(self, run):
        self._note("alert")

    def _note(self, step):
        with self._installation.ledger() as ledger:
            state = max(ledger.runs(WEEK), key=lambda run: run.started_at).state
        self.seen.append((step, state.value))


@pytest.fixture
def after(installation, monkeypatch):
    made = After(installation)
    for step in ("validate", "report", "alert"):
        monkeypatch.setattr(week_step, f"{step}_run", getattr(made, step))
    return made


def run(installation, run_id="r1", **request):
    return run_week({"week": WEEK, **request}, run_id=run_id, settings=installation.settings, progress=LogProgress())


def record(installation, run_id="r1"):
    with installation.ledger() as ledger:
        return ledger.run(WEEK, run_id)


def published(installation):
    return sorted((Path(installation.settings.lake) / "labels" / f"week={WEEK}").rglob("*.parquet"))


def test_ingest_ends_with_a_reference_to_each_shard(installation):
    shards = ingest_week({"week": WEEK}, run_id="r1", settings=installation.settings)
    assert [shard["shard"] for shard in shards] == [0, 1]
    assert sum(shard["conversations"] for shard in shards) == 12


def test_a_week_is_labelled_judged_published_reported_and_closed(installation, after):
    manifest = run(installation)
    assert (manifest["state"], manifest["sampled"], manifest["landed_rows"]) == ("published", 12, 24)
    assert manifest["by_status"] == {"success": 24}
    assert after.seen == [("validate", "running"), ("report", "published"), ("alert", "published")]
    assert len(published(installation)) == 2
    assert record(installation).finished_at is not None


def test_the_same_run_again_asks_nothing_and_is_published_as_it_was(installation, after):
    manifest = run(installation)
    asked = len(installation.asked)
    again = run(installation)
    assert len(installation.asked) == asked == 24
    same = ("state", "landed_rows", "by_status", "cost_usd", "report")
    assert {name: again[name] for name in same} == {name: manifest[name] for name in same}


def test_a_dry_run_ends_with_its_forecast_and_nothing_is_asked_or_judged(installation, after):
    manifest = run(installation, dry_run=True)
    assert (manifest["state"], manifest["requests"], installation.asked, after.seen) == ("dry_run", 24, [], [])
    assert manifest["cost_usd"] > 0
    assert published(installation) == []
    assert record(installation).state is RunState.DRY_RUN


def test_a_stopped_week_is_reported_and_alerted_before_it_fails_and_the_published_one_stays(installation, after):
    run(installation)
    before = published(installation)
    after.seen.clear()
    after.verdict = "stop"
    with pytest.raises(QualityGateError, match=r"non_success_share: 50\.0%, expected at most 5\.0%"):
        run(installation, "r2")
    assert [step for step, _ in after.seen] == ["validate", "report", "alert"]
    assert published(installation) == before
    assert record(installation, "r2").state is RunState.STOPPED
    assert "non_success_share" in record(installation, "r2").message
    assert record(installation).state is RunState.PUBLISHED


def test_a_week_that_cannot_be_published_fails_after_its_report(installation, after, monkeypatch):
    def fails(run):
        raise ReconciliationError("a landed file is missing")

    monkeypatch.setattr(week_step, "publish_run", fails)
    with pytest.raises(ReconciliationError, match="was not published"):
        run(installation)
    assert [step for step, _ in after.seen] == ["validate", "report", "alert"]
    assert record(installation).state is RunState.FAILED


def test_a_week_without_conversations_is_an_error_and_nothing_is_asked(installation, after):
    with pytest.raises(EmptySourceError, match="2026-W47"):
        run_week({"week": "2026-W30"}, run_id="r1", settings=installation.settings, progress=LogProgress())
    assert (installation.asked, after.seen) == ([], [])
    assert not exists(f"{installation.settings.lake}/runs/week=2026-W30/run=r1/sample.json")
