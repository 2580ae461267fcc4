"""The batch lane end to end: memory of the whole run, and CPU of building job files and of merging results into rows.

    python tests/benchmarks/bench_batch.py [--requests 200000] [--shard 5000]

`semtel classify --lane batch` over the shipped prompts, seven classifiers a conversation, against the simulator in a process of
its own with a day passing in seconds. Building: prepared conversations to finished JSONL files on disk, keys and ledger rows
included. Merging: download, read, journal, parse, label rows, Parquet. Both are CPU time (user + system) of the process, so that
who else is busy matters little; memory is the peak of resident pages of the client, and its growth from shard to shard.

Two shared cores, Python 3.11, 200,004 requests in six shards of 35,000: built 29,000 to 34,000 and merged 9,200 to 9,600 a CPU
second; 445 MB at most, of which some 350 are there before the lane begins (the tokeniser's ranks 75, DuckDB and Arrow 70, imports).
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench_cpu import make_source

from semtel_ops.settings import DEFAULT_CLASSIFIERS
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.testing.simulated_endpoint import simulated_endpoint_process


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_client(folder: Path, conversations: int) -> None:
    """The measured process: the command's own function, with a stopwatch around its two halves."""
    from semtel_ops.runs.progress import LogProgress
    from semtel_ops.settings import Settings
    from semtel_ops.shards import batch
    from semtel_ops.steps.classify_files import classify_files

    spent = {"built_s": 0.0, "merged_s": 0.0}
    peaks: list[float] = []
    shard = batch.BatchShard
    plan_round, look, land = shard._plan_round, shard._look, shard._land

    async def timed_plan(self: Any, **more: Any) -> bool:
        spent.setdefault("base_mb", peak_mb())
        before = time.process_time()
        planned = await plan_round(self, **more)
        spent["built_s" if planned else "merged_s"] += time.process_time() - before
        return planned

    async def timed_look(self: Any, job: Any) -> None:
        before = time.process_time()
        await look(self, job)
        spent["merged_s"] += time.process_time() - before

    def timed_land(self: Any) -> Any:
        before = time.process_time()
        landed = land(self)
        spent["merged_s"] += time.process_time() - before
        peaks.append(round(peak_mb()))
        return landed

    shard._plan_round, shard._look, shard._land = timed_plan, timed_look, timed_land  # type: ignore[method-assign]
    request = {
        "week": "2026-W47",
        "source": [str(folder / "chats.jsonl")],
        "dates": "ignore",
        "classifiers": list(DEFAULT_CLASSIFIERS),
        "endpoints": str(folder / "endpoints.yaml"),
        "lane": "batch",
    }
    settings = Settings(lake=str(folder / "out" / "lake"), pipeline=str(folder / "pipeline.yaml"))
    manifest = classify_files(request, out=str(folder / "out"), run_id="bench", settings=settings, progress=LogProgress())
    assert manifest["landed"] == conversations * len(DEFAULT_CLASSIFIERS)
    print(
        json.dumps(
            {
                **spent,
                "peaks_mb": peaks,
                "peak_mb": peak_mb(),
                "by_status": manifest["by_status"],
                "requests": manifest["requests"],
            }
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--shard", type=int, default=5_000, help="Conversations in a shard.")
    parser.add_argument("--client", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    conversations = -(-asked.requests // len(DEFAULT_CLASSIFIERS))
    if asked.client is not None:
        run_client(asked.client, conversations)
        return
    config = SimulatorConfig.model_validate(
        {
            "labels": {"mode": "constant"},
            "batch": {"validating_s": 60, "run_s": 600, "finalizing_s": 60, "window_s": 86_400_000},
        }
    )
    with tempfile.TemporaryDirectory() as name, simulated_endpoint_process(config, cpu=1) as simulator:
        folder = Path(name)
        make_source(folder / "chats.jsonl", conversations)
        (folder / "endpoints.yaml").write_text(
            f"endpoints: [{{name: sim, base_url: '{simulator.base_url}', model: simulated-small, lanes: [batch]}}]"
        )
        (folder / "pipeline.yaml").write_text(f"shards: {{conversations: {asked.shard}}}\nscrub: {{engine: 'off'}}\n")
        command = [sys.executable, __file__, "--requests", str(asked.requests), "--client", str(folder)]
        started = time.monotonic()
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {0})
        )
        seconds = time.monotonic() - started
    found = json.loads(done.stdout)
    requests = found["requests"]
    print(f"{requests:,} requests in {seconds:,.0f} s; {found['by_status']}")
    print(f"built   {requests / found['built_s']:>8,.0f} requests a CPU second")
    print(f"merged  {requests / found['merged_s']:>8,.0f} requests a CPU second")
    print(
        f"memory  {found['base_mb']:,.0f} MB when the lane begins, {found['peak_mb']:,.0f} MB at most; peaks: {found['peaks_mb']}"
    )


if __name__ == "__main__":
    main()
