"""A bad week from the alert to its end: what the on-call engineer gets, presses and sees, with nothing pretended but the provider."""

import json
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from semtel_ops.errors import QualityGateError
from semtel_ops.runs.progress import LogProgress
from semtel_ops.runs.resources import ledger_of_environment
from semtel_ops.settings import Settings
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps.reprocess_weeks import reprocess_weeks
from semtel_ops.steps.week import run_week
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from semtel_ops.testing.webhook import listening_webhook

pytestmark = pytest.mark.slow

WEEK = "2026-W40"
CONVERSATIONS = 40
ROWS = CONVERSATIONS * 2
SECRET = "the zebra's birthday"
ASKED = ("Debug this Python function", "Write a poem", "Which movie is best", "Is ibuprofen safe")


@pytest.fixture
def provider():
    with simulated_endpoint(SimulatorConfig()) as running:
        yield running


@pytest.fixture
def hook(monkeypatch):
    with listening_webhook() as listening:
        monkeypatch.setenv("ALERT_WEBHOOK_URL", listening.url)
        yield listening


@pytest.fixture
def settings(tmp_path, monkeypatch, provider, project_root):
    """An empty installation with one week of conversations and a webhook that is told of alerts."""
    (tmp_path / "endpoints.yaml").write_text(
        f"endpoints:\n  - {{name: sim, base_url: '{provider.base_url}', model: simulated-small}}\n", encoding="utf-8"
    )
    (tmp_path / "pipeline.yaml").write_text(
        f"source: {{paths: ['{tmp_path}/chats.jsonl'], dates: ignore}}\n"
        "classifiers: [topic, knowledge_work]\n"
        "shards: {conversations: 16}\n"
        "alerts:\n"
        "  airflow_url: https://airflow.example\n"
        "  channels: [{kind: webhook, url_env: ALERT_WEBHOOK_URL}]\n",
        encoding="utf-8",
    )
    with (tmp_path / "chats.jsonl").open("w", encoding="utf-8") as file:
        for at in range(CONVERSATIONS):
            turns = [{"role": "user", "content": f"{ASKED[at % len(ASKED)]} for {SECRET}, part {at}?"}]
            file.write(json.dumps({"conversation_id": f"c{at}", "messages": turns}) + "\n")
    shutil.copytree(project_root / "include", tmp_path / "include", ignore=shutil.ignore_patterns("sample"))
    for name, value in {
        "SEMTEL_LAKE": tmp_path / "lake",
        "SEMTEL_PIPELINE": tmp_path / "pipeline.yaml",
        "SEMTEL_ENDPOINTS": tmp_path / "endpoints.yaml",
        "SEMTEL_INCLUDE": tmp_path / "include",
        "DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db",
    }.items():
        monkeypatch.setenv(name, str(value))
    return Settings.from_env()


def nobody_is_asked(subject, body):
    raise AssertionError("nothing is published yet that a person would have to replace")


def test_a_bad_week_is_stopped_told_reprocessed_and_its_alert_ended(settings, provider, hook):
    # A broken prompt: replies come back, and none of them can be read as a label.
    provider.configure(faults={"empty": 1.0})
    with pytest.raises(QualityGateError):
        run_week({"week": WEEK}, run_id="monday", settings=settings, progress=LogProgress())

    # One alert, with the right counts and a form that is filled in.
    (alert,) = hook.received
    assert (alert["event"], alert["kind"], alert["severity"]) == ("raised", "gate_stopped", "critical")
    assert (alert["week"], alert["run_id"]) == (WEEK, "monday")
    counts = alert["counts"]
    assert (counts["sampled"], counts["expected"], counts["landed"]) == (CONVERSATIONS, ROWS, ROWS)
    assert (counts["succeeded"], counts["by_status"]) == (0, {"invalid_output": ROWS})
    assert alert["worst_classifier"] in {"topic", "knowledge_work"}
    assert len(alert["examples"]) == 3
    form = {name: value for name, (value,) in parse_qs(urlsplit(alert["links"]["reprocess"]).query).items()}
    assert (form["week"], form["base_run"]) == (WEEK, "monday")
    assert (form["rows"], form["classifiers"]) == ("not_success", "topic,knowledge_work")
    assert alert["links"]["runbook"] == "docs/runbook.md#gate-stopped"
    assert SECRET not in json.dumps(alert)

    # The prompts are mended; the alert's link is followed.
    provider.configure(faults={})
    for prompt in (Path(settings.include) / "prompts").glob("*.prompty"):
        prompt.write_text(f"{prompt.read_text(encoding='utf-8').rstrip()}\nAnswer in one word.\n", encoding="utf-8")
    # What the form is filled in with is what a person sends, the dry run unticked.
    request = {**form, "classifiers": form["classifiers"].split(","), "dry_run": False}
    reprocess_weeks(
        request, run_id="reprocessed", requested_by="on-call", settings=settings, progress=LogProgress(), decide=nobody_is_asked
    )

    _, ended = hook.received
    assert (ended["event"], ended["dedup_key"]) == ("resolved", alert["dedup_key"])
    assert ended["resolution"] == "run reprocessed passed the gate"
    with ledger_of_environment() as ledger:
        assert ledger.run(WEEK, "reprocessed").base_run == "monday"
        assert {run.run_id: run.state.value for run in ledger.runs(WEEK)} == {"monday": "stopped", "reprocessed": "published"}
