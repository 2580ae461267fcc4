"""`semtel demo --once` as a newcomer runs it: a real Airflow, from nothing to a report, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from semtel_ops.cli.demo.wait import wait_until
from semtel_ops.store.layout import Lake

pytestmark = [pytest.mark.slow, pytest.mark.airflow]

WEEK = "2026-W40"
TEXTS = ("Why does this Python loop never end?", "Plan three days in Rome for us.", "Thanks, that solved my problem!")


@pytest.fixture
def source(tmp_path):
    """Twelve conversations of one week, and one of the week before."""
    start = datetime(2026, 9, 28, tzinfo=UTC)
    path = tmp_path / "chats.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for at in range(-1, 12):
            record = {
                "conversation_id": f"c{at}",
                "started_at": (start + timedelta(hours=13 * at)).isoformat(),
                "messages": [
                    {"role": "user", "content": f"{TEXTS[at % 3]} ({at})"},
                    {"role": "assistant", "content": "Gladly."},
                ],
            }
            file.write(json.dumps(record) + "\n")
    return path


@pytest.fixture
def start_demo(source, tmp_path):
    """Starts the demo in a folder of the test's own; ends it, should the test not have."""
    started = []

    def start(*arguments):
        semtel = Path(sys.executable).with_name("semtel")
        command = [
            *("env", "--default-signal=INT"),  # tests that a script runs in the background inherit that Ctrl-C is ignored
            semtel,
            "demo",
            "--folder",
            tmp_path / "demo",
            "--source",
            source,
            "--week",
            WEEK,
            "--port",
            "18000",
            *arguments,
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=900)
        process.stdout.close()


def processes_of(folder: Path) -> list[str]:
    """Command lines of all processes whose environment names the demo's folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"AIRFLOW_HOME={folder}".encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds left processes through /proc; run it on Linux")
def test_the_demo_labels_a_week_and_leaves_no_process(start_demo, tmp_path):
    demo = start_demo("--once")
    told, _ = demo.communicate(timeout=3_000)
    assert demo.returncode == 0, told
    lake = Lake(str(tmp_path / "demo" / "lake"))
    (totals,) = Path(lake.path("runs")).glob(f"week={WEEK}/run=*/totals.json")
    counted = json.loads(totals.read_text(encoding="utf-8"))
    assert counted["sampled"] == 12
    assert counted["landed_rows"] == counted["expected_rows"] == 12 * len(counted["classifiers"])
    assert Path(lake.report(WEEK)).stat().st_size > 10_000
    assert Path(lake.report(WEEK)).as_uri() in told
    assert processes_of(tmp_path / "demo") == []


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds left processes through /proc; run it on Linux")
@pytest.mark.parametrize(
    # A handler that does not look where it interrupts: so each signal comes at a moment of its own, early and late.
    ("component", "number", "code"),
    [("simulator", signal.SIGTERM, 143), ("triggerer", signal.SIGINT, 130)],
)
def test_interrupted_in_the_middle_of_its_start_it_leaves_no_process(start_demo, tmp_path, component, number, code):
    demo = start_demo()
    folder = tmp_path / "demo"
    state = folder / "processes.json"
    started = lambda: state.exists() and component in state.read_text(encoding="utf-8")  # noqa: E731 - said where it is used
    wait_until(started, what=component, timeout_s=900, check=lambda: None)
    assert processes_of(folder)
    os.kill(demo.pid, number)
    told, _ = demo.communicate(timeout=900)
    assert demo.returncode == code, told
    assert processes_of(folder) == []
