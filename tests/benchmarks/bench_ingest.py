"""CPU of reading, scrubbing, sampling and preparing, beside orjson.loads and a look at every field of the same lines.

    taskset -c 0 python tests/benchmarks/bench_ingest.py [--source FILE.jsonl.gz] [--small 4000] [--large 20000]
        [--labels] [--scrub off] [--baseline OTHER_CHECKOUT]

Start-up is subtracted by taking the difference of two sizes, each in a process of its own; CPU is user + system. Without a
source the conversations are made up: two to six turns, some 1.3 KB. A source is repeated under other ids, with another text. With --labels each record has two. With --baseline, the steps of
another checkout are timed in turns with these, and the ratio is that of the medians; `--scrub off` shows them without the scrubber.

2026-11-28, two busy cores, beside the steps before labels, ids and hidden characters were looked at (abc91d8), `--scrub off`: extract
takes 0.76 x of them without labels, 0.95 x with.

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
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEPS = ("baseline", "extract", "sample", "prepare")
_WORDS = "how do I the a of to write sort list python recipe train ticket visa letter budget explain why rain sky work"


def make_source(path: Path, count: int, source: str | None, *, labels: bool) -> None:
    """`count` conversations, no two alike."""
    rng = random.Random(1)
    kept = gzip.decompress(Path(source).read_bytes()).decode().rstrip("\n").split("\n") if source else []
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            record = json.loads(kept[number % len(kept)]) if kept else {"messages": _messages(rng)}
            record["conversation_id"] = f"c{number}"
            record["messages"][0]["content"] += f" {number}"
            if labels:
                record |= {
                    "language": "en",
                    "labels": {"topic": ("coding", "travel", "health")[number % 3], "quality": number % 5},
                }
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _messages(rng: random.Random) -> list[dict[str, str]]:
    return [
        {
            "role": "user" if at % 2 == 0 else "assistant",
            "content": " ".join(rng.choices(_WORDS.split(), k=rng.randint(10, 120))),
        }
        for at in range(rng.choice((2, 2, 4, 4, 6)))
    ]


def run_steps(source: Path, folder: Path, engine: str) -> None:
    """Print the CPU seconds of each step in this process, and the most memory it held."""
    from semtel_ops.runs.plan import RunPlan
    from semtel_ops.settings import PipelineConfig
    from semtel_ops.steps.extract import extract_part
    from semtel_ops.steps.prepare import prepare_shard
    from semtel_ops.steps.sample import sample_week

    config = PipelineConfig.model_validate({"source": {"paths": [str(source)], "dates": "ignore"}, "scrub": {"engine": engine}})
    names = {"classifiers": ("topic", "quality"), "endpoints": "endpoints.yaml", "include": "include"}
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


def measured(checkout: Path, count: int, asked: argparse.Namespace, folder: Path) -> dict[str, float]:
    path = folder / f"{count}.jsonl"
    if not path.exists():
        make_source(path, count, asked.source, labels=asked.labels)
    with tempfile.TemporaryDirectory(dir=folder) as lake:
        command = [sys.executable, __file__, "--run", str(path), "--folder", lake, "--scrub", asked.scrub]
        environment = {**os.environ, "PYTHONPATH": str(checkout)}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=checkout)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=lambda name: str(Path(name).resolve()))
    parser.add_argument("--small", type=int, default=4_000)
    parser.add_argument("--large", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--labels", action="store_true")
    parser.add_argument("--scrub", default="rules")
    parser.add_argument("--baseline", type=lambda name: Path(name).resolve())
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run is not None:
        run_steps(asked.run, asked.folder, asked.scrub)
        return
    here = Path(__file__).resolve().parents[2]
    checkouts = {"this checkout": here} | ({"baseline checkout": asked.baseline} if asked.baseline else {})
    with tempfile.TemporaryDirectory() as name:
        rounds = []
        for _ in range(asked.rounds):
            for checkout, root in checkouts.items():
                small, large = (measured(root, count, asked, Path(name)) for count in (asked.small, asked.large))
                spent = {step: (large[step] - small[step]) / (asked.large - asked.small) * 1e6 for step in STEPS}
                rounds.append((checkout, {**spent, "rss_mb": large["rss_mb"]}))
    median = {
        checkout: {
            part: statistics.median(one[part] for name, one in rounds if name == checkout) for part in (*STEPS, "rss_mb")
        }
        for checkout in checkouts
    }
    for checkout, spent in median.items():
        print(f"{checkout}, {asked.large} conversations, {spent['rss_mb']:.0f} MB at most; a conversation:")
        for step in STEPS:
            print(f"{step:10} {spent[step]:6.1f} us   {spent[step] / spent['baseline']:5.1f} x orjson")
    for step in STEPS if asked.baseline else ():
        print(f"{step:10} {median['this checkout'][step] / median['baseline checkout'][step]:5.2f} x the baseline checkout")


if __name__ == "__main__":
    main()
