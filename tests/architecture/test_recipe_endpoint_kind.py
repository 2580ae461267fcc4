"""`docs/recipes/endpoint-kind.md` is followed in a copy of the project: what it adds passes the tests that it brings.

A code block with a title is a file; a `diff` block changes one.
"""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "docs" / "recipes" / "endpoint-kind.md"
COPIED = ("semtel_ops", "include", "plugins", "pyproject.toml", "tests/conftest.py", "tests/conformance")

_BLOCK = re.compile(r'^```(?P<language>\w+) title="(?P<file>[^"]+)"\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
BLOCKS = [(block["language"], block["file"], block["text"]) for block in _BLOCK.finditer(RECIPE.read_text(encoding="utf-8"))]
FILES = {file: text for language, file, text in BLOCKS if language != "diff"}
CHANGES = [(file, text.splitlines()) for language, file, text in BLOCKS if language == "diff"]
TEST = "tests/conformance/test_ollama.py"
SUITES = "tests/conformance/test_chat_clients.py::test_every_kind_is_put_to_the_suite"
MENU = "plugins/semtel_airflow/provider.py"

_MENU_IS_COMPLETE = """
from semtel_airflow.provider import get_provider_info
from semtel_ops.endpoints.factory import KINDS
(form,) = get_provider_info()["connection-types"]
assert form["conn-fields"]["kind"]["schema"]["enum"] == list(KINDS), list(KINDS)
assert "ollama" in KINDS
"""


def follow(root: Path) -> None:
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, root / name)
    for name, text in FILES.items():
        assert not (root / name).exists(), f"{name} is there already"
        (root / name).write_text(text, encoding="utf-8")
    for name, lines in CHANGES:
        before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        text = (root / name).read_text(encoding="utf-8")
        assert text.count(before) == 1, (
            f"docs/recipes/endpoint-kind.md: its diff of {name} does not apply, for these lines are in the file "
            f"{text.count(before)} times; correct them in the recipe:\n{before}"
        )
        (root / name).write_text(text.replace(before, after), encoding="utf-8")


def test_two_files_of_the_library_are_touched():
    touched = {*FILES, *(file for file, _ in CHANGES)}
    assert {file for file in touched if file.startswith("semtel_ops/")} == {
        "semtel_ops/endpoints/kinds/ollama.py",
        "semtel_ops/endpoints/factory.py",
    }
    assert touched - {TEST, MENU, "endpoints.yaml"} == {file for file in touched if file.startswith("semtel_ops/")}


def test_the_diffs_apply_whatever_else_was_added():
    for file, lines in CHANGES:
        assert [line[0] for line in lines] == [" ", *"+" * (len(lines) - 1)], f"{file}: one line, and what comes after it"


def test_the_kind_passes_its_suite_and_labels_conversations(tmp_path):
    follow(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=results.xml", TEST, SUITES],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    cases = list(ET.parse(tmp_path / "results.xml").iter("testcase"))
    assert not [case for case in cases if len(case)], "failed or skipped"
    names = {case.get("name") for case in cases}
    assert {
        "test_every_failure_is_an_error_of_its_kind_and_the_next_request_is_answered",
        "test_no_error_quotes_the_request_or_shows_the_key",
        "test_conversations_are_labelled_through_an_endpoint_of_this_kind",
        "test_every_kind_is_put_to_the_suite",
    } <= names
    paths = os.pathsep.join([str(tmp_path), str(tmp_path / "plugins")])
    menu = [sys.executable, "-c", _MENU_IS_COMPLETE]
    done = subprocess.run(
        menu,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
