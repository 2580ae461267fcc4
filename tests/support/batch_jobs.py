"""Batch jobs as the ledger has them."""

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa

from semtel_ops.store.batch_ledger import BatchJob
from semtel_ops.store.parquet import write_table


def write_input(folder: Path, content: bytes) -> dict[str, Any]:
    """An input file with its key file, which knows its digest and no keys; returns the fields of its job."""
    url, keys_url = f"{folder}/in.jsonl", f"{folder}/in.keys.parquet"
    Path(url).write_bytes(content)
    digest = {b"semtel.input_sha256": hashlib.sha256(content).hexdigest()}
    write_table(keys_url, pa.table({"key": pa.array([], pa.binary(16))}).replace_schema_metadata(digest))
    return {"input_url": url, "keys_url": keys_url, "bytes": len(content)}


def make_job(job_key: str = "j", **changes: Any) -> BatchJob:
    """An intended job of ten requests; `changes`: fields that differ."""
    values: dict[str, Any] = {
        "week": "2026-W47", "run_id": "r", "shard": 0, "round": 1, "endpoint": "east", "model": "m", "queue": "q",
        "fingerprint": "f", "dialect": "d", "input_url": "i", "keys_url": "k", "requests": 10, "bytes": 4_000, "tokens": 1_000,
        "created_at": 0.0,
    }  # fmt: skip
    return BatchJob(**{"job_key": job_key, **values, **changes})
