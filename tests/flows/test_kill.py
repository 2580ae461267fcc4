"""Killed at any moment and started again with the same command, a run ends as if nothing had happened."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.store.journal import Journal
from semtel_ops.store.layout import Lake
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint, simulated_endpoint
from tests.support.processes import SemtelProcess, semtel

CONVERSATIONS = 800
KILLS_AT = (0, 60, 150)  # answers written down; from the second on, a try has something to reuse, and leaves something
PLACES = 64  # calls under way at most
VARIES = ("latency_ms", "classified_at", "attempts")


class Shell:
    """`semtel classify` over one file, against one simulator."""

    def __init__(self, folder: Path, simulator: SimulatedEndpoint, conversations: int = CONVERSATIONS) -> None:
        self.folder, self.simulator = folder, simulator
        lines = [
            {"conversation_id": f"c{n}", "messages": [{"role": "user", "content": f"number {n} " * 20}]}
            for n in range(conversations)
        ]
        (folder / "chats.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
        (folder / "pipeline.yaml").write_text("realtime: {flush_seconds: 0.5}")
        (folder / "endpoints.yaml").write_text(
            f"endpoints: [{{name: sim, base_url: '{simulator.base_url}', model: simulated-small, "
            f"limits: {{max_concurrency: {PLACES}}}}}]"
        )

    def words(self, out: str) -> tuple[object, ...]:
        files = ("--endpoints", self.folder / "endpoints.yaml", "--config", self.folder / "pipeline.yaml")
        return ("classify", self.folder / "chats.jsonl", "--classifiers", "knowledge_work", "--out", self.folder / out, *files)

    def written(self, out: str) -> int:
        """Answers that a run has written down so far."""
        return len(Journal(Lake(str(self.folder / out / "lake")).journal()))

    def wait(self, process: SemtelProcess, ready: Callable[[], bool]) -> None:
        """For a moment in the work, not in the start of the process."""
        while not ready():
            assert not process.ended, "it ended before that"
            time.sleep(0.05)


def rows_of(out: Path) -> list[dict[str, Any]]:
    rows = [row for path in (out / "labels").glob("*.parquet") for row in read_rows(str(path))]
    return sorted(({k: v for k, v in row.items() if k not in VARIES} for row in rows), key=lambda row: row["conversation_id"])


def calls(simulator: SimulatedEndpoint) -> int:
    return int(simulator.stats()["requests"])


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    quick = SimulatorConfig.model_validate({"latency": {"base_ms": 20}, "labels": {"mode": "constant"}})
    with simulated_endpoint(quick) as simulator:
        shell = Shell(tmp_path, simulator)
        semtel(*shell.words("calm"))
        # So slow that no try ends before it is killed: what is left takes it seconds at least.
        simulator.configure(latency={"base_ms": 1_000})
        simulator.clear_stats()
        for enough in KILLS_AT:
            before = calls(simulator)
            process = SemtelProcess(*shell.words("wild"))
            shell.wait(process, lambda: calls(simulator) > before and shell.written("wild") >= enough)  # noqa: B023
            process.kill()
        asked, written = calls(simulator), shell.written("wild")
        simulator.configure(latency={"base_ms": 20})
        simulator.clear_stats()
        semtel(*shell.words("wild"))
        asked_anew = simulator.stats()["distinct_bodies"]
    assert rows_of(tmp_path / "wild") == rows_of(tmp_path / "calm")
    assert asked_anew == CONVERSATIONS - written, "all that was written down is reused, and no more is asked than is missing"
    assert asked + asked_anew > CONVERSATIONS, "the kills cost something, or they came too late"


def test_sigterm_flushes_and_ends(tmp_path: Path) -> None:
    slow = SimulatorConfig.model_validate({"latency": {"base_ms": 300}, "labels": {"mode": "constant"}})
    with simulated_endpoint(slow) as simulator:
        shell = Shell(tmp_path, simulator)
        process = SemtelProcess(*shell.words("out"))
        shell.wait(process, lambda: calls(simulator) >= 100)
        process.terminate()
        assert process.wait() == 130
        assert "run the same command again to continue" in process.error
        before = calls(simulator)
        simulator.configure(latency={"base_ms": 20})
        semtel(*shell.words("out"))
        # All replies that had arrived were flushed: only calls under way at the end are asked again.
        assert calls(simulator) - before <= CONVERSATIONS - (before - PLACES)
