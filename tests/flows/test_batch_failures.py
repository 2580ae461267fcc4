"""Whatever a provider of batches does over HTTP, `semtel classify --lane batch` lands every row once and pays once."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from semtel_ops.cli.main import cli
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.endpoints.openai_batch import OpenAIBatchClient
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import simulated_endpoint

QUICK = {"validating_s": 60, "run_s": 600, "finalizing_s": 60}
COUNT = 60


def classify(
    tmp_path: Path, batch: dict[str, Any], lane: str = "batch", lanes: str = "batch"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Manifest and the simulator's statistics."""
    source = tmp_path / "chats.jsonl"
    lines = [{"conversation_id": f"c{n}", "messages": [{"role": "user", "content": f"code number {n}"}]} for n in range(COUNT)]
    source.write_text("\n".join(json.dumps(line) for line in lines))
    (tmp_path / "pipeline.yaml").write_text("batch: {poll_min_s: 0.1, backoff_s: 0.3, settle_s: 0.5, max_rounds: 4}")
    config = SimulatorConfig.model_validate({"labels": {"mode": "constant"}, "batch": {**QUICK, **batch}})
    with simulated_endpoint(config) as simulator:
        (tmp_path / "endpoints.yaml").write_text(
            f"endpoints: [{{name: sim, base_url: '{simulator.base_url}', model: simulated-small, lanes: [{lanes}]}}]"
        )
        options = ["--classifiers", "topic", "--endpoints", str(tmp_path / "endpoints.yaml"), "--lane", lane]
        options += ["--config", str(tmp_path / "pipeline.yaml"), "--out", str(tmp_path / f"out-{lane}"), "--json"]
        result = CliRunner().invoke(cli, ["classify", str(source), *options])
        assert result.exit_code == 0, result.output
        simulator.configure(batch={"call_faults": {}})
        client = OpenAIBatchClient(Endpoint("sim", "openai", simulator.base_url, "m"))
        left = {**simulator.stats(), "files": list(client.files())}
        client.close()
    manifest = json.loads((tmp_path / f"out-{lane}" / "manifest.json").read_text())
    assert manifest["landed"] == manifest["sampled"] == COUNT
    rows = [row for path in (tmp_path / f"out-{lane}" / "labels").glob("*.parquet") for row in read_rows(str(path))]
    assert len({row["conversation_id"] for row in rows}) == len(rows) == COUNT
    return {**manifest, "rows": rows}, left


@pytest.mark.slow
@pytest.mark.parametrize(
    "batch",
    [
        {},
        {"faults": {"500": 0.2, "429": 0.1}},
        {"lost_lines": 0.2},
        {"cut_downloads": 0.6},
        {"output_bom": True, "null_counts": True, "empty_error_file": True, "expires": False},
        {"lost_create_replies": 1.0},
        {"call_faults": {"503": 0.15, "reset": 0.1, "429": 0.1}},
        {"max_requests": 25},
        {"enqueued_tokens": 30_000},
        {"enqueued_tokens": 30_000, "refuses_at": "create"},
    ],
    ids=str,
)
def test_every_row_lands_and_no_job_is_made_twice(tmp_path: Path, batch: dict[str, Any]) -> None:
    manifest, stats = classify(tmp_path, batch)
    assert manifest["by_status"].get("success", 0) >= COUNT - 2
    assert manifest["by_lane"] == {"batch": COUNT}
    # A line the provider lost was answered, and paid for, by its fault alone.
    assert stats["answered_more_than_once"] == 0
    assert stats["files"] == [], "everything is cleaned up at the provider"


def test_a_refused_answer_is_not_asked_again(tmp_path: Path) -> None:
    manifest, stats = classify(tmp_path, {"faults": {"content_filter_400": 1.0}})
    assert manifest["by_status"] == {"refused": COUNT}
    assert stats["by_path"]["batch chat/completions"] == {"400": COUNT}


def test_jobs_that_always_expire_land_as_expired_after_a_bounded_number(tmp_path: Path) -> None:
    manifest, stats = classify(tmp_path, {"window_s": 100, "run_s": 3_600})
    assert manifest["by_status"] == {"expired": COUNT}
    assert stats["by_path"]["POST batches"] == {"200": 4}
    assert manifest["requests"] == 0


def test_both_lanes_give_the_same_labels(tmp_path: Path) -> None:
    batch, _ = classify(tmp_path, {}, lanes="realtime, batch")
    now, _ = classify(tmp_path, {}, lane="realtime", lanes="realtime, batch")
    labels = [{row["conversation_id"]: (row["label"], row["status"]) for row in run["rows"]} for run in (batch, now)]
    assert labels[0] == labels[1]


def test_unreadable_replies_are_asked_once_more_in_realtime(tmp_path: Path) -> None:
    manifest, stats = classify(tmp_path, {"faults": {"empty": 0.3}}, lanes="realtime, batch")
    assert manifest["by_status"] == {"success": COUNT}
    assert manifest["by_lane"]["realtime"] == stats["by_path"]["chat/completions"]["200"] > 5
    assert stats["by_path"]["POST batches"] == {"200": 1}
