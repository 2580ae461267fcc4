"""Airflow loads every file below plugins/ by its bare name unless it is told not to."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.airflow

CODE = """
import json, sys
from airflow import plugins_manager
plugins_manager.ensure_plugins_loaded()
import openai
print(json.dumps({
    "plugins": [plugin["name"] for plugin in plugins_manager.get_plugin_info()],
    "errors": plugins_manager.get_import_errors(),
    "openai": openai.__file__,
    "bare": [name for name in ("assets", "connections", "defaults", "form", "verdict") if name in sys.modules],
}))
"""


@pytest.fixture(scope="module")
def loaded(project_root):
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=os.environ | {"PYTHONPATH": str(project_root)},
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_the_plugin_is_registered_and_nothing_failed_to_load(loaded):
    assert "semtel" in loaded["plugins"]
    assert loaded["errors"] == {}


def test_no_file_of_ours_takes_the_name_of_a_package(loaded):
    assert loaded["bare"] == []
    assert "site-packages" in loaded["openai"]


def test_beside_the_plugin_lies_no_other_module(project_root):
    assert [path.name for path in (project_root / "plugins").glob("*.py")] == ["semtel_plugin.py"]
