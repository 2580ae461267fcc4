"""`semtel align`, killed again and again: it goes on, no reply is paid for twice, and the verdict is that of an undisturbed run."""

import json
import os
import time

import pytest

from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.alignments import INTENT, align_settings, simulator, write_chats
from tests.support.processes import SemtelProcess

pytestmark = pytest.mark.slow

ROWS = 300
LOST_AT_A_KILL = 120
"""Replies that a killed process had not written yet: those of 0.3 s at 16 at a time and 60 ms each, and 16 under way."""


@pytest.fixture
def endpoint():
    with simulated_endpoint(simulator()) as running:
        # Slow enough for a kill in between.
        running.configure(latency={"base_ms": 60, "per_output_token_ms": 0, "jitter": 0}, capacity={"slots": 16, "queue": 64})
        yield running


@pytest.fixture
def command(tmp_path, endpoint, project_root):
    write_chats(tmp_path, ROWS)
    align_settings(tmp_path, endpoint.base_url, project_root / "include")
    (tmp_path / "pipeline.yaml").write_text("realtime: {flush_seconds: 0.3}", encoding="utf-8")
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db",
        "SEMTEL_PIPELINE": str(tmp_path / "pipeline.yaml"),
        "SEMTEL_ENDPOINTS": str(tmp_path / "endpoints.yaml"),
        "SEMTEL_INCLUDE": str(project_root / "include"),
    }

    def start(name):
        words = [
            "align", str(tmp_path / "chats.jsonl"), "--incumbent", "now", "--candidate", "new", "--classifiers", INTENT,
            "--margin", "0.05", "--out", str(tmp_path / name), "--json",
        ]  # fmt: skip
        return SemtelProcess(*words, environment=environment)

    return start


def finished(process):
    assert process.wait() == 0, process.error
    return json.loads(process.out)


def verdicts(tmp_path, name):
    document = json.loads((tmp_path / name / "alignment.json").read_text(encoding="utf-8"))
    found = document["candidates"]["new"]["classifiers"][INTENT]
    return found["verdict"], found["decision"], found["shifts"], found["excess_disagreement"], found["reason"]


def test_killed_anywhere_it_goes_on_without_paying_twice_and_with_the_same_verdict(tmp_path, command, endpoint):
    undisturbed = finished(command("whole"))
    once = undisturbed["requests"]
    assert 4 * ROWS <= once <= 4.2 * ROWS, "a few are tried again"
    endpoint.clear_stats()
    kills = 0
    for requests in (100, 350, 500, 800, 1_000):
        process = command("killed")
        while not process.ended and endpoint.stats()["requests"] < requests:
            time.sleep(0.02)
        if not process.ended:
            process.kill()
            kills += 1
    manifest = finished(command("killed"))
    assert kills >= 3
    assert endpoint.stats()["requests"] <= once + kills * LOST_AT_A_KILL
    assert manifest["candidates"] == undisturbed["candidates"]
    assert verdicts(tmp_path, "killed") == verdicts(tmp_path, "whole")
    before = endpoint.stats()["requests"]
    finished(command("killed"))
    assert endpoint.stats()["requests"] == before
