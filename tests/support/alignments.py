"""Alignments of simulated models whose errors are planted, in a folder of a test."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from semtel_ops.runs.progress import LogProgress
from semtel_ops.settings import Settings
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps.align import run_alignment
from semtel_ops.store.alignment_ledger import AlignmentRecord

INTENT = "user_intent"
SUBJECTS = (
    "fix a bug in my code",
    "write me a poem",
    "explain how rain forms",
    "what is the capital of Chad",
    "tell me a joke",
)
BATCH = {"time_factor": 100_000, "validating_s": 1, "run_s": 1, "finalizing_s": 1}


def simulator(confused: float = 0.5) -> SimulatorConfig:
    """`simulated-a`, and `simulated-b` with planted errors; both with some noise.

    A fifth of the conversations ask for a poem. This share of them is labelled as leisure by `simulated-b`.
    """
    return SimulatorConfig.model_validate(
        {
            "models": {"simulated-a": {}, "simulated-b": {"confusion": {INTENT: {"content_creation": {"leisure": confused}}}}},
            "labels": {"noise": 0.02, "model_bias": 0},
            "batch": BATCH,
        }
    )


def align_settings(folder: Path, base_url: str, include: Path) -> Settings:
    """Settings with a lake and a ledger in `folder`, and an endpoint of each simulated model."""
    write_entries(folder, base_url, {"now": "simulated-a", "twin": "simulated-a", "new": "simulated-b"})
    return Settings(
        lake=str(folder / "lake"),
        database_url=SecretStr(f"sqlite:///{folder}/ledger.db"),
        include=str(include),
        endpoints=str(folder / "endpoints.yaml"),
    )


def write_entries(folder: Path, base_url: str, models: Mapping[str, str]) -> None:
    """endpoints.yaml, with names and models."""
    entries = [
        f"  - {{name: {name}, base_url: '{base_url}', model: {model}, lanes: [realtime, batch],\n"
        "     price: {input_per_million: 1.0, output_per_million: 1.0}}\n"
        for name, model in models.items()
    ]
    (folder / "endpoints.yaml").write_text("endpoints:\n" + "".join(entries), encoding="utf-8")


def write_chats(folder: Path, conversations: int, labels: Mapping[int, Mapping[str, Any]] | None = None) -> Path:
    """Conversations c0, c1, …; `labels`: golden labels of some."""
    path = folder / "chats.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for at in range(conversations):
            turns = [{"role": "user", "content": f"Please {SUBJECTS[at % len(SUBJECTS)]}, number {at}"}]
            record = {"conversation_id": f"c{at}", "started_at": "2026-11-18T10:00:00Z", "messages": turns}
            file.write(json.dumps({**record, "labels": (labels or {}).get(at, {})}) + "\n")
    return path


def align_request(folder: Path, candidates: Sequence[str] = ("new",), **fields: Any) -> dict[str, Any]:
    return {
        "week": "2026-W47",
        "source": (str(folder / "chats.jsonl"),),
        "classifiers": (INTENT,),
        "incumbent": "now",
        "candidates": tuple(candidates),
        "margin": 0.05,
        **fields,
    }


def align(
    folder: Path, settings: Settings, candidates: Sequence[str] = ("new",), *, name: str = "a1", **fields: Any
) -> dict[str, Any]:
    """Run an alignment of the chats in a folder; returns its manifest."""
    return run_alignment(
        align_request(folder, candidates, **fields),
        alignment_id=name,
        out=str(folder / name),
        settings=settings,
        progress=LogProgress(),
    )


def alignment_record(candidate: str = "east", classifier: str = "topic", **fields: Any) -> AlignmentRecord:
    """A row of the ledger, made up: alignment `luna`, from model luna to luna-2."""
    defaults: dict[str, Any] = {
        "alignment_id": "luna", "incumbent": "now", "incumbent_labeller": "a" * 16, "incumbent_model": "luna",
        "incumbent_served_model": "luna-1", "incumbent_version": "1.0.0", "incumbent_prompts": "p" * 32,
        "incumbent_effort": None, "candidate_labeller": "b" * 16, "candidate_model": "luna-2",
        "candidate_served_model": "luna-2", "candidate_version": "1.0.0", "candidate_prompts": "p" * 32,
        "candidate_effort": None, "strategy": "s" * 32, "set_fingerprint": "f" * 32, "n": 2000, "margin": 0.02,
        "verdict": "same", "decision": "adopt", "reason": "every share stays", "excess": 0.01, "excess_low": 0.0,
        "excess_high": 0.02, "incumbent_flips": 0.04, "candidate_flips": 0.05, "incumbent_invalid": 0.0,
        "candidate_invalid": 0.0, "kappa_difference": None, "kappa_low": None, "kappa_high": None, "gold_n": 0,
        "shifts": "[]", "cost_per_1000_usd": 0.1, "simulated": False, "measured_at": datetime(2026, 11, 23, tzinfo=UTC),
        "url": "lake/experiments/luna/report.html",
    }  # fmt: skip
    return AlignmentRecord(candidate=candidate, classifier=classifier, **{**defaults, **fields})
