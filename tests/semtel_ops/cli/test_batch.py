"""`semtel batch`: a run's jobs by hand."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from semtel_ops.cli.main import cli
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint, simulated_endpoint

WEEK = ["--week", "2026-W47"]


@pytest.fixture
def simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedEndpoint]:
    """An ingested run of five conversations, and the endpoint it will ask."""
    lines = [{"conversation_id": f"c{n}", "messages": [{"role": "user", "content": f"number {n}"}]} for n in range(5)]
    (tmp_path / "chats.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    quick = {"batch": {"validating_s": 0, "run_s": 3_600, "finalizing_s": 0}}
    with simulated_endpoint(SimulatorConfig.model_validate(quick)) as running:
        (tmp_path / "endpoints.yaml").write_text(
            f"endpoints: [{{name: sim, base_url: '{running.base_url}', model: simulated-small, lanes: [batch]}}]"
        )
        monkeypatch.setenv("SEMTEL_LAKE", str(tmp_path / "lake"))
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
        monkeypatch.setenv("SEMTEL_ENDPOINTS", str(tmp_path / "endpoints.yaml"))
        source = ["--source", str(tmp_path / "chats.jsonl"), "--dates", "ignore", "--classifiers", "topic"]
        run("ingest", *WEEK, *source)
        yield running


def run(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def wait_until(status: str) -> list[dict[str, Any]]:
    while True:
        jobs = run("batch", "poll", *WEEK)["jobs"]
        if {job["provider_status"] for job in jobs} == {status}:
            return jobs
        time.sleep(0.05)


def test_jobs_are_submitted_watched_and_collected(simulator: SimulatedEndpoint) -> None:
    assert run("batch", "list", *WEEK) == {"jobs": []}
    assert run("batch", "submit", *WEEK)["jobs_under_way"] == 1
    assert run("batch", "submit", *WEEK)["jobs_under_way"] <= 1
    (job,) = wait_until("completed")
    assert (job["requests"], job["answered"], job["endpoint"]) == (5, 5, "sim")
    collected = run("batch", "collect", *WEEK)
    assert (collected["shards"], collected["landed"]) == (1, 1)
    (job,) = run("batch", "list", "--all", *WEEK)["jobs"]
    assert (job["state"], job["answered"]) == ("done", 5)
    assert simulator.stats()["by_path"]["POST batches"] == {"200": 1}


def test_collect_can_stay_until_everything_has_landed(simulator: SimulatedEndpoint) -> None:
    run("batch", "submit", *WEEK)
    assert run("batch", "collect", "--wait", *WEEK)["landed"] == 1


def test_a_cancelled_run_lands_as_what_it_finished(simulator: SimulatedEndpoint) -> None:
    simulator.configure(batch={"run_s": 7_200})
    run("batch", "submit", *WEEK)
    run("batch", "cancel", *WEEK)
    wait_until("cancelled")
    (state,) = run("batch", "collect", *WEEK)["states"]
    assert state["by_status"] == {"expired": 5}


def test_a_line_for_people_names_job_state_and_size(simulator: SimulatedEndpoint) -> None:
    run("batch", "submit", *WEEK)
    shown = CliRunner().invoke(cli, ["batch", "list", *WEEK]).output
    assert "submitted" in shown
    assert "5 requests" in shown


def test_a_run_that_is_not_there_is_one_line() -> None:
    result = CliRunner().invoke(cli, ["batch", "list", "--out", "nowhere"])
    assert "semtel classify --out" in str(result.exception)
