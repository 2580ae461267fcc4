"""Killed at any moment and started again with the same command, a run ends as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint, simulated_endpoint

CONVERSATIONS = 1_500
KILLS_AFTER = (1, 150, 400)  # calls of a try; the last has something to reuse, and leaves something
PLACES = 64  # calls under way at most
FLUSH = 500  # replies that one flush interval holds at most
VARIES = ("latency_ms", "classified_at", "attempts")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "chats.jsonl"
    lines = [
        {"conversation_id": f"c{n}", "messages": [{"role": "user", "content": f"number {n} " * 20}]}
        for n in range(CONVERSATIONS)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


def command(source: Path, simulator: SimulatedEndpoint, out: Path) -> list[str]:
    endpoints = source.parent / "endpoints.yaml"
    endpoints.write_text(
        f"endpoints: [{{name: sim, base_url: '{simulator.base_url}', model: simulated-small, "
        f"limits: {{max_concurrency: {PLACES}}}}}]"
    )
    options = ["--classifiers", "knowledge_work", "--endpoints", str(endpoints), "--out", str(out)]
    return [sys.executable, "-m", "semtel_ops.cli.main", "classify", str(source), *options]


def rows_of(out: Path) -> list[dict[str, Any]]:
    rows = [row for path in (out / "labels").glob("*.parquet") for row in read_rows(str(path))]
    return sorted(({k: v for k, v in row.items() if k not in VARIES} for row in rows), key=lambda row: row["conversation_id"])


def wait_for_calls(simulator: SimulatedEndpoint, count: int, process: "subprocess.Popen[bytes]") -> None:
    """Until the endpoint was asked so often, so that a kill falls into the work and not into the start of Python."""
    while calls(simulator) < count:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)


def calls(simulator: SimulatedEndpoint) -> int:
    return int(simulator.stats()["requests"])


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_as_an_undisturbed_one(source: Path, tmp_path: Path) -> None:
    quick = SimulatorConfig.model_validate({"latency": {"base_ms": 20}, "labels": {"mode": "constant"}})
    with simulated_endpoint(quick) as simulator:
        subprocess.run(command(source, simulator, tmp_path / "calm"), check=True, capture_output=True)
        simulator.clear_stats()
        # So slow that no try ends before it is killed: what is left takes it ten seconds at least.
        simulator.configure(latency={"base_ms": 600})
        for count in KILLS_AFTER:
            process = subprocess.Popen(command(source, simulator, tmp_path / "wild"), stdout=subprocess.DEVNULL)
            wait_for_calls(simulator, calls(simulator) + count, process)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        simulator.configure(latency={"base_ms": 20})
        subprocess.run(command(source, simulator, tmp_path / "wild"), check=True, capture_output=True)
        asked = calls(simulator)
    assert rows_of(tmp_path / "wild") == rows_of(tmp_path / "calm")
    assert CONVERSATIONS < asked <= CONVERSATIONS + len(KILLS_AFTER) * (PLACES + FLUSH)


def test_sigterm_flushes_and_ends(source: Path, tmp_path: Path) -> None:
    slow = SimulatorConfig.model_validate({"latency": {"base_ms": 300}, "labels": {"mode": "constant"}})
    with simulated_endpoint(slow) as simulator:
        process = subprocess.Popen(command(source, simulator, tmp_path / "out"), stderr=subprocess.PIPE)
        wait_for_calls(simulator, 100, process)
        process.terminate()
        _, error = process.communicate(timeout=600)
        assert process.returncode == 130
        assert b"run the same command again to resume" in error
        before = calls(simulator)
        subprocess.run(command(source, simulator, tmp_path / "out"), check=True, capture_output=True)
        # All replies that had arrived were flushed: only calls under way at the end are asked again.
        assert calls(simulator) - before <= CONVERSATIONS - (before - PLACES)
