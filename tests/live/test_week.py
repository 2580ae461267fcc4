"""A whole week on a small real model: from files to a report."""

import json
from pathlib import Path

from semtel_ops.store.layout import Lake
from tests.live.running import note_landed, semtel

WEEK = "2026-W46"
GATE_STOPPED = 3
CONVERSATIONS = 8


def test_a_week_ends_published_or_stopped_by_the_gate_with_every_row_counted(server, project_root, tmp_path):
    ended = semtel(
        server,
        tmp_path,
        *("run", "--source", project_root / "include" / "sample", "--week", WEEK, "--run-id", "live"),
        *("--sample-size", CONVERSATIONS, "--classifiers", "topic"),
    )
    assert ended.code in (0, GATE_STOPPED), ended.told
    run = Lake(str(tmp_path / "lake")).run(WEEK, "live")
    totals = json.loads(Path(run.totals).read_text(encoding="utf-8"))
    note_landed(server, "run, a week, topic", totals["by_status"], ended)
    assert totals["sampled"] == CONVERSATIONS
    assert totals["landed_rows"] == totals["expected_rows"] == sum(totals["by_status"].values()) == CONVERSATIONS
    assert Path(Lake(str(tmp_path / "lake")).report(WEEK)).stat().st_size > 10_000
