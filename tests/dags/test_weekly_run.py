"""The weekly DAG with its real steps, against the simulator: what a person finds afterwards in the lake and in SQL."""

import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from semtel_ops.runs.progress import LogProgress
from semtel_ops.settings import Settings
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps.week import run_week
from semtel_ops.store.layout import Lake
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from semtel_ops.testing.webhook import listening_webhook

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

WEEK = "2026-W40"
CONVERSATIONS = 40  # the gate judges shares of 30 rows and more


@pytest.fixture(scope="module")
def endpoint():
    with simulated_endpoint(SimulatorConfig()) as running:
        yield running


@pytest.fixture
def lake(tmp_path, monkeypatch, endpoint, project_root):
    """An empty installation: a lake, a ledger, the simulator as the endpoint, and the conversations of one week."""
    endpoint.configure(faults={})
    endpoint.clear_stats()
    (tmp_path / "endpoints.yaml").write_text(
        f"endpoints:\n  - {{name: sim, base_url: '{endpoint.base_url}', model: simulated-small}}\n", encoding="utf-8"
    )
    (tmp_path / "pipeline.yaml").write_text(
        f"source: {{paths: ['{tmp_path}/chats.jsonl']}}\nclassifiers: [knowledge_work]\nrealtime: {{max_attempts: 1}}\n",
        encoding="utf-8",
    )
    with (tmp_path / "chats.jsonl").open("w", encoding="utf-8") as file:
        for at in range(CONVERSATIONS):
            turns = [{"role": "user", "content": f"How do I write a Python function, part {at}?"}]
            started = f"2026-10-0{1 + at % 3}T10:00:00Z"
            file.write(json.dumps({"conversation_id": f"c{at}", "started_at": started, "messages": turns}) + "\n")
    for name, value in {
        "SEMTEL_LAKE": tmp_path / "lake",
        "SEMTEL_PIPELINE": tmp_path / "pipeline.yaml",
        "SEMTEL_ENDPOINTS": tmp_path / "endpoints.yaml",
        "SEMTEL_INCLUDE": project_root / "include",
        "DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db",
    }.items():
        monkeypatch.setenv(name, str(value))
    return Lake(str(tmp_path / "lake"))


def published_rows(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/ledger.db")
    with engine.connect() as connection:
        count = connection.execute(sa.text("SELECT count(*) FROM label")).scalar_one()
    engine.dispose()
    return count


@pytest.fixture
def counted(monkeypatch):
    """What Airflow's own metrics were told, added up."""
    from airflow.sdk.observability import stats

    counts = Counter()

    def incr(name, value=1, **_):
        counts[name] += value

    monkeypatch.setattr(stats, "incr", incr)
    return counts


def test_a_dry_run_forecasts_and_asks_nothing(lake, run_weekly, endpoint, tmp_path):
    state, states = run_weekly({"week": WEEK, "dry_run": True})
    assert state == "success"
    assert states["publish"] == "skipped"
    assert asked(endpoint) == 0
    (forecast,) = Path(lake.path("runs")).glob("week=*/run=*/forecast.json")
    assert json.loads(forecast.read_text(encoding="utf-8"))["requests"] == CONVERSATIONS


@pytest.fixture
def hook(lake, tmp_path, monkeypatch):
    """A webhook that is a connection of Airflow's."""
    with listening_webhook() as listening:
        told = {"conn_type": "generic", "host": listening.url, "password": "secret"}
        monkeypatch.setenv("AIRFLOW_CONN_ON_CALL", json.dumps(told))
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example")
        with (tmp_path / "pipeline.yaml").open("a", encoding="utf-8") as file:
            file.write("alerts: {channels: [{kind: webhook, conn_id: on_call}]}\n")
        yield listening


def test_bad_replies_stop_at_the_gate_with_a_report_and_on_call_is_told_once(hook, lake, run_weekly, endpoint, tmp_path):
    endpoint.configure(faults={"500": 0.5})  # with more, the circuit opens, and the week waits for it
    state, states = run_weekly({"week": WEEK})
    assert state == "failed"
    assert {name: states[name] for name in ("validate", "publish", "report", "alert", "close")} == {
        "validate": "failed",
        "publish": "upstream_failed",
        "report": "success",
        "alert": "success",
        "close": "failed",
    }
    assert published_rows(tmp_path) == 0
    assert Path(lake.report(WEEK)).exists(), "the page says what stopped the week"
    (alert,) = hook.received
    (totals,) = Path(lake.path("runs")).glob("week=*/run=*/totals.json")
    landed = json.loads(totals.read_text(encoding="utf-8"))["by_status"]
    assert landed.keys() == {"success", "error"}
    assert (alert["kind"], alert["counts"]["by_status"]) == ("gate_stopped", landed)
    assert sum(landed.values()) == CONVERSATIONS
    assert alert["links"]["run"].startswith("https://airflow.example/dags/semantic_telemetry_weekly/runs/")
    assert alert["links"]["reprocess"].startswith("https://airflow.example/")
    assert hook.headers["Authorization"] == "Bearer secret"


def test_a_misspelt_key_is_refused_and_on_call_is_told_of_it_even_by_the_run_after_it(hook, run_weekly, endpoint):
    hook.status = 500
    state, states = run_weekly({"week": WEEK, "smaple_size": 3})
    assert (state, states["plan"]) == ("failed", "failed")
    assert endpoint.stats()["by_path"] == {}
    assert hook.calls == 1, "the verdict is not told where the failure was"
    hook.status = 200
    assert run_weekly({"week": WEEK, "smaple_size": 3})[0] == "failed"
    assert [(told["kind"], told["week"]) for told in hook.received] == [("task_failed", WEEK)] * 2


@pytest.fixture
def in_batches(lake, endpoint, tmp_path, monkeypatch):
    """`in_batches(routing, shards, **batch)`: both lanes at a price, batches as the simulator is told, triggers that fire at once."""
    # Inline triggers run after the task has been deferred for certain.
    monkeypatch.setattr("semtel_airflow.operators.MIN_DEFER_S", 0.0)
    (tmp_path / "endpoints.yaml").write_text(
        f"endpoints:\n  - {{name: sim, base_url: '{endpoint.base_url}', model: simulated-small, lanes: [realtime, batch],\n"
        "     price: {input_per_million: 100.0, output_per_million: 100.0}}\n",
        encoding="utf-8",
    )

    def configure(routing, shards=None, **batch):
        endpoint.configure(batch={"time_factor": 36_000, **batch})
        with (tmp_path / "pipeline.yaml").open("a", encoding="utf-8") as file:
            file.write(f"routing: {json.dumps(routing)}\nbatch: {{poll_min_s: 0.1, settle_s: 0}}\n")
            file.write(f"shards: {json.dumps(shards or {})}\n")

    yield configure
    endpoint.configure(batch=SimulatorConfig().batch.model_dump(mode="json"))


def lanes_of(lake):
    (path,) = Path(lake.path("runs")).glob("week=*/run=*/lanes.json")
    return json.loads(path.read_text(encoding="utf-8"))


def asked(endpoint):
    return sum(endpoint.stats()["by_path"].get("chat/completions", {}).values())


def test_with_time_to_spare_the_week_is_asked_in_batches_at_half_the_price(lake, in_batches, run_weekly, endpoint, tmp_path):
    in_batches({"min_saving_usd": 0.01})
    state, states = run_weekly({"week": WEEK})
    assert state == "success", states
    assert states["realtime.classify"] == "skipped"
    assert states["batch.classify[0]"] == "success"
    assert published_rows(tmp_path) == CONVERSATIONS
    assert asked(endpoint) == 0
    lanes = lanes_of(lake)
    assert lanes["choices"][0]["reason"].startswith("saves $")
    assert lanes["results"]["lanes"]["batch"]["rows"] == CONVERSATIONS
    assert lanes["results"]["saved_usd"] == pytest.approx(lanes["results"]["lanes"]["batch"]["cost_usd"])


def test_a_week_with_a_tight_deadline_is_labelled_published_and_reported_and_a_second_run_pays_nothing(
    lake, in_batches, run_weekly, endpoint, tmp_path, counted
):
    in_batches({"min_saving_usd": 0.01, "tokens_per_minute": 1e9}, shards={"conversations": 30})
    soon = (datetime.now(UTC) + timedelta(hours=2)).isoformat(timespec="seconds")
    state, states = run_weekly({"week": WEEK, "deadline": soon})
    assert state == "success", states
    assert states["batch.classify"] == "skipped"
    assert counted["semtel.requests"] == counted["semtel.rows.realtime.success"] == CONVERSATIONS
    assert sum(name.startswith("realtime.classify[") for name in states) > 1
    assert published_rows(tmp_path) == asked(endpoint) == CONVERSATIONS
    assert Path(lake.report(WEEK)).exists()
    lanes = lanes_of(lake)
    (choice,) = lanes["choices"]
    assert choice["lane"] == "realtime"
    assert choice["reason"].startswith("a batch takes 24 h (assumed: routing.batch_hours)")
    assert lanes["results"]["lanes"].keys() == {"realtime"}
    run_week({"week": WEEK, "deadline": soon}, run_id="second", settings=Settings.from_env(), progress=LogProgress())
    assert asked(endpoint) == CONVERSATIONS, "the journal knew every answer"
    assert published_rows(tmp_path) == CONVERSATIONS


def test_a_batch_that_never_ends_is_rescued_before_the_deadline(lake, in_batches, run_weekly, endpoint, tmp_path):
    # Ten minutes are kept for jobs to stop, so these, which stand still, are stopped six seconds after the choice.
    in_batches(
        {"min_saving_usd": 0.01, "deadline_hours": 606 / 3_600, "batch_hours": 0.001, "tokens_per_minute": 1e9},
        stalls_at=0.0,
        expires=False,
    )
    state, states = run_weekly({"week": WEEK})
    assert state == "success", states
    assert states["batch.classify[0]"] == "success"
    assert sum(name.startswith("rescue[") for name in states) == sum(name.startswith("batch.check[") for name in states)
    assert published_rows(tmp_path) == CONVERSATIONS
    lanes = lanes_of(lake)
    assert lanes["results"]["rescued"]["rows"] == asked(endpoint) == CONVERSATIONS
    assert time.time() < lanes["deadline"]


def test_an_impossible_deadline_says_so_before_anything_is_spent(lake, in_batches, run_weekly, endpoint):
    in_batches({"min_saving_usd": 0.01, "tokens_per_minute": 1})
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    state, states = run_weekly({"week": WEEK, "deadline": soon})
    assert (state, states["route"], states["gather"]) == ("failed", "failed", "skipped")
    assert endpoint.stats()["by_path"] == {}
