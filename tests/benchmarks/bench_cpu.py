"""CPU per classified conversation, the whole path of `semtel classify`, beside a raw aiohttp + orjson loop in the same run.

    python tests/benchmarks/bench_cpu.py [--classifiers topic,task_complexity] [--latency-ms 25] [--small 2000] [--large 10000]

Whole path: read, scrub, sample, prepare, render, count, call, parse, clean, journal, write. Start-up is subtracted by taking
the difference of two sizes. Both sides send the same requests to one simulator in a process of its own on core 1, with 64
under way; the client is on core 0. CPU time is user + system of the whole process, so that who else is busy matters little.
The endpoint takes 25 ms for an answer (--latency-ms). One that answers at once is found to bear a handful of calls at a time,
while the raw loop keeps 64 under way regardless, and calls that return together cost less each.

2026-11-23, two cores, two classifiers: 2.0-2.15 x raw at 25 ms, 2.65 x at 0 ms.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint, simulated_endpoint_process

PLACES = 64
_WORDS = [
    "how",
    "do",
    "I",
    "the",
    "a",
    "of",
    "to",
    "write",
    "sort",
    "list",
    "python",
    "recipe",
    "train",
    "ticket",
    "visa",
    "letter",
    "budget",
    "explain",
    "why",
    "rain",
    "sky",
    "work",
]


def make_source(path: Path, count: int) -> None:
    """Conversations of two to six turns, some 1.2 KB of text, the median of public chat data."""
    rng = random.Random(count)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            turns = [
                {
                    "role": "user" if at % 2 == 0 else "assistant",
                    "content": " ".join(rng.choices(_WORDS, k=rng.randint(10, 120))),
                }
                for at in range(rng.choice((2, 2, 4, 4, 6)))
            ]
            file.write(json.dumps({"conversation_id": f"{count}-{number}", "messages": turns}) + "\n")


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(command: list[str]) -> float:
    """CPU seconds of a command, pinned to core 0."""
    before = cpu_of_children()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=_on_first_core)
    return cpu_of_children() - before


def _on_first_core() -> None:
    os.sched_setaffinity(0, {0})


def classify(folder: Path, simulator: SimulatedEndpoint, count: int, classifiers: str, tag: str) -> float:
    source, endpoints = folder / f"{count}.jsonl", folder / "endpoints.yaml"
    make_source(source, count)
    endpoints.write_text(f"endpoints: [{{name: sim, base_url: '{simulator.base_url}', model: simulated-small}}]")
    options = ["--classifiers", classifiers, "--endpoints", str(endpoints), "--out", str(folder / f"out-{tag}-{count}")]
    return measured([sys.executable, "-m", "semtel_ops.cli.main", "classify", str(source), *options])


def raw(folder: Path, simulator: SimulatedEndpoint, bodies: int) -> float:
    return measured([sys.executable, __file__, "--raw", str(bodies), "--url", simulator.base_url, "--folder", str(folder)])


def request_bodies(source: Path, classifiers: str) -> list[bytes]:
    """The very bodies that `semtel classify` sends for these conversations."""
    from semtel_ops.classifiers import load_classifiers
    from semtel_ops.conversations.model import Role, Turn
    from semtel_ops.endpoints.dialect import BodyWriter, Dialect
    from semtel_ops.packing import PreparedConversation, SinglePacker
    from semtel_ops.settings import Settings

    packer = SinglePacker(load_classifiers(Settings().prompts, classifiers.split(",")))
    writer = BodyWriter("simulated-small", Dialect())
    bodies = []
    with source.open(encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            turns = tuple(Turn(Role(said["role"]), said["content"]) for said in record["messages"])
            conversation = PreparedConversation(record["conversation_id"], "0" * 32, 1.0, turns)
            bodies += [writer.write(plan.request) for plan in packer.plan(conversation)]
    return bodies


def run_raw(count: int, url: str, folder: Path) -> None:
    """The baseline: prebuilt bodies, one aiohttp session, 64 workers, replies through orjson; nothing else."""
    import aiohttp
    import orjson

    spelled = (folder / "bodies").read_bytes().split(b"\n")
    bodies = iter([spelled[at % len(spelled)] for at in range(count)])

    async def worker(session: aiohttp.ClientSession) -> None:
        for body in bodies:
            async with session.post(
                f"{url}/chat/completions", data=body, headers={"content-type": "application/json"}
            ) as reply:
                orjson.loads(await reply.read())["choices"][0]["message"]["content"]

    async def main() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            await asyncio.gather(*(worker(session) for _ in range(PLACES)))

    asyncio.run(main())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classifiers", default="topic,task_complexity")
    parser.add_argument("--small", type=int, default=2000)
    parser.add_argument("--large", type=int, default=10000)
    parser.add_argument("--latency-ms", type=float, default=25.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--raw", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.raw is not None:
        run_raw(asked.raw, asked.url, asked.folder)
        return
    calls, difference = len(asked.classifiers.split(",")), asked.large - asked.small
    config: dict[str, Any] = {"labels": {"mode": "constant"}, "latency": {"base_ms": asked.latency_ms}}
    with (
        tempfile.TemporaryDirectory() as name,
        simulated_endpoint_process(SimulatorConfig.model_validate(config), cpu=1) as sim,
    ):
        folder = Path(name)
        make_source(folder / "bodies.jsonl", asked.small)
        (folder / "bodies").write_bytes(b"\n".join(request_bodies(folder / "bodies.jsonl", asked.classifiers)))
        ratios = []
        for turn in range(asked.rounds):
            ours, theirs = (
                (run(asked.large) - run(asked.small)) / difference * 1e6
                for run in (
                    lambda count, turn=turn: classify(folder, sim, count, asked.classifiers, str(turn)),
                    lambda count: raw(folder, sim, count * calls),
                )
            )
            ratios.append(ours / theirs)
            print(
                f"round {turn + 1}: semtel {ours:.0f} us, raw loop {theirs:.0f} us per conversation, ratio {ours / theirs:.2f}"
            )
        print(f"{asked.classifiers}: {calls} calls a conversation, median ratio {sorted(ratios)[len(ratios) // 2]:.2f} x raw")


if __name__ == "__main__":
    main()
