"""What the small model makes of a file of conversations: rows by status and match, calls, tokens, seconds, agreement.

Agreement is measured with the true labels in the file, under the id of a classifier. `domain`, beside this file, has those of
CLINC150, whose conversations are one short request each.

    make live LIVE_DATA=clinc150_val.jsonl.gz

A model of 270 million parameters is here to be a server that nobody of this project wrote. Its labels are not to be trusted.
"""

import argparse
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import duckdb

from semtel_ops.conversations.sources import Record, read_file
from semtel_ops.evaluation.intervals import wilson
from semtel_ops.humanize import duration, percent, tally, with_interval
from tests.live.installation import LLAMA_CPP, ROOT
from tests.live.running import Ended, manifest, semtel
from tests.live.servers import Server, llama_server


def measure(server: Server, source: Path, classifier: str, *, limit: int, folder: Path) -> None:
    """Label conversations with one classifier, and print what came of it."""
    out = folder / classifier
    folder.mkdir(parents=True, exist_ok=True)
    command = ("classify", source, "--classifiers", classifier, "--limit", limit, "--out", out)
    ended: Ended = semtel(server, folder, *command, timeout_s=7_200, include=_include_folder(folder))
    if ended.code:
        raise SystemExit(ended.told)
    counted = manifest(out)
    rows = duckdb.sql(
        f"select conversation_id, status, label, matched_by, calls, input_tokens, output_tokens from '{out}/labels/*.parquet'"
    ).fetchall()
    print(f"\n{classifier} on {counted['sampled']} conversations, {server.name}, {server.model}")
    print(f"  status      {tally(counted['by_status'])}")
    print(f"  matched by  {tally(Counter(str(row[3]) for row in rows))}")
    print(f"  labels      {tally(Counter(str(row[2]) for row in rows))}")
    print(
        f"  requests    {counted['requests']}, {sum(row[5] for row in rows)} input and {sum(row[6] for row in rows)} output tokens"
    )
    print(f"  time        {duration(ended.seconds)}, {counted['sampled'] / ended.seconds:.2f} rows/s")
    truth = _true_labels(source, classifier)
    if known := [(row[2], truth[row[0]]) for row in rows if row[0] in truth]:
        right = sum(label == true for label, true in known)
        low, high = wilson(right / len(known), len(known))
        most = Counter(true for _, true in known).most_common(1)[0]
        print(f"  agreement   {with_interval(right / len(known), low, high, len(known))} with the true labels;")
        print(f"              {percent(most[1] / len(known))} if every label were {most[0]}, the most frequent")


def _true_labels(source: Path, classifier: str) -> dict[str, str]:
    records = (record.conversation for record in read_file(str(source), max_record_mb=64) if isinstance(record, Record))
    return {found.id: str(found.labels[classifier]) for found in records if classifier in found.labels}


def _include_folder(folder: Path) -> Path:
    """The shipped include/ with the prompts beside this file added."""
    include = folder / "include"
    if not include.exists():
        shutil.copytree(ROOT / "include", include, ignore=shutil.ignore_patterns("sample"))
        for prompt in Path(__file__).with_name("prompts").glob("*.prompty"):
            shutil.copy(prompt, include / "prompts")
    return include


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="conversations, with true labels under the id of a classifier")
    parser.add_argument("--limit", type=int, default=100, help="largest number of conversations, chosen by a hash of their id")
    parser.add_argument("--classifiers", default="domain,topic", help="ids, separated by commas")
    options = parser.parse_args()
    if LLAMA_CPP.missing:
        raise SystemExit(LLAMA_CPP.missing)
    revision = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    print(f"semtel at {revision.stdout.strip() or 'an unknown revision'}")
    with tempfile.TemporaryDirectory() as folder, llama_server() as server:
        for classifier in options.classifiers.split(","):
            measure(server, options.data, classifier, limit=options.limit, folder=Path(folder))


if __name__ == "__main__":
    main()
