"""Memory and CPU per conversation of one `semtel classify`, at several sizes in one run.

    python tests/benchmarks/bench_scale.py 10000 100000 1000000

One classifier, the simulator answering at once in a process of its own on core 1, the client on core 0. Peak memory is the
process's own `ru_maxrss`; CPU is user + system of the whole process, start-up included (some 2 s, which matters only at 10,000).
The last column is CPU per conversation against that of the first size.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_cpu import make_source

from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint, simulated_endpoint_process


def classify(folder: Path, simulator: SimulatedEndpoint, count: int) -> tuple[float, float]:
    """(CPU seconds, peak MB) of one run over `count` conversations."""
    source, endpoints = folder / f"{count}.jsonl", folder / "endpoints.yaml"
    make_source(source, count)
    endpoints.write_text(f"endpoints: [{{name: sim, base_url: '{simulator.base_url}', model: simulated-small}}]")
    options = ["--classifiers", "knowledge_work", "--endpoints", str(endpoints), "--out", str(folder / f"out-{count}")]
    command = [sys.executable, "-m", "semtel_ops.cli.main", "classify", str(source), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.sched_setaffinity(process.pid, {0})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"semtel classify ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [10_000, 100_000]
    config = SimulatorConfig.model_validate({"labels": {"mode": "constant"}})
    with tempfile.TemporaryDirectory() as name, simulated_endpoint_process(config, cpu=1) as simulator:
        first = 0.0
        for size in sizes:
            cpu_s, peak_mb = classify(Path(name), simulator, size)
            each = cpu_s / size * 1e6
            first = first or each
            print(f"{size:>9,} conversations: {each:6.0f} us each, peak {peak_mb:5.0f} MB, {each / first:.2f} x", flush=True)


if __name__ == "__main__":
    main()
