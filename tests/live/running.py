"""`semtel` as a person runs it on a server, and what it left."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from semtel_ops.humanize import count, duration, tally
from tests.live.servers import Server

SEMTEL = Path(sys.executable).with_name("semtel")

LANDED: list[str] = []
"""What landed, a line for each run; pytest prints them at the end."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended: its exit code, what it printed, and how long it took."""

    code: int
    told: str
    seconds: float


def semtel(
    server: Server, folder: Path, *words: object, timeout_s: float = 900.0, include: Path | None = None, **entry: object
) -> Ended:
    """Run `semtel WORDS… --endpoints FILE` with lake and ledger in the folder.

    Args:
        include: folder with prompts and configuration; default: the shipped one.
        entry: what the entry of endpoints.yaml has instead of the server's own settings.
    """
    endpoints = folder / "endpoints.yaml"
    endpoints.write_text(yaml.safe_dump({"endpoints": [server.entry(**entry)]}), encoding="utf-8")
    environment = os.environ | server.environment | {"SEMTEL_LAKE": str(folder / "lake")}
    environment["DATABASE_URL"] = f"sqlite:///{folder}/ledger.db"
    if include is not None:
        environment["SEMTEL_INCLUDE"] = str(include)
    began = time.monotonic()
    done = subprocess.run(
        [str(SEMTEL), *map(str, words), "--endpoints", str(endpoints)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return Ended(done.returncode, done.stdout, time.monotonic() - began)


def note_landed(server: Server, what: str, by_status: Mapping[str, int], ended: Ended) -> None:
    """Have rows by status and the wall time of a run printed at the end."""
    LANDED.append(
        f"{server.name:<10} {what:<28} {count(sum(by_status.values()), 'row')}: {tally(by_status)}; {duration(ended.seconds)}"
    )


def manifest(out: Path) -> dict[str, Any]:
    """What `semtel classify --out OUT` counted."""
    counted: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return counted


def label_rows(out: Path, *columns: str) -> list[tuple[Any, ...]]:
    """Label rows of `semtel classify --out OUT`."""
    return duckdb.sql(f"select {', '.join(columns)} from '{out}/labels/*.parquet' order by all").fetchall()


def write_conversations(path: Path, texts: Iterable[str]) -> Path:
    """A file with one conversation for each text."""
    lines = [
        json.dumps({"conversation_id": f"c{at}", "messages": [{"role": "user", "content": text}]})
        for at, text in enumerate(texts)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
