"""Batch jobs as the ledger has them."""

from typing import Any

from semtel_ops.store.batch_ledger import BatchJob


def make_job(job_key: str = "j", **changes: Any) -> BatchJob:
    """An intended job of ten requests; `changes`: fields that differ."""
    values: dict[str, Any] = {
        "week": "2026-W47", "run_id": "r", "shard": 0, "round": 1, "endpoint": "east", "model": "m", "queue": "q",
        "fingerprint": "f", "dialect": "d", "input_url": "i", "keys_url": "k", "requests": 10, "bytes": 4_000, "tokens": 1_000,
        "created_at": 0.0,
    }  # fmt: skip
    return BatchJob(**{"job_key": job_key, **values, **changes})
