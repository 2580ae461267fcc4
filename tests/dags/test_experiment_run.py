"""The experiment DAG with its real steps, against the simulator: forecast first, then everything up to the page."""

import json
from pathlib import Path

import pytest

from semtel_ops.simulator.config import LabelsConfig, SimulatorConfig
from semtel_ops.store.experiment_ledger import ExperimentLedger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.simulated_endpoint import simulated_endpoint

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

DAG_ID = "optimization_experiments"
CONF = {"name": "packing", "week": "2026-W40", "sample": 20, "pack": [1, 5], "grader": "off", "combine": "off", "floor": 0.1}


@pytest.fixture
def endpoint(tmp_path, monkeypatch, project_root):
    """The simulator, and an installation that asks it about thirty conversations."""
    with simulated_endpoint(SimulatorConfig(labels=LabelsConfig(noise_per_member=0.02))) as running:
        (tmp_path / "endpoints.yaml").write_text(
            f"endpoints:\n  - {{name: sim, base_url: '{running.base_url}', model: simulated-small}}\n", encoding="utf-8"
        )
        (tmp_path / "pipeline.yaml").write_text(
            f"source: {{paths: ['{tmp_path}/chats.jsonl']}}\nclassifiers: [topic, knowledge_work]\n", encoding="utf-8"
        )
        with (tmp_path / "chats.jsonl").open("w", encoding="utf-8") as file:
            for at in range(30):
                turns = [{"role": "user", "content": f"How do I {'cook rice' if at % 2 else 'debug code'}, part {at}?"}]
                record = {"conversation_id": f"c{at}", "started_at": "2026-10-01T10:00:00Z", "messages": turns}
                file.write(json.dumps(record) + "\n")
        for name, value in {
            "SEMTEL_LAKE": tmp_path / "lake",
            "SEMTEL_PIPELINE": tmp_path / "pipeline.yaml",
            "SEMTEL_ENDPOINTS": tmp_path / "endpoints.yaml",
            "SEMTEL_INCLUDE": project_root / "include",
            "DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db",
        }.items():
            monkeypatch.setenv(name, str(value))
        yield running


def test_a_dry_run_forecasts_and_the_same_name_then_asks_compares_and_writes_the_page(run_dag, endpoint, tmp_path):
    folder = Path(tmp_path / "lake" / "experiments" / "packing")
    state, states = run_dag(DAG_ID, CONF)
    assert state == "success"
    assert {name for name in states if states[name] == "skipped"} == {"measure", "compare", "report"}
    assert [cell["requests"] for cell in json.loads((folder / "forecast.json").read_text())["cells"]] == [80, 16]
    assert endpoint.stats()["by_path"] == {}

    state, states = run_dag(DAG_ID, CONF | {"dry_run": False})
    assert state == "success", states
    assert [states[f"measure[{at}]"] for at in range(2)] == ["success", "success"]
    assert "The endpoint is the simulator" in (folder / "report.html").read_text()
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        records = ExperimentLedger(ledger).records()
    assert {(record.experiment_id, record.classifier, record.simulated) for record in records} == {
        ("packing", "topic", True),
        ("packing", "knowledge_work", True),
    }
