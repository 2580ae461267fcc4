"""A change of the model through the weekly DAG, against the simulator: held back, adopted, and bridged."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from semtel_ops.runs.progress import LogProgress
from semtel_ops.settings import Settings
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps.week import run_week
from semtel_ops.store.alert_ledger import AlertLedger
from semtel_ops.store.alignment_ledger import AlignmentLedger
from semtel_ops.store.bridge_ledger import BridgeLedger
from semtel_ops.store.labeller_ledger import LabellerLedger
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.aligned_models import aligned

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

A, B = "simulated-small", "simulated-large"
FIRST, SECOND, THIRD = "2026-W40", "2026-W41", "2026-W42"
CONVERSATIONS = 40
SUBJECTS = ("fix a bug in my code", "write me a poem", "explain how rain forms", "what is the capital of Chad", "tell a joke")


@pytest.fixture(scope="module")
def endpoint():
    confusion = {"knowledge_work": {"yes": {"no": 0.8}}}
    config = SimulatorConfig.model_validate({"models": {A: {}, B: {"confusion": confusion}}})
    with simulated_endpoint(config) as running:
        yield running


class Place:
    """An installation with three weeks of the same conversations, and what turns its endpoint to a model."""

    def __init__(self, folder, base_url):
        self.folder, self.base_url = folder, base_url
        self.ledger_url = f"sqlite:///{folder}/ledger.db"
        (folder / "pipeline.yaml").write_text(
            f"source: {{paths: ['{folder}/chats.jsonl']}}\nclassifiers: [knowledge_work, user_intent]\n", encoding="utf-8"
        )
        with (folder / "chats.jsonl").open("w", encoding="utf-8") as file:
            for week, day in ((FIRST, "2026-10-01"), (SECOND, "2026-10-08"), (THIRD, "2026-10-15")):
                for at in range(CONVERSATIONS):
                    turns = [{"role": "user", "content": f"Please {SUBJECTS[at % len(SUBJECTS)]}, number {at} of {week}"}]
                    record = {"conversation_id": f"{week}-{at}", "started_at": f"{day}T10:00:00Z", "messages": turns}
                    file.write(json.dumps(record) + "\n")
        self.turn(A)

    def turn(self, model):
        text = f"endpoints:\n  - {{name: sim, base_url: '{self.base_url}', model: {model}}}\n"
        (self.folder / "endpoints.yaml").write_text(text, encoding="utf-8")

    def adopt(self):
        with open_ledger(self.ledger_url) as ledger:
            AlignmentLedger(ledger).save("oct", aligned(ledger, SECOND, B, verdict="shifted", alignment_id="oct"))
            AlignmentLedger(ledger).adopt("oct", "sim", "ada", datetime(2026, 10, 19, tzinfo=UTC))

    def models_of(self, week):
        with open_ledger(self.ledger_url) as ledger:
            return {row.served_model for row in LabellerLedger(ledger).of_weeks([week])}


@pytest.fixture
def place(tmp_path, monkeypatch, endpoint, project_root):
    for name, value in {
        "SEMTEL_LAKE": tmp_path / "lake",
        "SEMTEL_PIPELINE": tmp_path / "pipeline.yaml",
        "SEMTEL_ENDPOINTS": tmp_path / "endpoints.yaml",
        "SEMTEL_INCLUDE": project_root / "include",
        "DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db",
    }.items():
        monkeypatch.setenv(name, str(value))
    return Place(tmp_path, endpoint.base_url)


def test_a_new_model_is_held_back_then_adopted_and_its_change_is_not_the_users(place, run_weekly, tmp_path):
    run_week({"week": FIRST}, run_id="first", settings=Settings.from_env(), progress=LogProgress())
    assert place.models_of(FIRST) == {A}

    place.turn(B)
    state, states = run_weekly({"week": SECOND})
    assert (state, states["bridge"]) == ("success", "skipped")
    assert place.models_of(SECOND) == {A}
    with open_ledger(place.ledger_url) as ledger:
        (held,) = [row for row in AlertLedger(ledger).alerts(SECOND) if row.kind == "model_held"]
    assert f"asked for {A}" in held.what
    assert "semtel align" in held.body

    place.adopt()
    state, states = run_weekly({"week": THIRD})
    assert (state, states["bridge"]) == ("success", "success")
    assert place.models_of(THIRD) == {B}
    with open_ledger(place.ledger_url) as ledger:
        rows = BridgeLedger(ledger).rows([THIRD])
    assert {row.week_before for row in rows} == {SECOND}
    assert any(row.labeller_is_real for row in rows)
    assert not any(row.users_is_real for row in rows)
    page = Path(Lake(str(tmp_path / "lake")).report(THIRD)).read_text(encoding="utf-8")
    assert f"the labeller changed from {A} to {B}" in page
    assert "semtel reprocess" in page
