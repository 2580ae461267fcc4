"""What a newcomer's first command depends on: the Makefile, the pins, and files that name no machine of ours."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_line_of_the_constraints_is_an_exact_pin_and_names_no_index():
    for pin in pins():
        assert [one.operator for one in pin.specifier] == ["=="], str(pin)
        assert pin.url is None, str(pin)


def test_every_dependency_is_pinned_within_its_bounds():
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {plain(pin.name): next(iter(pin.specifier)).version for pin in pins()}
    extras = project["optional-dependencies"]
    for text in [*project["dependencies"], *extras["dev"], *extras["cluster"], *extras["docs"], *extras["s3"]]:
        requirement = Requirement(text)
        if requirement.name == project["name"]:
            continue  # our own extras, which are looked at themselves
        if requirement.marker is None or requirement.marker.evaluate():
            assert plain(requirement.name) in pinned, requirement.name
            assert requirement.specifier.contains(pinned[plain(requirement.name)]), text


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make; install it")
def test_make_alone_lists_what_there_is():
    told = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    for target in ("demo", "install", "test", "live", "lint", "pages", "docs", "clean"):
        assert f"make {target}" in told


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make; install it")
@pytest.mark.parametrize(
    ("variables", "options"),
    [
        (["SOURCE=my chats", "WEEK=2026-W40", "ARGS=--once"], ["--source", "my chats", "--week", "2026-W40", "--once"]),
        (["ENDPOINTS=my own.yaml"], ["--endpoints", "my own.yaml"]),
    ],
    ids=["source, week and arguments", "endpoints"],
)
def test_make_demo_hands_on(variables, options):
    command = ["make", "-C", str(ROOT), "-n", "-o", ".venv/.ready", "demo", *variables]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (line,) = (line for line in told.splitlines() if "semtel demo" in line)
    assert shlex.split(line)[-len(options) - 1 :] == ["demo", *options]


def test_continuous_integration_runs_what_a_person_runs():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")
    assert "make test" in script.read_text(encoding="utf-8")
