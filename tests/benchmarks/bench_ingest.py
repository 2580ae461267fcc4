"""CPU of reading, scrubbing, sampling and preparing, beside orjson.loads and a look at every field of the same lines.

    taskset -c 0 python tests/benchmarks/bench_ingest.py [--source FILE.jsonl.gz] [--small 4000] [--large 20000]

Start-up is subtracted by taking the difference of two sizes, each in a process of its own; CPU is user + system. Without a
source the conversations are made up: two to six turns, some 1.3 KB. A source is repeated under other ids, with another text.

Baseline, 2026-11-23, 2 busy cores, Python 3.11; microseconds a conversation, and times orjson:

                 made up        hh_helpful_base
    baseline      3.2               3.9
    extract      41.8  13 x        52.4  14 x
    sample       15.4   5 x        15.1   4 x
    prepare      43.8  14 x        61.2  16 x

At 300,000 and at 1,000,000 made-up conversations extract held 233 MB at most, and sample 494 and 490.
"""

import argparse
import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEPS = ("baseline", "extract", "sample", "prepare")
_WORDS = "how do I the a of to write sort list python recipe train ticket visa letter budget explain why rain sky work"


def make_source(path: Path, count: int, source: str | None) -> None:
    """`count` conversations, no two alike."""
    rng = random.Random(1)
    kept = gzip.decompress(Path(source).read_bytes()).decode().rstrip("\n").split("\n") if source else []
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            record = json.loads(kept[number % len(kept)]) if kept else {"messages": _messages(rng)}
            record["conversation_id"] = f"c{number}"
            record["messages"][0]["content"] += f" {number}"
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _messages(rng: random.Random) -> list[dict[str, str]]:
    return [
        {
            "role": "user" if at % 2 == 0 else "assistant",
            "content": " ".join(rng.choices(_WORDS.split(), k=rng.randint(10, 120))),
        }
        for at in range(rng.choice((2, 2, 4, 4, 6)))
    ]


def run_steps(source: Path, folder: Path) -> None:
    """Print the CPU seconds of each step in this process, and the most memory it held."""
    from semtel_ops.runs.plan import RunPlan
    from semtel_ops.settings import PipelineConfig
    from semtel_ops.steps.extract import extract_part
    from semtel_ops.steps.prepare import prepare_shard
    from semtel_ops.steps.sample import sample_week

    config = PipelineConfig.model_validate({"source": {"paths": [str(source)], "dates": "ignore"}})
    names = {"classifiers": ("topic",), "endpoints": "endpoints.yaml", "include": "include"}
    plan = RunPlan(week="2026-W47", run_id="bench", lake=str(folder), config=config, **names)
    plan.save()
    marks = [time.process_time()]
    read_plainly(source)
    marks.append(time.process_time())
    part = extract_part({"run": plan.url, "part": 0, "files": [str(source)]})
    marks.append(time.process_time())
    shards = sample_week([part])
    marks.append(time.process_time())
    for shard in shards:
        prepare_shard(shard)
    marks.append(time.process_time())
    spent = {step: after - before for step, before, after in zip(STEPS, marks, marks[1:], strict=False)}
    print(json.dumps({**spent, "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def read_plainly(source: Path) -> int:
    """The baseline: what no reader of these lines can do without."""
    import orjson

    chars = 0
    with source.open("rb") as file:
        for line in file:
            record = orjson.loads(line)
            chars += len(record["conversation_id"])
            for message in record["messages"]:
                chars += len(message["role"]) + len(message["content"])
    return chars


def measured(count: int, source: str | None, folder: Path) -> dict[str, float]:
    path = folder / f"{count}.jsonl"
    if not path.exists():
        make_source(path, count, source)
    with tempfile.TemporaryDirectory(dir=folder) as lake:
        command = [sys.executable, __file__, "--run", str(path), "--folder", lake]
        found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source")
    parser.add_argument("--small", type=int, default=4_000)
    parser.add_argument("--large", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run is not None:
        run_steps(asked.run, asked.folder)
        return
    with tempfile.TemporaryDirectory() as name:
        rounds = []
        for _ in range(asked.rounds):
            small, large = (measured(count, asked.source, Path(name)) for count in (asked.small, asked.large))
            rounds.append({step: (large[step] - small[step]) / (asked.large - asked.small) * 1e6 for step in STEPS})
        print(f"{asked.large} conversations: {large['rss_mb']:.0f} MB at most; a conversation, median of {asked.rounds}:")
        median = {step: sorted(one[step] for one in rounds)[len(rounds) // 2] for step in STEPS}
        for step in STEPS:
            print(f"{step:10} {median[step]:6.1f} us   {median[step] / median['baseline']:5.1f} x baseline")


if __name__ == "__main__":
    main()
