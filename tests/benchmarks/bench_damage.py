"""What verification costs, against another checkout, and how many flipped bits of a journal segment it finds.

    python tests/benchmarks/bench_damage.py speed --against ../main [--records 1000000]
    python tests/benchmarks/bench_damage.py flips [--records 300]

`speed` runs both checkouts in turn, in processes of their own, and prints CPU seconds and ratios of the medians.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

ROUNDS = 3


def table(records: int, start: int = 0) -> pa.Table:
    """Records as a journal has them; replies of some 60 bytes."""
    from semtel_ops.store.journal import JOURNAL  # type: ignore[attr-defined] # where older checkouts define it

    rng = random.Random(start)
    keys = [rng.randbytes(16) for _ in range(records)]
    columns = {
        "key": keys,
        "frame": [bytes(16)] * records,
        "bucket": [key[0] for key in keys],
        "run_id": ["r1"] * records,
        "text": [f'{{"label": "topic-{n % 40}", "confidence": 0.{rng.randrange(10**9)}}}' for n in range(records)],
        "finish_reason": ["stop"] * records,
        "error": [None] * records,
        "endpoint": ["east"] * records,
        "model": ["m"] * records,
        "lane": ["realtime"] * records,
        "input_tokens": [rng.randrange(2000) for _ in range(records)],
        "output_tokens": [20] * records,
        "cost_usd": [rng.random() for _ in range(records)],
        "latency_ms": [rng.random() for _ in range(records)],
        "attempts": [1] * records,
        "answered_at": [float(start + n) for n in range(records)],
        "usage_estimated": [False] * records,
        "about": [[rng.randbytes(8)] for _ in range(records)],
    }
    return pa.table({name: pa.array(columns[name], JOURNAL.field(name).type) for name in JOURNAL.names}, schema=JOURNAL)


def measure(records: int) -> dict[str, float]:
    """CPU seconds of this checkout for each work, since wall time depends on what else runs."""
    from semtel_ops.store import parquet
    from semtel_ops.store.journal import (
        JOURNAL,  # type: ignore[attr-defined] # where older checkouts define it
        Journal,
    )

    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> object:
        begun = time.process_time()
        result = work()
        seconds[name] = time.process_time() - begun
        return result

    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(f"{folder}/journal")
        parts = [table(records // 10, n * records) for n in range(10)]
        timed("write 10 segments", lambda: [journal._write(part) for part in parts])
        opened = timed("open 10 segments", lambda: Journal(f"{folder}/journal"))
        timed("compact", opened.compact)  # type: ignore[attr-defined]
        timed("open one segment", lambda: Journal(f"{folder}/journal"))

        def land() -> None:
            with parquet.atomic_parquet(f"{folder}/landed.parquet", JOURNAL) as sink:
                for part in parts:
                    for batch in part.to_batches(max_chunksize=5_000):
                        sink.write_batch(batch)

        timed("land rows", land)
        timed("read rows", lambda: sum(batch.num_rows for batch in parquet.read_batches(f"{folder}/landed.parquet")))
    return seconds


def speed(against: Path, records: int) -> None:
    checkouts = {"old": against.resolve(), "new": Path(__file__).resolve().parents[2]}
    seconds: dict[str, list[dict[str, float]]] = {name: [] for name in checkouts}
    for _ in range(ROUNDS):
        for name, checkout in checkouts.items():
            command = [sys.executable, __file__, "measure", "--records", str(records)]
            done = subprocess.run(
                command, env={**os.environ, "PYTHONPATH": str(checkout)}, check=True, capture_output=True, text=True
            )
            seconds[name].append(json.loads(done.stdout))
    for work in seconds["new"][0]:
        old, new = (statistics.median(one[work] for one in seconds[name]) for name in checkouts)
        print(f"{work:20} {old:7.2f} s → {new:7.2f} s, ratio {new / old:.2f}")


def flips(records: int) -> None:
    """Flip every bit of a segment, one at a time."""
    import logging

    from semtel_ops.store.journal import (
        JOURNAL,  # type: ignore[attr-defined] # where older checkouts define it
        Journal,
    )
    from semtel_ops.store.journal_segment import Salvage, read_segment

    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(Journal(folder)._write(table(records)))
        sound, expected = path.read_bytes(), table(records)
        counts = {"noticed": 0, "not noticed, records right": 0, "silently wrong": 0, "other errors": 0}
        for at in range(len(sound)):
            for bit in range(8):
                data = bytearray(sound)
                data[at] ^= 1 << bit
                path.write_bytes(data)
                try:
                    read = read_segment(str(path), JOURNAL)
                except Exception:
                    counts["other errors"] += 1
                    continue
                if isinstance(read, Salvage):
                    counts["noticed" if not len(read.table) else "silently wrong"] += 1
                else:
                    counts["not noticed, records right" if read == expected else "silently wrong"] += 1
    print(f"{records} records, {len(sound)} bytes, {len(sound) * 8} flips: {counts}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "flips", "measure"])
    parser.add_argument("--against", type=Path)
    parser.add_argument("--records", type=int)
    given = parser.parse_args()
    if given.what == "flips":
        flips(given.records or 300)
    elif given.what == "measure":
        print(json.dumps(measure(given.records or 1_000_000)))
    else:
        speed(given.against, given.records or 1_000_000)


if __name__ == "__main__":
    main()
