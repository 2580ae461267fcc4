"""CPU of the scrubber on ordinary text, beside orjson reading the same lines in the same run; and of its prefilter alone.

    python tests/benchmarks/bench_scrub.py SOURCE... [--rounds 5] [--baseline OTHER_CHECKOUT]

SOURCE: JSONL files (.gz too) of records with `messages`, handed to the scrubber in batches as `steps.extract` does: 16,000 records or
4 million characters. With --baseline, the scrubber of another checkout is timed in turns with this one, in processes of their own,
and the ratio is that of the medians.

2026-11-28, two shared cores, 6.7 million characters of chats and questions in English, against abc91d8, before keys by table, papers,
births, handles, places and names of many countries: 44 ns a character, 1.75 x, of which the prefilter takes 23, about half of them to
make RE2's states in each call. Hidden characters take 2 ns.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_BATCH_RECORDS, _BATCH_CHARS = 16_000, 4_000_000
_PARTS = ("orjson", "prefilter", "hidden", "scrub")


def batches(sources: list[Path]) -> Iterator[list[str]]:
    texts: list[str] = []
    records = chars = 0
    for source in sources:
        with gzip.open(source, "rt", encoding="utf-8") if source.suffix == ".gz" else source.open(encoding="utf-8") as file:
            for line in file:
                said = [message["content"] for message in json.loads(line)["messages"]]
                texts += said
                records += 1
                chars += sum(map(len, said))
                if records >= _BATCH_RECORDS or chars >= _BATCH_CHARS:
                    yield texts
                    texts, records, chars = [], 0, 0
    yield texts


def run(sources: list[Path]) -> dict[str, float]:
    """Nanoseconds a character of each part, the best of three; a part that this checkout has not got takes none."""
    import orjson

    from semtel_ops.conversations import scrub
    from semtel_ops.conversations.scrub.prefilter import suspects

    texts = list(batches(sources))
    chars = sum(map(len, (text for batch in texts for text in batch)))
    lines = [orjson.dumps(text) for batch in texts for text in batch]
    scrubber = scrub.RuleScrubber()
    parts = {
        "orjson": lambda: [orjson.loads(line) for line in lines],
        "prefilter": lambda: [suspects(batch) for batch in texts],
        "hidden": lambda: [scrub.all_visible(batch) for batch in texts] if hasattr(scrub, "all_visible") else None,
        "scrub": lambda: [scrubber.scrub_all(batch) for batch in texts],
    }
    best = {}
    for part in _PARTS:
        spent = []
        for _ in range(4):
            before = time.process_time()
            parts[part]()
            spent.append(time.process_time() - before)
        best[part] = min(spent[1:]) * 1e9 / chars
    return best


def measured(checkout: Path, sources: list[Path]) -> dict[str, float]:
    command = [sys.executable, __file__, "--run", *map(str, sources)]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    found = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=checkout)
    result: dict[str, float] = json.loads(found.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="+", type=lambda name: Path(name).resolve())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--baseline", type=Path)
    parser.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        print(json.dumps(run(asked.sources)))
        return
    here = Path(__file__).resolve().parents[2]
    checkouts = {"this checkout": here} | ({"baseline": asked.baseline.resolve()} if asked.baseline else {})
    rounds = [{name: measured(path, asked.sources) for name, path in checkouts.items()} for _ in range(asked.rounds)]
    middle = asked.rounds // 2
    median = {name: {part: sorted(one[name][part] for one in rounds)[middle] for part in _PARTS} for name in checkouts}
    for name, parts in median.items():
        print(f"{name}: " + ", ".join(f"{part} {parts[part]:.1f} ns" for part in _PARTS) + " a character")
    if asked.baseline:
        for part in ("prefilter", "scrub"):
            print(f"{part}: {median['this checkout'][part] / median['baseline'][part]:.2f} x the baseline")


if __name__ == "__main__":
    main()
