"""Forgetting 10,000 ids in 50 weeks, of which every week has 20.

    python tests/benchmarks/bench_forget.py [weeks] [ids]

A week has 10,000 conversations of 600 characters in 4 shards and seven classifiers: text twice, 70,000 rows twice and 70,000
replies. The journal is compacted. The ledger is empty.

2026-11-28, two shared cores, 89 MB in 1,000 files: dry run 1.6 s of a core; erasing 23,000 rows from all of the files 20.8 s (114 s
beside six other jobs, most of it waiting for the disk); once more, 4.0 s. 38 MB of memory.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from semtel_ops.settings import Settings
from semtel_ops.steps.forget import forget_conversations
from semtel_ops.store.journal_outcome import JOURNAL, about_id
from semtel_ops.store.layout import Lake
from semtel_ops.store.tables import CONVERSATIONS, LABELS, PREPARED

SHARDS, PER_SHARD, CLASSIFIERS, PER_WEEK = 4, 2_500, 7, 20
TEXT = "word " * 120


def column(field: pa.Field, rows: int, given: dict[str, Any]) -> pa.Array:
    """A column of a file: what is given, or something of its type."""
    if field.name in given:
        return pa.array(given[field.name], field.type)
    if field.nullable:
        return pa.nulls(rows, field.type)
    zero = bytes(16) if pa.types.is_fixed_size_binary(field.type) else "" if pa.types.is_string(field.type) else 0
    return pa.array([False if pa.types.is_boolean(field.type) else zero] * rows, field.type)


def write(url: str, schema: pa.Schema, rows: int, given: dict[str, Any]) -> None:
    Path(url).parent.mkdir(parents=True, exist_ok=True)
    table = pa.table({field.name: column(field, rows, given) for field in schema}, schema=schema)
    pq.write_table(table, url, compression="zstd")


def make_week(lake: Lake, number: int, forgotten: list[str], rng: np.random.Generator) -> None:
    week, run = f"20{20 + number // 50}-W{1 + number % 50:02d}", "scheduled"
    folder = lake.run(week, run)
    for shard in range(SHARDS):
        ids = [f"w{number}-s{shard}-c{at}" for at in range(PER_SHARD)]
        ids[: PER_WEEK // SHARDS] = forgotten[shard * PER_WEEK // SHARDS : (shard + 1) * PER_WEEK // SHARDS]
        turns = [[{"role": "user", "content": f"{TEXT}{name}"}] for name in ids]
        text = {"conversation_id": ids, "turns": turns}
        write(folder.conversations(shard), CONVERSATIONS, PER_SHARD, text)
        write(folder.prepared(shard), PREPARED, PER_SHARD, text)
        each = [name for name in ids for _ in range(CLASSIFIERS)]
        rows = {"conversation_id": each, "label": ["science"] * len(each)}
        for url in (folder.landed(shard), f"{folder.labels_folder}/shard={shard:04d}.parquet"):
            write(url, LABELS, len(each), rows)
        replies = {
            "key": [rng.bytes(16) for _ in each], "bucket": [shard * 64] * len(each), "about": [[about_id(name)] for name in each],
            "text": ['{"label": "science"}'] * len(each), "cost_usd": [0.001] * len(each),
        }  # fmt: skip
        write(f"{lake.journal()}/{shard * 64:02x}-{shard * 64 + 63:02x}.{number:013d}.aa.parquet", JOURNAL, len(each), replies)


def main(weeks: int = 50, ids: int = 10_000) -> None:
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(f"{folder}/lake")
        asked = [f"forgotten-{number}" for number in range(ids)]
        for number in range(weeks):
            make_week(lake, number, asked[number * PER_WEEK : (number + 1) * PER_WEEK], rng)
        stored = sum(path.stat().st_size for path in Path(lake.root).rglob("*.parquet"))
        print(f"{weeks} weeks, {stored / 1e6:,.0f} MB")
        Path(folder, "ids.txt").write_text("\n".join(asked))
        settings = Settings(lake=lake.root, database_url=f"sqlite:///{folder}/none.db")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for dry_run in (True, False, False):
            began, cpu = time.perf_counter(), time.process_time()
            receipt = forget_conversations(f"{folder}/ids.txt", settings=settings, dry_run=dry_run)
            rows = sum(place["rows"] for place in receipt["places"])
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
            print(
                f"{receipt['state']:<8} {rows:>7,} rows  {seconds:6.1f} s, {cpu:6.1f} s of a core, {receipt['verified_files']} files"
            )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"memory: {peak / 1024:,.0f} MB, {before / 1024:,.0f} MB before")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
