"""The reprocess DAG with its real steps, against the simulator: what becomes of a published week, and who is asked about it."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from semtel_ops.errors import StoreError
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps import prepare
from semtel_ops.store.alert_ledger import AlertLedger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.template import Template

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

WEEK, NEXT_WEEK = "2026-W40", "2026-W41"
CONVERSATIONS = 40  # the gate judges shares of 30 rows and more
FORM = {"week": WEEK, "until": NEXT_WEEK, "reason": "the endpoint failed that day", "dry_run": False}


@pytest.fixture(scope="module")
def endpoint():
    with simulated_endpoint(SimulatorConfig()) as running:
        yield running


@pytest.fixture(scope="module")
def labelled(tmp_path_factory, endpoint, project_root):
    """Two published weeks a third of whose rows have failed, to be copied for each test; their folder, and the environment."""
    from semtel_ops.runs.progress import LogProgress
    from semtel_ops.settings import Settings
    from semtel_ops.steps.week import run_week

    template = Template(tmp_path_factory.mktemp("labelled"))
    folder = template.place
    (folder / "endpoints.yaml").write_text(
        f"endpoints:\n  - {{name: sim, base_url: '{endpoint.base_url}', model: simulated-small}}\n", encoding="utf-8"
    )
    (folder / "pipeline.yaml").write_text(
        f"source: {{paths: ['{folder}/chats.jsonl']}}\nclassifiers: [knowledge_work]\n"
        "realtime: {max_attempts: 1}\nquality: {non_success_share: {severity: warn, limit: 0.05}}\n",
        encoding="utf-8",
    )
    with (folder / "chats.jsonl").open("w", encoding="utf-8") as file:
        for at in range(2 * CONVERSATIONS):
            turns = [{"role": "user", "content": f"How do I write a Python function, part {at}?"}]
            started = f"2026-{'09-30' if at % 2 else '10-06'}T10:00:00Z"
            file.write(json.dumps({"conversation_id": f"c{at}", "started_at": started, "messages": turns}) + "\n")
    names = {
        "SEMTEL_LAKE": f"{folder}/lake",
        "SEMTEL_PIPELINE": f"{folder}/pipeline.yaml",
        "SEMTEL_ENDPOINTS": f"{folder}/endpoints.yaml",
        "SEMTEL_INCLUDE": f"{project_root}/include",
        "DATABASE_URL": f"sqlite:///{folder}/ledger.db",
    }
    endpoint.configure(faults={"500": 0.3})
    with pytest.MonkeyPatch.context() as patch:
        for name, value in names.items():
            patch.setenv(name, value)
        for week in (WEEK, NEXT_WEEK):
            run_week({"week": week}, run_id="first", settings=Settings.from_env(), progress=LogProgress())
    endpoint.configure(faults={})
    template.keep()
    return template, names


@pytest.fixture
def folder(labelled, monkeypatch, endpoint):
    """The two weeks as they were labelled; the endpoint is well again."""
    template, environment = labelled
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    endpoint.clear_stats()
    with template.restored() as folder:
        yield folder


@pytest.fixture
def ledger_url(folder):
    return f"sqlite:///{folder}/ledger.db"


def asked(endpoint):
    return sum(endpoint.stats()["by_path"].get("chat/completions", {}).values())


def runs(ledger_url, week):
    with open_ledger(ledger_url) as ledger:
        return [run for run in ledger.runs(week) if run.run_id != "first"], ledger.run(week, "first")


def test_a_part_that_fails_is_told_as_one_of_its_own_week(ledger_url, run_reprocess, monkeypatch):
    def prepare_shard(shard):
        if f"week={NEXT_WEEK}/" in shard["run"]:
            raise StoreError("the lake does not answer")
        return prepare.prepare_shard(shard)

    monkeypatch.setitem(sys.modules, "semtel_ops.steps.prepare", SimpleNamespace(prepare_shard=prepare_shard))
    run_reprocess({**FORM, "dry_run": True})
    with open_ledger(ledger_url) as ledger:
        found = {(row.week, row.key) for row in AlertLedger(ledger).alerts() if row.run_id != "first"}
    assert found == {(NEXT_WEEK, "part_failed:realtime.prepare")}


def test_a_dry_run_forecasts_each_week_and_touches_nothing(folder, ledger_url, run_reprocess, endpoint):
    state, states = run_reprocess({**FORM, "dry_run": True})
    assert state == "success", states
    left_out = {
        "validate", "summarize_changes", "needs_approval", "approve", "record_decision", "publish", "report", "alert",
    }  # fmt: skip
    assert {states[name] for name in states if name.split("[")[0] in left_out} == {"skipped"}
    assert asked(endpoint) == 0
    for week in (WEEK, NEXT_WEEK):
        ((run,), first) = runs(ledger_url, week)
        assert (run.state, first.state) == (RunState.DRY_RUN, RunState.PUBLISHED)
        (forecast,) = (folder / "lake/runs" / f"week={week}").glob("run=*/forecast.json")
        assert json.loads(forecast.read_text(encoding="utf-8"))["requests"] == first.landed - first.succeeded


def test_weeks_are_replaced_when_a_person_approves_what_they_are_shown(ledger_url, run_reprocess, endpoint, answering):
    questions = answering("Approve")
    state, states = run_reprocess(FORM)
    assert state == "success", states
    assert len(questions) == 1
    assert "labelled again" in questions[0][1]
    failed = 0
    for week in (WEEK, NEXT_WEEK):
        ((run,), first) = runs(ledger_url, week)
        assert (run.state, first.state) == (RunState.PUBLISHED, RunState.SUPERSEDED)
        assert (run.landed, run.succeeded, run.supersedes) == (first.landed, run.landed, "first")
        assert (run.reason, run.approved_by) == (FORM["reason"], "grace")
        failed += first.landed - first.succeeded
        assert Path(run.report_url).exists()
    assert asked(endpoint) == failed


def test_a_week_stays_as_it_is_when_a_person_says_no(ledger_url, run_reprocess, answering):
    answering("Reject")
    state, states = run_reprocess({**FORM, "until": WEEK})
    assert state == "success", states
    assert {states[name] for name in states if name.startswith("publish")} == {"skipped"}
    ((run,), first) = runs(ledger_url, WEEK)
    assert (run.state, first.state) == (RunState.REJECTED, RunState.PUBLISHED)
    assert run.message == "rejected by grace"


def test_nobody_is_asked_where_the_form_says_so(ledger_url, run_reprocess):
    state, states = run_reprocess({**FORM, "until": WEEK, "approval": False})
    assert state == "success", states
    assert (states["approve"], states["record_decision"]) == ("skipped", "success")
    assert runs(ledger_url, WEEK)[0][0].state is RunState.PUBLISHED
    assert runs(ledger_url, NEXT_WEEK)[0] == [], "a week that the form does not name stays as it is"


def test_a_form_that_is_wrong_is_refused_by_name(ledger_url, run_reprocess, endpoint):
    state, states = run_reprocess({**FORM, "smaple": 3})
    assert (state, states["plan"], states["close"]) == ("failed", "failed", "failed")
    assert asked(endpoint) == 0
