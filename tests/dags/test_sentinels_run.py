"""The sentinels' DAG with its real steps, on a published week, at an endpoint of the simulator."""

import pytest

from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.model_ledger import ModelLedger
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.published_week import publish_week, week_settings

pytestmark = [pytest.mark.airflow, pytest.mark.slow]


@pytest.fixture
def world(tmp_path, monkeypatch, project_root):
    """A published week and its endpoint, as the environment of Airflow's workers names them."""
    with simulated_endpoint(SimulatorConfig()) as endpoint:
        settings = week_settings(tmp_path, endpoint.base_url, project_root / "include")
        (tmp_path / "pipeline.yaml").write_text(
            "classifiers: [knowledge_work, user_intent]\nsentinels: {rows: 10, repeats: 4}\n", encoding="utf-8"
        )
        for name, value in {
            "SEMTEL_LAKE": settings.lake,
            "SEMTEL_PIPELINE": tmp_path / "pipeline.yaml",
            "SEMTEL_ENDPOINTS": settings.endpoints,
            "SEMTEL_INCLUDE": settings.include,
            "DATABASE_URL": settings.database_url.get_secret_value(),
        }.items():
            monkeypatch.setenv(name, str(value))
        publish_week(tmp_path, settings, conversations=20)
        endpoint.clear_stats()
        yield endpoint


def days_of(tmp_path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        models = ModelLedger(ledger)
        return [(row.endpoint, row.classifier, row.state) for row in models.sentinel_days()], models.listings()


def test_a_dry_run_asks_nothing_and_the_first_run_measures_a_baseline_once(run_dag, world, tmp_path):
    state, states = run_dag("model_sentinels", {"dry_run": True})
    assert (state, states) == ("success", {"look_at_models": "success", "ask_sentinels": "success"})
    assert world.stats()["answered_bodies"] == 0
    for _ in range(2):
        state, states = run_dag("model_sentinels")
        assert state == "success", states
        assert world.stats()["answered_bodies"] == 10 * 2 * 4
    days, listings = days_of(tmp_path)
    assert days == [("sim", "knowledge_work", "baseline"), ("sim", "user_intent", "baseline")]
    assert [(each.endpoint, each.model) for each in listings] == [("sim", "simulated-small")]
