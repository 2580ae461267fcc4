"""Whatever a component starts, and however the demo ends, nothing is left."""

import os
import signal
import subprocess
import sys

import pytest

from semtel_ops.cli.demo import processes
from semtel_ops.cli.demo.supervisor import ComponentError, Supervisor
from semtel_ops.cli.demo.wait import wait_until
from semtel_ops.errors import ConfigError

# As Airflow does: a child in a process group of its own, and one of them deaf to SIGTERM. Its name is in its command: semtel.
FAMILY = """
import os, signal, sys, time
if os.fork() == 0:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        time.sleep(600)
    time.sleep(600)
print("semtel is up", flush=True)
time.sleep(600)
"""


def start_family(supervisor, name="family"):
    component = supervisor.start(name, [sys.executable, "-c", FAMILY], os.environ)
    wait_until(lambda: len(processes.members(component.process.pid)) == 3, what="family", timeout_s=300, check=supervisor.check)
    return component.process.pid


@pytest.fixture(autouse=True)
def short_grace(monkeypatch):
    """Deaf children are killed after a moment, not after seconds."""
    monkeypatch.setattr(processes.end, "__kwdefaults__", {"grace_s": 0.3, "clock": None})


def test_children_in_other_groups_and_deaf_ones_are_ended_too(folder):
    with Supervisor(folder) as supervisor:
        session = start_family(supervisor)
    assert processes.members(session) == []
    assert not folder.state.exists()


def test_an_exception_ends_all_as_well(folder):
    session = None

    def work():
        nonlocal session
        with Supervisor(folder) as supervisor:
            session = start_family(supervisor)
            raise RuntimeError("a defect of ours")

    with pytest.raises(RuntimeError):
        work()
    assert processes.members(session) == []


def test_a_component_that_ends_by_itself_is_named_with_its_last_words(folder):
    with Supervisor(folder) as supervisor:
        component = supervisor.start(
            "scheduler", [sys.executable, "-c", "print('no database'); raise SystemExit(3)"], os.environ
        )
        component.process.wait(timeout=300)
        with pytest.raises(ComponentError, match=r"(?s)scheduler exited with code 3.*no database"):
            supervisor.check()


def test_a_component_that_is_meant_to_end_is_waited_for(folder):
    with Supervisor(folder) as supervisor:
        supervisor.finish(supervisor.start("migrate", [sys.executable, "-c", "pass"], os.environ))
        assert supervisor.components == []
        failing = supervisor.start("migrate", [sys.executable, "-c", "raise SystemExit(1)"], os.environ)
        with pytest.raises(ComponentError):
            supervisor.finish(failing)


def test_two_demos_in_one_folder_are_refused(folder):
    with Supervisor(folder), pytest.raises(ConfigError, match="already running"):
        Supervisor(folder).__enter__()


def test_what_a_killed_demo_left_is_ended_by_the_next(folder):
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from semtel_ops.cli.demo.folder import DemoFolder\n"
        "from semtel_ops.cli.demo.supervisor import Supervisor\n"
        f"with Supervisor(DemoFolder(Path({str(folder.project)!r}), Path({str(folder.root)!r}))) as supervisor:\n"
        f"    supervisor.start('family', [sys.executable, '-c', {FAMILY!r}], {{}})\n"
        "    print(supervisor.components[0].process.pid, flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as killed:
        session = int(killed.stdout.readline())
        wait_until(lambda: len(processes.members(session)) == 3, what="family", timeout_s=300, check=lambda: None)
        killed.send_signal(signal.SIGKILL)
    assert len(processes.members(session)) == 3
    with Supervisor(folder) as supervisor:
        assert supervisor.ended_before == 3
    assert processes.members(session) == []


def test_a_session_that_now_belongs_to_something_else_is_left_alone(folder):
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as other:
        folder.state.write_text(f'{{"owner": 1, "sessions": {{"scheduler": {other.pid}}}}}', encoding="utf-8")
        with Supervisor(folder) as supervisor:
            assert supervisor.ended_before == 0
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"sessions": 3}', '{"sessions": {"x": "y"}}'])
def test_a_damaged_record_is_an_empty_one(folder, damaged):
    folder.state.write_text(damaged, encoding="utf-8")
    with Supervisor(folder) as supervisor:
        assert supervisor.ended_before == 0
