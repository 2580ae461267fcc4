"""Seven classifiers and ten conversations in a request, graded, through real sockets: the same rows as plain requests land."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.settings import PipelineConfig
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint, simulated_endpoint
from tests.support.processes import SemtelProcess, semtel

pytestmark = pytest.mark.slow

CONVERSATIONS = 60
SHARED = ("--pack", "10", "--combine", "--grader")
TEXTS = (
    "fix this Python function, it raises an error",
    "a recipe for bread, please",
    "thanks, now translate my letter",
    "hello",
)
VARIES = ("latency_ms", "classified_at", "attempts", "calls")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "chats.jsonl"
    lines = [
        {"conversation_id": f"c{n}", "messages": [{"role": "user", "content": f"{TEXTS[n % 4]} (number {n})"}]}
        for n in range(CONVERSATIONS)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


def command(source: Path, simulator: SimulatedEndpoint, out: Path, *options: str) -> list[str]:
    endpoints = source.parent / "endpoints.yaml"
    price = "{input_per_million: 1.0, output_per_million: 1.0}"
    endpoints.write_text(
        f"endpoints: [{{name: sim, base_url: '{simulator.base_url}', model: simulated-small, price: {price}}}]"
    )
    pipeline = source.parent / "pipeline.yaml"
    pipeline.write_text("strategy: {audit_share: 0.1, shadow_share: 0.1}\nrealtime: {flush_seconds: 0.2}\n")
    files = ["--endpoints", str(endpoints), "--config", str(pipeline), "--out", str(out)]
    return ["classify", str(source), *files, *options, "--json"]


def classify(source: Path, simulator: SimulatedEndpoint, out: Path, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(semtel(*command(source, simulator, out, *options)))
    return found


def rows_of(out: Path, *leave_out: str) -> list[dict[str, Any]]:
    rows = (row for path in (out / "labels").glob("*.parquet") for row in read_rows(str(path)))
    kept = ({name: value for name, value in row.items() if name not in leave_out} for row in rows)
    return sorted(kept, key=lambda row: (row["conversation_id"], row["classifier"]))


def test_a_noiseless_model_labels_alike_however_it_is_asked(source: Path, tmp_path: Path) -> None:
    with simulated_endpoint() as simulator:
        plain = classify(source, simulator, tmp_path / "plain")
        alike = ("conversation_id", "classifier", "label", "labels", "score", "status", "model")
        wanted = [{name: row[name] for name in alike} for row in rows_of(tmp_path / "plain")]
        for options in (("--pack", "10"), ("--combine",), ("--pack", "10", "--combine"), SHARED):
            out = tmp_path / "".join(options)
            manifest = classify(source, simulator, out, *options)
            assert manifest["sampled"] == CONVERSATIONS
            assert manifest["landed"] == plain["landed"] == CONVERSATIONS * len(PipelineConfig().classifiers)
            assert [{name: row[name] for name in alike} for row in rows_of(out)] == wanted
            assert rows_of(out)[0].keys() == rows_of(tmp_path / "plain")[0].keys()
            assert manifest["input_tokens"] < plain["input_tokens"]
    assert plain["requests"] == CONVERSATIONS * len(PipelineConfig().classifiers)


def test_a_graded_run_killed_and_begun_again_ends_as_an_undisturbed_one(source: Path, tmp_path: Path) -> None:
    slow = {"latency": {"base_ms": 150}, "labels": {"noise": 0.05, "noise_per_member": 0.01}}
    with simulated_endpoint(SimulatorConfig.model_validate(slow)) as simulator:
        calm = classify(source, simulator, tmp_path / "calm", *SHARED)
        for enough in (1, 8):
            simulator.clear_stats()
            process = SemtelProcess(*command(source, simulator, tmp_path / "wild", *SHARED))
            while not process.ended and simulator.stats()["requests"] < enough:
                time.sleep(0.02)
            process.kill()
        wild = classify(source, simulator, tmp_path / "wild", *SHARED)
    assert rows_of(tmp_path / "wild", *VARIES) == rows_of(tmp_path / "calm", *VARIES)
    assert wild["strategy"] == calm["strategy"]
    assert wild["cleaning"] == calm["cleaning"]
    assert calm["strategy"]["grading"]["named"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["missing_member", "fenced", "length", "content_filter", "near_miss", "500"])
def test_whatever_a_shared_reply_suffers_every_row_lands_once(source: Path, tmp_path: Path, fault: str) -> None:
    config = {"faults": {fault: 0.4}, "seed": 3}
    with simulated_endpoint(SimulatorConfig.model_validate(config)) as simulator:
        manifest = classify(source, simulator, tmp_path / "out", *SHARED)
        asked = simulator.stats()
    rows = rows_of(tmp_path / "out")
    assert manifest["landed"] == len(rows) == CONVERSATIONS * len(PipelineConfig().classifiers)
    assert Counter((row["conversation_id"], row["classifier"]) for row in rows).most_common(1)[0][1] == 1
    assert asked["answered_more_than_once"] == 0
    assert sum(asked["faults"].values()) > 0, "the fault was never met"
    statuses = {row["status"] for row in rows}
    assert statuses <= {"success", "refused" if fault == "content_filter" else "success", "invalid_output"}
    # What the rows cost is what the endpoint charged.
    assert sum(row["cost_usd"] for row in rows) == pytest.approx(manifest["cost_usd"])
    if fault == "missing_member":
        assert manifest["strategy"]["problems"]["missing_member"] > 0
