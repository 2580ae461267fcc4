"""Label rows as a run writes them: plausible random answers from a seed."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from semtel_ops.store.layout import Lake
from semtel_ops.store.parquet import write_table
from semtel_ops.store.tables import LABELS

TOPICS = {"technology": 31.0, "writing": 19.0, "health": 14.0, "money": 9.0, "entertainment": 12.0, "career": 7.0}
LEVELS = {"novice": 24.0, "beginner": 30.0, "intermediate": 26.0, "proficient": 14.0, "expert": 6.0}
COMPLEXITY = {"remember": 22.0, "understand": 24.0, "apply": 22.0, "analyze": 14.0, "evaluate": 7.0, "create": 11.0}
DEFAULT_LABELS: dict[str, dict[str, float]] = {
    "topic": TOPICS,
    "task_complexity": COMPLEXITY,
    "user_expertise": LEVELS,
    "knowledge_work": {"yes": 54.0, "no": 46.0},
    "satisfaction": {"satisfied": 62.0, "neutral": 21.0, "dissatisfied": 17.0},
}
"""Classifier → label → relative frequency."""

_MATCHED = {"exact": 90.0, "normalised": 6.0, "alias": 2.0, "near": 1.5, "relabelled": 0.5}
_FAILED = {"invalid_output": 5.0, "refused": 3.0, "error": 2.0}


def make_landed_rows(
    *,
    week: str = "2026-W47",
    run_id: str = "manual",
    conversations: int = 200,
    labels: Mapping[str, Mapping[str, float]] | None = None,
    shards: int = 2,
    success: float = 0.98,
    truncated: float = 0.08,
    weights: Sequence[float] = (1.0,),
    endpoints: Sequence[tuple[str, str]] = (("east", "gpt-4o-mini"), ("west", "gpt-4o-mini")),
    price: tuple[float, float] | None = (0.15, 0.6),
    seed: int = 7,
) -> list[dict[str, Any]]:
    """Rows of schema `LABELS`, one per (conversation, classifier); equal arguments give equal rows.

    Args:
        labels: classifier → label → relative frequency; None: `DEFAULT_LABELS`.
        success: share of rows with status `success`.
        truncated: share of conversations that were truncated.
        weights: sample weights, assigned to conversations in turn.
        endpoints: (name, model), assigned to conversations at random.
        price: USD per million input and output tokens; None: `cost_usd` is None.
    """
    rng = random.Random(seed)
    rows = []
    for number in range(conversations):
        shared = _conversation(
            rng,
            number,
            week=week,
            run_id=run_id,
            shards=shards,
            truncated=truncated,
            weight=weights[number % len(weights)],
            endpoints=endpoints,
        )
        for classifier, frequencies in (labels or DEFAULT_LABELS).items():
            who = {"served_model": shared["model"], "labeller": landed_labeller(classifier, shared["model"])}
            rows.append({**shared, **_answer(rng, classifier, frequencies, success, price), **who})
    return rows


def landed_labeller(classifier: str, model: str) -> str:
    """Id of the labeller in rows of `make_landed_rows`, 16 hex digits."""
    return hashlib.blake2b(f"{classifier}\x00{model}".encode(), digest_size=8).hexdigest()


def write_landed(lake: Lake, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write rows to the landed files of their run, one file per shard; return the files' URLs."""
    by_shard: dict[tuple[str, str, int], list[Mapping[str, Any]]] = {}
    for row in rows:
        by_shard.setdefault((row["week"], row["run_id"], row["shard"]), []).append(row)
    urls = []
    for (week, run_id, shard), shard_rows in sorted(by_shard.items()):
        urls.append(lake.run(week, run_id).landed(shard))
        write_table(urls[-1], pa.Table.from_pylist([dict(row) for row in shard_rows], schema=LABELS))
    return urls


def _conversation(
    rng: random.Random,
    number: int,
    *,
    week: str,
    run_id: str,
    shards: int,
    truncated: float,
    weight: float,
    endpoints: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    endpoint, model = rng.choice(list(endpoints))
    cut = rng.random() < truncated
    monday = datetime.strptime(f"{week}-1", "%G-W%V-%u").replace(tzinfo=UTC)
    return {
        "week": week,
        "run_id": run_id,
        "shard": number % shards,
        "conversation_id": f"c{number:06d}",
        "classifier_version": "1.0.0",
        "labels": None,
        "score": None,
        "confidence": None,
        "lane": "realtime",
        "endpoint": endpoint,
        "model": model,
        "request_key": f"{rng.getrandbits(128):032x}",
        "packed_with": 1,
        "strategy": "plain",
        "truncated_tokens": rng.randint(100, 4_000) if cut else 0,
        "compression_ratio": round(rng.uniform(0.7, 1.0), 3),
        "latency_ms": round(rng.lognormvariate(6, 0.5), 1),
        "attempts": 1,
        "calls": 1.0,
        "reused": False,
        "error": None,
        "raw_reply": None,
        "sample_weight": weight,
        "classified_at": monday + timedelta(days=7, hours=2, seconds=number),
    }


def _answer(
    rng: random.Random,
    classifier: str,
    frequencies: Mapping[str, float],
    success: float,
    price: tuple[float, float] | None,
) -> dict[str, Any]:
    tokens = {"input_tokens": rng.randint(300, 2_500), "output_tokens": rng.randint(8, 20)}
    cost = None if price is None else (tokens["input_tokens"] * price[0] + tokens["output_tokens"] * price[1]) / 1e6
    row: dict[str, Any] = {"classifier": classifier, **tokens, "cost_usd": cost}
    if rng.random() >= success:
        status = _pick(rng, _FAILED)
        raw = "not an answer" if status == "invalid_output" else None
        return {**row, "label": None, "status": status, "matched_by": None, "error": status, "raw_reply": raw}
    label = _pick(rng, frequencies)
    score = None
    if classifier == "satisfaction":
        span = {"satisfied": (1, 40), "neutral": (0, 0), "dissatisfied": (-40, -1)}.get(label, (0, 0))
        score = float(rng.randint(*span))
    return {**row, "label": label, "score": score, "status": "success", "matched_by": _pick(rng, _MATCHED)}


def _pick(rng: random.Random, frequencies: Mapping[str, float]) -> str:
    return rng.choices(list(frequencies), weights=list(frequencies.values()))[0]
