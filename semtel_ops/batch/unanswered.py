"""Which requests of a merged job got no answer, and why: a small Parquet file beside the job's keys."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from semtel_ops.store.files import atomic_write
from semtel_ops.store.reader import read_batches

_SCHEMA = pa.schema([pa.field("key", pa.binary(16), nullable=False), pa.field("reason", pa.string(), nullable=False)])


def write_unanswered(url: str, reasons: Mapping[bytes, str]) -> str:
    """Write request key → reason; return the URL."""
    with atomic_write(url) as file:
        pq.write_table(pa.table([list(reasons), list(reasons.values())], schema=_SCHEMA), file, compression="zstd")
    return url


def read_unanswered(url: str) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for batch in read_batches(url, rows=10_000):
        found.update(zip(batch.column("key").to_pylist(), batch.column("reason").to_pylist(), strict=True))
    return found
