"""Four processes on one endpoint that share it through a ledger: what they use together, and how equally.

    python tests/benchmarks/bench_shares.py [seconds]

80 slots, at most 16 requests wait, the rest is refused; then the same with slots that halve and double every 8 s. The ledger is a
SQLite file. The endpoint runs on core 0, the four clients on core 1.

2026-11-23, two shared cores, 60 s: 0.983 with 0.8 % refused and shares within 3 %; halving and doubling 0.948, 4.5 %, 7 %.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_limits import LATENCY, SLOTS, Result, adaptive

from semtel_ops.clock import SystemClock
from semtel_ops.concurrency import EndpointLimiter, ShareKeeper
from semtel_ops.shards.ledger_shares import LedgerShares
from semtel_ops.simulator import SimulatorConfig
from semtel_ops.simulator.capacity import Schedule
from semtel_ops.simulator.config import CapacityConfig
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.simulated_endpoint import simulated_endpoint_process

PROCESSES = 4
CASES = {"80 slots": [{"for_s": 8, "slots": 80}], "80 slots that halve and double": SLOTS}


async def one(url: str, ledger: Ledger, holder: str, seconds: float) -> Result:
    clock = SystemClock()
    limiter = EndpointLimiter("bench", clock)
    sharing = asyncio.create_task(ShareKeeper(limiter, LedgerShares(ledger), holder, clock).run())
    try:
        return await adaptive(url, limiter, seconds)
    finally:
        sharing.cancel()
        await asyncio.gather(sharing, return_exceptions=True)


def work(url: str, ledger_url: str, holder: str, start: float, seconds: float) -> None:
    with open_ledger(ledger_url) as ledger:
        time.sleep(max(0.0, start - time.time()))
        result = asyncio.run(one(url, ledger, holder, seconds))
    print(json.dumps([result.answered, result.refused, result.asked, result.seconds]))


def bench(name: str, schedule: list[dict[str, int]], seconds: float) -> None:
    config = {"labels": {"mode": "constant"}, "latency": LATENCY, "capacity": {"schedule": schedule, "queue": 16}}
    with tempfile.TemporaryDirectory() as folder:
        ledger_url = f"sqlite:///{Path(folder) / 'ledger.db'}"
        with open_ledger(ledger_url), simulated_endpoint_process(SimulatorConfig.model_validate(config), cpu=0) as endpoint:
            start = str(time.time() + 6)
            command = [sys.executable, __file__, "--work", endpoint.base_url, ledger_url]
            tasks = [
                subprocess.Popen([*command, f"task-{n}", start, str(seconds)], stdout=subprocess.PIPE, text=True)
                for n in range(PROCESSES)
            ]
            done = [json.loads(task.communicate()[0]) for task in tasks]
            served = endpoint.stats()["capacity"]["simulated-small"]["slot_seconds_served"]
    took = max(each[3] for each in done)
    goodput = served / Schedule(CapacityConfig.model_validate({"schedule": schedule})).slot_seconds(took)
    answered = [each[0] for each in done]
    refused = sum(each[1] for each in done) / sum(each[2] for each in done)
    spread = max(answered) / min(answered) - 1
    print(f"{name:<32} goodput {goodput:.3f}  refused {refused:.2%}  answered {answered}  spread {spread:.0%}", flush=True)


def main() -> None:
    if sys.argv[1:2] == ["--work"]:
        url, ledger_url, holder, start, seconds = sys.argv[2:]
        work(url, ledger_url, holder, float(start), float(seconds))
        return
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    for name, schedule in CASES.items():
        bench(name, schedule, seconds)


if __name__ == "__main__":
    main()
