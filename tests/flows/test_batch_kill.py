"""SIGKILL at any call about files and jobs, then the same command again: one job, every row, nothing left behind."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from semtel_ops.endpoints.model import Endpoint
from semtel_ops.endpoints.openai_batch import OpenAIBatchClient
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import simulated_endpoint

COUNT = 30
KILLER = """
import os, signal, sys
from semtel_ops.cli.main import main
from semtel_ops.endpoints.openai_batch import OpenAIBatchClient

name, when = sys.argv.pop(1), sys.argv.pop(1)
call = getattr(OpenAIBatchClient, name)

def deadly(self, *args):
    if when == "after":
        call(self, *args)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(OpenAIBatchClient, name, deadly)
main()
"""
POINTS = [(name, when) for name in ("upload", "create", "retrieve", "download", "delete_file") for when in ("before", "after")]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "when"), POINTS)
def test_killed_there_and_started_again_it_ends_as_if_nothing_had_happened(tmp_path: Path, name: str, when: str) -> None:
    source = tmp_path / "chats.jsonl"
    lines = [{"conversation_id": f"c{n}", "messages": [{"role": "user", "content": f"number {n}"}]} for n in range(COUNT)]
    source.write_text("\n".join(json.dumps(line) for line in lines))
    (tmp_path / "pipeline.yaml").write_text("batch: {poll_min_s: 0.1, settle_s: 0.3}")
    quick = {"batch": {"validating_s": 0, "run_s": 600, "finalizing_s": 0}, "labels": {"mode": "constant"}}
    with simulated_endpoint(SimulatorConfig.model_validate(quick)) as simulator:
        (tmp_path / "endpoints.yaml").write_text(
            f"endpoints: [{{name: sim, base_url: '{simulator.base_url}', model: simulated-small, lanes: [batch]}}]"
        )
        options = ["classify", str(source), "--classifiers", "topic", "--endpoints", str(tmp_path / "endpoints.yaml")]
        options += ["--lane", "batch", "--out", str(tmp_path / "out"), "--config", str(tmp_path / "pipeline.yaml")]
        killed = subprocess.run([sys.executable, "-c", KILLER, name, when, *options], capture_output=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        subprocess.run([sys.executable, "-m", "semtel_ops.cli.main", *options], check=True, capture_output=True)
        client = OpenAIBatchClient(Endpoint("sim", "openai", simulator.base_url, "m"))
        jobs, files = list(client.jobs()), list(client.files())
        client.close()
    assert (len(jobs), files) == (1, [])
    rows = [row for path in (tmp_path / "out" / "labels").glob("*.parquet") for row in read_rows(str(path))]
    assert sorted(row["conversation_id"] for row in rows) == sorted(f"c{n}" for n in range(COUNT))
    assert {row["status"] for row in rows} == {"success"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["requests"], manifest["reused"]) == (COUNT, 0)
