"""SIGKILL around any call about files and jobs, then the same command again: one job, every row, nothing left behind.

What a kill leaves is what the ledger, the journal and the provider hold at that moment, so points between which none of them
changes are one point. `retrieve` only reads, and `download` reads into the memory of its process: killed before or after
either, a submitted job has nothing merged and all of its files. The last of these four moments stands for them.
"""

import json
import signal
from pathlib import Path

import pytest

from semtel_ops.endpoints.model import Endpoint
from semtel_ops.endpoints.openai_batch import OpenAIBatchClient
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.processes import Death, SemtelProcess, semtel

COUNT = 30
POINTS = (
    ("upload", "before"),  # the ledger says uploading; the provider has no file
    ("upload", "after"),  # the same, and it has
    ("create", "before"),  # creating, with the file's id; no job
    ("create", "after"),  # the same, and a job
    ("download", "after"),  # submitted
    ("delete_file", "before"),  # merged; all files are there
    ("delete_file", "after"),  # merged; one file is gone
)


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
        command = ["classify", source, "--classifiers", "topic", "--endpoints", tmp_path / "endpoints.yaml"]
        command += ["--lane", "batch", "--out", tmp_path / "out", "--config", tmp_path / "pipeline.yaml"]
        killed = SemtelProcess(*command, dies=Death(f"semtel_ops.endpoints.openai_batch:OpenAIBatchClient.{name}", when))
        assert killed.wait() == -signal.SIGKILL, killed.error
        semtel(*command)
        client = OpenAIBatchClient(Endpoint("sim", "openai", simulator.base_url, "m"))
        jobs, files = list(client.jobs()), list(client.files())
        client.close()
    assert (len(jobs), files) == (1, [])
    rows = [row for path in (tmp_path / "out" / "labels").glob("*.parquet") for row in read_rows(str(path))]
    assert sorted(row["conversation_id"] for row in rows) == sorted(f"c{n}" for n in range(COUNT))
    assert {row["status"] for row in rows} == {"success"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["requests"], manifest["reused"]) == (COUNT, 0)
