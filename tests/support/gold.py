"""A published week with texts, for people to label: what drawing and labelling start from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from semtel_ops.settings import Settings
from semtel_ops.steps.publish import publish_run
from semtel_ops.store.layout import Lake
from semtel_ops.store.parquet import write_table
from semtel_ops.store.tables import CONVERSATIONS
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import write_finished_run

WEEK = "2026-W47"
SHARES = {"topic": {"technology": 60.0, "health": 10.0, "writing": 30.0}, "knowledge_work": {"yes": 54.0, "no": 46.0}}
TEXTS = (
    "Why does this Python loop never end?",
    "I have had a cough for three weeks.",
    "Write a <img src=x onerror=alert(1)> poem & <b>rain</b>.",  # text is data on every page
)


def text_of(conversation_id: str) -> str:
    """What the user says in a conversation of the week."""
    number = int(conversation_id.removeprefix("c"))
    return f"{TEXTS[number % 3]} (number {number})"


def publish_week(
    folder: Path,
    *,
    conversations: int = 100,
    labels: Mapping[str, Mapping[str, float]] = SHARES,
    run_id: str = "manual",
    rows: Sequence[Mapping[str, Any]] | None = None,
    success: float = 1.0,
    seed: int = 7,
) -> list[dict[str, Any]]:
    """Publish a week in a lake below `folder`, with two shards; returns its label rows. DATABASE_URL is to name the ledger."""
    if rows is None:
        rows = make_landed_rows(
            week=WEEK, run_id=run_id, conversations=conversations, labels=labels, success=success, seed=seed
        )
    lake = Lake(f"{folder}/lake")
    run = write_finished_run(lake.root, week=WEEK, run_id=run_id, rows=rows)
    write_texts(lake, rows)
    publish_run(run)
    return [dict(row) for row in rows]


def write_texts(lake: Lake, rows: Sequence[Mapping[str, Any]]) -> None:
    """The week's sample: a text for each conversation of the rows."""
    for shard in sorted({row["shard"] for row in rows}):
        ids = dict.fromkeys(row["conversation_id"] for row in rows if row["shard"] == shard)
        talks = [
            {
                "week": WEEK, "shard": shard, "conversation_id": one, "content_hash": f"{at:032x}", "chars": 40,
                "sample_weight": 1.0, "language": "en",
                "turns": [{"role": "user", "content": text_of(one)}, {"role": "assistant", "content": "Gladly."}],
            }
            for at, one in enumerate(ids)
        ]  # fmt: skip
        write_table(lake.conversations(WEEK, shard), pa.Table.from_pylist(talks, schema=CONVERSATIONS))


def settings_of(folder: Path) -> Settings:
    return Settings(lake=f"{folder}/lake", database_url=f"sqlite:///{folder}/ledger.db")
