"""The alignment DAG with its real steps, against the simulator: forecast first, then verdict, page and a person's decision."""

import json
from pathlib import Path

import pytest

from semtel_ops.settings import Settings
from semtel_ops.store.alignment_ledger import AlignmentLedger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.alignments import INTENT, simulator, write_entries
from tests.support.published_week import publish_week

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

DAG_ID = "model_alignment"
CONF = {"name": "luna", "candidates": ["new"], "classifiers": [INTENT], "rows": 60, "margin": 0.05}
QUESTION = {"propose", "needs_approval", "approve", "adopt"}


@pytest.fixture
def endpoint(tmp_path, monkeypatch, project_root):
    """The simulator, and an installation with a published week of `simulated-a`."""
    with simulated_endpoint(simulator(confused=1.0)) as running:
        write_entries(tmp_path, running.base_url, {"now": "simulated-a"})
        for name, value in {
            "SEMTEL_LAKE": tmp_path / "lake",
            "SEMTEL_ENDPOINTS": tmp_path / "endpoints.yaml",
            "SEMTEL_INCLUDE": project_root / "include",
            "DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db",
        }.items():
            monkeypatch.setenv(name, str(value))
        publish_week(tmp_path, Settings.from_env())
        write_entries(tmp_path, running.base_url, {"now": "simulated-a", "new": "simulated-b"})
        running.clear_stats()
        yield running


def records(tmp_path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        return AlignmentLedger(ledger).records()


def test_a_candidate_is_forecast_compared_and_adopted_by_a_person(run_dag, endpoint, tmp_path, answering):
    folder = Path(tmp_path / "lake" / "experiments" / "luna")
    state, states = run_dag(DAG_ID, CONF)
    assert state == "success", states
    assert states["forecast"] == "success"
    assert {states[name] for name in ("compare", "report", *QUESTION)} == {"skipped"}
    forecast = json.loads((folder / "forecast.json").read_text())
    assert [entry["requests"] for entry in forecast["labellers"]] == [0, 60, 60, 60], "the week's own replies are reused"
    assert endpoint.stats()["requests"] == 0

    questions = answering("Adopt")
    state, states = run_dag(DAG_ID, CONF | {"dry_run": False})
    assert state == "success", states
    assert endpoint.stats()["requests"] == 180
    ((subject, body),) = questions
    assert subject == "Let new (simulated-b) label for now?"
    assert "| new | User intent | shifted |" in body
    (record,) = records(tmp_path)
    assert (record.verdict, record.decision, record.incumbent_model) == ("shifted", "adopt_with_bridge", "simulated-a")
    assert record.adopted_by == "grace"
    assert "Adopt with a bridge" in (folder / "report.html").read_text()
